using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Tests.Security;

/// <summary>Credentials that tests share: two clusters that are strangers to each other, and what has gone wrong with some of their certificates.</summary>
internal static class Credentials
{
    public static byte[] Secret { get; } = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    public static byte[] OtherSecret { get; } = [.. Enumerable.Range(2, 32).Select(i => (byte)i)];

    public static X509Certificate2 Authority { get; } = ClusterCertificates.CreateAuthority(DateTimeOffset.UtcNow.AddDays(-100), TimeSpan.FromDays(200));

    public static X509Certificate2 Node { get; } = ClusterCertificates.CreateNode(Authority, DateTimeOffset.UtcNow, TimeSpan.FromDays(10));

    public static X509Certificate2 ExpiredNode { get; } = ClusterCertificates.CreateNode(Authority, DateTimeOffset.UtcNow.AddDays(-20), TimeSpan.FromDays(10));

    public static X509Certificate2 ForeignNode { get; } =
        ClusterCertificates.CreateNode(ClusterCertificates.CreateAuthority(DateTimeOffset.UtcNow, TimeSpan.FromDays(10)), DateTimeOffset.UtcNow, TimeSpan.FromDays(10));

    public static ClusterSecurity Plain { get; } = new() { UsesTls = false };

    public static ClusterSecurity PlainWithSecret { get; } = new() { UsesTls = false, Secret = Secret };

    public static ClusterSecurity TlsWithSecret { get; } = new() { UsesTls = true, Secret = Secret };

    public static ClusterSecurity TlsWithCertificates { get; } = new() { UsesTls = true, Authority = Authority, Certificate = Node };

    public static ClusterSecurity Full { get; } = TlsWithCertificates with { Secret = Secret };

    public static ClusterSecurity Named(string name) => name switch
    {
        "plain" => Plain,
        "plain with secret" => PlainWithSecret,
        "TLS with secret" => TlsWithSecret,
        "TLS with certificates" => TlsWithCertificates,
        "TLS with both" => Full,
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}

/// <summary>A listener on loopback, with what it has said.</summary>
internal sealed class ListeningProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    // Never disposed: a refusal may still be on its way.
    private readonly BlockingCollection<SecureConnection> accepted = [];
    private readonly BlockingCollection<string> refusals = [];
    private readonly List<SecureConnection> taken = [];

    public ListeningProcess(ClusterSecurity security, LinkLimits? limits = null, HostAndPort? address = null)
    {
        Listener = SecureListener.Start(address ?? new HostAndPort("127.0.0.1", 0), security, Id, limits ?? new LinkLimits(), Tickets, new ListenerCallbacks(accepted.Add, (_, sentence) => refusals.Add(sentence)));
    }

    public ProcessId Id { get; } = ProcessId.New();

    public TicketBook Tickets { get; } = new(TimeSpan.FromMinutes(10));

    public SecureListener Listener { get; }

    public HostAndPort Address => new("127.0.0.1", Listener.LocalEndPoint.Port);

    public int AcceptedCount => accepted.Count;

    public SecureConnection TakeAccepted()
    {
        Assert.True(accepted.TryTake(out var connection, Patience), "nobody was let in");
        taken.Add(connection);
        return connection;
    }

    public string TakeRefusal()
    {
        Assert.True(refusals.TryTake(out var sentence, Patience), "nobody was refused");
        return sentence;
    }

    public SecureConnection Connect(ClusterSecurity security, ProcessId? own = null, ConnectionPurpose purpose = ConnectionPurpose.Control, ReadOnlyMemory<byte>? ticket = null, ProcessId? expected = null)
    {
        var connection = SecureConnector.Connect(Address, security, own ?? ProcessId.New(), purpose, ticket, new LinkLimits(), CancellationToken.None, expected);
        taken.Add(connection);
        return connection;
    }

    public SecureConnectException Refused(ClusterSecurity security, ProcessId? own = null, ConnectionPurpose purpose = ConnectionPurpose.Control, ReadOnlyMemory<byte>? ticket = null, ProcessId? expected = null)
    {
        var refusal = Assert.Throws<SecureConnectException>(() => Connect(security, own, purpose, ticket, expected));
        Assert.Contains($"{Address}", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
        return refusal;
    }

    /// <summary>A connection of a stranger.</summary>
    public Socket Dial()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, Listener.LocalEndPoint.Port);
        return socket;
    }

    public void Dispose()
    {
        Listener.Dispose();
        taken.ForEach(connection => connection.Dispose());
    }
}
