using System.Net;
using System.Net.Sockets;
using DistTrain.Actors;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Tests.Links;

/// <summary>Plain connections on loopback whose sides are taken to have proved themselves.</summary>
internal static class Loopback
{
    public static (Socket Dialling, Socket Accepting) Sockets()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var dialling = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        dialling.Connect(listener.LocalEndPoint!);
        return (dialling, listener.Accept());
    }

    public static SecureConnection Proved(Socket socket, ConnectionPurpose purpose, ProcessId peer) => new(new NetworkStream(socket, ownsSocket: true), socket, purpose, peer, isEncrypted: false);
}

/// <summary>Two links that face each other in one process. Whether and how the dialling one gets its connections is the test's to say.</summary>
internal sealed class LinkPair : IDisposable
{
    private readonly ProcessId diallingProcess = ProcessId.New();
    private readonly ProcessId acceptingProcess = ProcessId.New();
    private readonly HashSet<string> tickets = [];

    public LinkPair(LinkLimits? limits = null, bool starts = true)
    {
        var used = limits ?? new LinkLimits();
        var (dialling, accepting) = Connect();
        Dialling = Link.Dialling(
            new LinkOptions { Handler = DiallingSide, PeerName = "coordinator", Limits = used },
            Loopback.Proved(dialling, ConnectionPurpose.Control, acceptingProcess),
            Dial);
        Accepting = Link.Accepting(
            new LinkOptions { Handler = AcceptingSide, PeerName = "worker-3", Limits = used },
            Loopback.Proved(accepting, ConnectionPurpose.Control, diallingProcess),
            IssueTicket);
        if (starts)
        {
            Start();
        }
    }

    public Link Dialling { get; }

    public Link Accepting { get; }

    public RecordingHandler DiallingSide { get; } = new();

    public RecordingHandler AcceptingSide { get; } = new();

    /// <summary>The sockets of a connection; throws to refuse one.</summary>
    public Func<(Socket Dialling, Socket Accepting)> Connect { get; set; } = Loopback.Sockets;

    /// <summary>Whose process answers from now on.</summary>
    public ProcessId? Impostor { get; set; }

    public Socket? LastData { get; private set; }

    public void Start()
    {
        Dialling.Start();
        Accepting.Start();
    }

    /// <summary>Until tensors can travel, which a transfer without any number shows.</summary>
    public void WaitForData()
    {
        Dialling.Send(ActorAddress.Coordinator, new SentTensors(SentTensors.Weights(0)), []);
        AcceptingSide.WaitFor(handler => handler.Tensors.Count == 1, "the data connection");
    }

    public void Dispose()
    {
        Dialling.Close("the test is over");
        Accepting.Close("the test is over");
        DiallingSide.WaitForEnding();
        AcceptingSide.WaitForEnding();
    }

    private byte[] IssueTicket()
    {
        var ticket = Guid.NewGuid().ToByteArray();
        lock (tickets)
        {
            tickets.Add(Convert.ToHexString(ticket));
        }

        return ticket;
    }

    private SecureConnection Dial(ConnectionPurpose purpose, ReadOnlyMemory<byte>? ticket, CancellationToken cancellation)
    {
        lock (tickets)
        {
            Assert.Equal(purpose == ConnectionPurpose.Data, ticket is { } held && tickets.Remove(Convert.ToHexString(held.Span)));
        }

        var (dialling, accepting) = Connect();
        LastData = purpose == ConnectionPurpose.Data ? dialling : LastData;

        Accepting.Attach(Loopback.Proved(accepting, purpose, diallingProcess));
        return Loopback.Proved(dialling, purpose, Impostor ?? acceptingProcess);
    }
}
