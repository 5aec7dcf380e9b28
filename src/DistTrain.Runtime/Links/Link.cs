using DistTrain.Actors;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Links;

/// <summary>
/// A link over connections that are given to it: it knows neither addresses nor ciphers. Five threads of its own, all of which wait nearly always: two a channel, and one that looks after both (heartbeats,
/// silences, connections to be made anew, the end).
/// </summary>
public sealed class Link : ILink
{
    private readonly LinkOptions options;
    private readonly LinkLimits limits;
    private readonly HandlerCalls handler;
    private readonly ControlChannel control;
    private readonly DataChannel data;
    private readonly LinkSupervisor supervisor;
    private readonly Thread thread;

    private Link(LinkOptions options, ProcessId peer, LinkDialer? dial, Func<byte[]>? issueTicket)
    {
        options.Limits.Check();
        this.options = options;
        limits = options.Limits;
        Peer = peer;
        handler = new HandlerCalls(this, options.Handler);
        PeerName = options.PeerName;
        supervisor = new LinkSupervisor(this, options, handler, dial, issueTicket);
        control = new ControlChannel(supervisor, handler, limits, $"link to {options.PeerName}: control");
        data = new DataChannel(supervisor, handler, limits, $"link to {options.PeerName}: data");
        thread = new Thread(() => supervisor.Run(control, data)) { IsBackground = true, Name = $"link to {options.PeerName}" };
    }

    public ProcessId Peer { get; }

    /// <summary>As sentences call the peer; may become a better one when the peer has been given it.</summary>
    public string PeerName { get; set; }

    public LinkStatistics Statistics => supervisor.Statistics(control, data);

    /// <summary>The side that made the first connection, and makes all others.</summary>
    /// <param name="control">Owned by the link from now on.</param>
    public static Link Dialling(LinkOptions options, SecureConnection control, LinkDialer dial)
    {
        ArgumentNullException.ThrowIfNull(dial);
        return Create(options, control, dial, null);
    }

    /// <summary>The side that was connected to. Whoever listens gives further connections of the peer's process to <see cref="Attach"/>.</summary>
    /// <param name="control">Owned by the link from now on.</param>
    /// <param name="issueTicket">Makes a ticket for one data connection of the peer's process.</param>
    public static Link Accepting(LinkOptions options, SecureConnection control, Func<byte[]> issueTicket)
    {
        ArgumentNullException.ThrowIfNull(issueTicket);
        return Create(options, control, null, issueTicket);
    }

    /// <summary>Begins to talk: from now on the handler is called.</summary>
    public void Start()
    {
        control.Start();
        data.Start();
        thread.Start();
    }

    /// <summary>Takes a connection that the peer has made, in place of the one of its purpose. One of another process means that the peer's is gone: the link is lost at once.</summary>
    public void Attach(SecureConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (connection.Peer != Peer)
        {
            connection.Dispose();
            supervisor.Replaced();
            return;
        }

        switch (connection.Purpose)
        {
            case ConnectionPurpose.Control:
                control.Attach(connection);
                break;
            case ConnectionPurpose.Data:
                data.Attach(connection);
                break;
            default:
                connection.Dispose();
                throw new ArgumentException($"a link has no connection for {connection.Purpose}", nameof(connection));
        }
    }

    public void Send(ReadOnlySpan<byte> message) => control.Send(message);

    public void Send(ActorAddress receiver, IOutgoingTensors tensors, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        data.Send(receiver, tensors, message);
    }

    /// <summary>
    /// Ends the link in order: what was sent before arrives, but for tensors; the peer is told the reason and does not wait for it. The handler is told when the peer has taken note, or has not for
    /// as long as a lost peer is looked for.
    /// </summary>
    public void Close(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);

        // In this order: the supervisor ends the link as soon as everything that was to be said has come.
        control.Close(reason);
        supervisor.BeginClose(reason);
    }

    /// <summary>Ends the link at once: the peer is gone, or is to be taken for gone. It is told the reason, should it hear.</summary>
    public void Drop(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        supervisor.Drop(reason);
    }

    private static Link Create(LinkOptions options, SecureConnection control, LinkDialer? dial, Func<byte[]>? issueTicket)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(control);
        var link = new Link(options, control.Peer, dial, issueTicket);
        link.control.Attach(control);
        return link;
    }
}
