using System.Diagnostics;
using System.Net;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Cluster;

/// <summary>One process's connections: it listens, dials, and gives every connection to the link, or to the service, that it is for.</summary>
/// <param name="options">Whose connections, and for whom.</param>
internal sealed class Network(NetworkOptions options) : INetwork, ILinkHandler
{
    private static readonly TimeSpan TicketLifetime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PatienceAtTheEnd = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PauseBetweenAttempts = TimeSpan.FromMilliseconds(250);

    private readonly ClusterSecurity security = options.Security;
    private readonly LinkLimits limits = options.Limits;
    private readonly ILinkHandler handler = options.Handler;
    private readonly Action<string> tell = options.Tell;
    private readonly ProcessId own = ProcessId.New();
    private readonly TicketBook tickets = new(TicketLifetime);
    private readonly object gate = new();
    private readonly Dictionary<ProcessId, Link> links = [];
    private readonly CancellationTokenSource closing = new();
    private SecureListener? listener;
    private bool isDisposed;

    /// <summary>As which this process proves itself to its peers.</summary>
    public ProcessId Own => own;

    public HostAndPort Listen(HostAndPort address, string advertised)
    {
        listener = SecureListener.Start(address, security, own, limits, tickets, new ListenerCallbacks(Accept, (remote, sentence) => tell($"a connection from {remote} was refused: {sentence}")));
        return new HostAndPort(advertised, listener.LocalEndPoint.Port);
    }

    public (ILink Link, IPAddress Own) Join(HostAndPort coordinator, TimeSpan patience, Action<ILink> begun, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        var said = false;
        while (true)
        {
            try
            {
                var connection = Connect(coordinator, ConnectionPurpose.Control, null, null, cancellation);
                var address = connection.Socket.LocalEndPoint is IPEndPoint local ? local.Address : IPAddress.Loopback;
                return (Begin(coordinator, connection, "the coordinator", begun), address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
            }
            catch (SecureConnectException failure) when (failure.MayChange && Stopwatch.GetElapsedTime(start) < patience)
            {
                if (!said)
                {
                    tell($"waiting for the coordinator: {failure.Message}");
                    said = true;
                }

                cancellation.WaitHandle.WaitOne(PauseBetweenAttempts);
                cancellation.ThrowIfCancellationRequested();
            }
            catch (SecureConnectException failure)
            {
                throw new InvalidInputException(failure.Message, failure);
            }
        }
    }

    public ILink Dial(ShardHost host)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return Begin(host.Endpoint, Connect(host.Endpoint, ConnectionPurpose.Control, null, host.Process, closing.Token), host.Node.ToString(), begun: null);
            }
            catch (SecureConnectException failure) when (failure.IsRetriable && Stopwatch.GetElapsedTime(start) < limits.ReconnectDeadline)
            {
                closing.Token.WaitHandle.WaitOne(PauseBetweenAttempts);
                closing.Token.ThrowIfCancellationRequested();
            }
        }
    }

    public SecureConnection ConnectForFiles(HostAndPort coordinator, ILink link, ReadOnlyMemory<byte> ticket, CancellationToken cancellation) =>
        Connect(coordinator, ConnectionPurpose.Files, ticket, link.Peer, cancellation);

    public ReadOnlyMemory<byte> IssueFileTicket(ProcessId peer) => tickets.Issue(peer, ConnectionPurpose.Files);

    public void Dispose()
    {
        listener?.Dispose();
        closing.Cancel();
        lock (gate)
        {
            isDisposed = true;
            foreach (var link in links.Values)
            {
                link.Close("its process ends");
            }

            for (var start = Stopwatch.GetTimestamp(); links.Count > 0 && PatienceAtTheEnd - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } rest;)
            {
                Monitor.Wait(gate, rest);
            }
        }
    }

    void ILinkHandler.Received(ILink link, ReadOnlySpan<byte> message) => handler.Received(link, message);

    IIncomingTensors ILinkHandler.Open(ILink link, ActorAddress receiver, TensorKey key) => handler.Open(link, receiver, key);

    void ILinkHandler.Received(ILink link, ActorAddress receiver, IIncomingTensors incoming, ReadOnlySpan<byte> message) => handler.Received(link, receiver, incoming, message);

    void ILinkHandler.Changed(ILink link, string sentence) => handler.Changed(link, sentence);

    void ILinkHandler.Lost(ILink link, string reason, bool isOrderly)
    {
        lock (gate)
        {
            links.Remove(link.Peer);
            Monitor.PulseAll(gate);
        }

        tickets.Forget(link.Peer);
        handler.Lost(link, reason, isOrderly);
    }

    private SecureConnection Connect(HostAndPort address, ConnectionPurpose purpose, ReadOnlyMemory<byte>? ticket, ProcessId? expected, CancellationToken cancellation) =>
        SecureConnector.Connect(address, security, own, purpose, ticket, limits, cancellation, expected);

    private Link Begin(HostAndPort address, SecureConnection control, string name, Action<ILink>? begun)
    {
        var peer = control.Peer;
        Link link;
        lock (gate)
        {
            if (isDisposed)
            {
                control.Dispose();
                throw new OperationCanceledException("this process has closed its connections");
            }

            link = Link.Dialling(OptionsFor(name), control, (purpose, ticket, cancellation) => Connect(address, purpose, ticket, peer, cancellation));
            links[peer] = link;
        }

        begun?.Invoke(link);
        link.Start();
        return link;
    }

    private void Accept(SecureConnection connection)
    {
        switch (connection.Purpose)
        {
            case ConnectionPurpose.Files when options.Files is { } serve:
                serve(connection);
                break;
            case ConnectionPurpose.Status when options.Status is { } answer:
                answer(connection);
                break;
            case ConnectionPurpose.Control or ConnectionPurpose.Data:
                AcceptForLink(connection);
                break;
            default:
                connection.Dispose();
                break;
        }
    }

    private void AcceptForLink(SecureConnection connection)
    {
        Link? link;
        var isNew = false;
        lock (gate)
        {
            if (!links.TryGetValue(connection.Peer, out link) && connection.Purpose == ConnectionPurpose.Control && !isDisposed)
            {
                isNew = true;
                var peer = connection.Peer;
                link = Link.Accepting(OptionsFor($"process {peer}"), connection, () => tickets.Issue(peer, ConnectionPurpose.Data).ToArray());
                links.Add(peer, link);
            }
        }

        if (isNew)
        {
            link!.Start();
        }
        else if (link is not null)
        {
            link.Attach(connection);
        }
        else
        {
            connection.Dispose();
        }
    }

    private LinkOptions OptionsFor(string name) => new() { Handler = this, PeerName = name, Limits = limits };
}
