using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security.Handshake;

namespace DistTrain.Runtime.Security;

/// <summary>What a listener tells.</summary>
/// <param name="Accepted">
/// A peer has proved that it belongs to the cluster; the connection is the receiver's now. Called on a thread that is the connection's own: the receiver may keep that thread for as long as it likes.
/// </param>
/// <param name="Refused">From where (null when that is unknown), and one sentence why. From any thread, several at once.</param>
public sealed record ListenerCallbacks(Action<SecureConnection> Accepted, Action<EndPoint?, string> Refused);

/// <summary>
/// Listens for the processes of the cluster, and lets nobody in who does not prove to belong to it. Blocking calls, a thread for each connection that is not through yet: there are few, for seconds, and
/// their number is bounded.
/// </summary>
public sealed class SecureListener : IDisposable
{
    private const int BacklogLength = 128;
    private const int HandshakeStackBytes = 512 << 10;
    private const int MaximumDrainedBytes = 64 << 10;

    /// <summary>With which TLS begins (RFC 8446, 5.1); our frames begin with the high byte of a length, which is 0 to 2.</summary>
    private const byte TlsHandshakeRecord = 22;

    private static readonly TimeSpan FloodSentenceInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PauseAfterFailedAccept = TimeSpan.FromMilliseconds(100);

    /// <summary>A record with the fatal alert handshake_failure (RFC 8446, 6).</summary>
    private static ReadOnlySpan<byte> HandshakeFailureAlert => [21, 3, 3, 0, 2, 2, 40];

    private readonly Socket socket;
    /// <summary>For processes of this machine; null where there is none.</summary>
    private readonly Socket? local;
    private readonly ClusterSecurity security;
    private readonly TlsSide? tls;
    private readonly ProcessId own;
    private readonly LinkLimits limits;
    private readonly TicketBook tickets;
    private readonly ListenerCallbacks callbacks;
    private readonly CancellationTokenSource closing = new();
    private int halfOpen;
    private int turnedAway;
    private long lastFloodSentence;
    private int isDisposed;

    private SecureListener(Socket socket, ClusterSecurity security, ProcessId own, LinkLimits limits, TicketBook tickets, ListenerCallbacks callbacks)
    {
        this.socket = socket;
        this.security = security;
        this.own = own;
        this.limits = limits;
        this.tickets = tickets;
        this.callbacks = callbacks;
        tls = security.UsesTls ? new TlsSide(security) : null;
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        local = LocalSocket.Serves(LocalEndPoint.Address, security) ? LocalSocket.TryListen(LocalEndPoint.Port, BacklogLength) : null;
    }

    /// <summary>With the true port, where any was asked for.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Connections whose peers have not proved themselves yet.</summary>
    internal int HalfOpenCount => Volatile.Read(ref halfOpen);

    /// <exception cref="InvalidInputException">It is not possible to listen there, or against the <see cref="TransportPolicy"/>.</exception>
    public static SecureListener Start(HostAndPort address, ClusterSecurity security, ProcessId own, LinkLimits limits, TicketBook tickets, ListenerCallbacks callbacks)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(security);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(tickets);
        ArgumentNullException.ThrowIfNull(callbacks);
        if (limits.MaximumBytesBeforeProof < Exchange.KeptBytes)
        {
            throw new InvalidInputException($"MaximumBytesBeforeProof must be at least {Exchange.KeptBytes}, which the handshake takes, but is {limits.MaximumBytesBeforeProof}");
        }

        var listener = new SecureListener(Bind(address, security), security, own, limits, tickets, callbacks);
        listener.Begin(listener.socket);
        if (listener.local is { } local)
        {
            listener.Begin(local);
        }

        return listener;
    }

    /// <summary>Stops listening, and closes the connections that are not through. Those that are belong to others.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) == 0)
        {
            closing.Cancel();
            socket.Dispose();
            local?.Dispose();
        }
    }

    private static Socket Bind(HostAndPort address, ClusterSecurity security)
    {
        Socket? socket = null;
        try
        {
            var local = HostAddresses.Of(address.Host, CancellationToken.None)[0];
            var judgement = TransportPolicy.Judge(local, security);
            if (!judgement.IsAllowed)
            {
                throw new InvalidInputException($"Cannot listen on {address}: {judgement.Sentence}");
            }

            socket = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (local.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(new IPEndPoint(local, address.Port));
            socket.Listen(BacklogLength);
            return socket;
        }
        catch (SocketException exception)
        {
            socket?.Dispose();
            throw new InvalidInputException($"Cannot listen on {address}: {WhyNot(address, exception.SocketErrorCode)}.", exception);
        }
    }

    private static string WhyNot(HostAndPort address, SocketError error) => error switch
    {
        SocketError.AddressAlreadyInUse => $"port {address.Port.ToString(CultureInfo.InvariantCulture)} is in use by another program; choose another, or 0 for any free one",
        SocketError.AddressNotAvailable => $"{address.Host} is not an address of this machine; 0.0.0.0 stands for all that it has",
        SocketError.AccessDenied => $"this user may not use port {address.Port.ToString(CultureInfo.InvariantCulture)}; choose one above 1023",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => $"the host '{address.Host}' is unknown; check the name",
        _ => $"the system refuses it ({error})",
    };

    private void Begin(Socket from) => new Thread(() => AcceptAll(from)) { IsBackground = true, Name = $"listener {LocalEndPoint}" }.Start();

    private void AcceptAll(Socket from)
    {
        while (!closing.IsCancellationRequested)
        {
            Socket peer;
            try
            {
                peer = from.Accept();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // A peer that is gone again before it was accepted costs nothing; too many open files end only when others close theirs.
                if (!closing.IsCancellationRequested && exception is SocketException { SocketErrorCode: not SocketError.ConnectionAborted and not SocketError.ConnectionReset })
                {
                    TellOfFlood(null, "connections cannot be accepted at the moment: " + exception.Message.TrimEnd('.'));
                    closing.Token.WaitHandle.WaitOne(PauseAfterFailedAccept);
                }

                continue;
            }

            Admit(peer);
        }
    }

    /// <summary>Gives a new connection its thread, or closes it when there are too many already.</summary>
    private void Admit(Socket peer)
    {
        if (Interlocked.Increment(ref halfOpen) > limits.MaximumHalfOpenConnections)
        {
            Interlocked.Decrement(ref halfOpen);
            var remote = RemoteOf(peer);
            peer.Dispose();
            TellOfFlood(remote, $"turned away, because {limits.MaximumHalfOpenConnections} connections have not proved themselves yet");
            return;
        }

        try
        {
            new Thread(() => Serve(peer), HandshakeStackBytes) { IsBackground = true, Name = "handshake" }.Start();
        }
        catch (OutOfMemoryException)
        {
            Interlocked.Decrement(ref halfOpen);
            peer.Dispose();
            TellOfFlood(null, "turned away, because the system gives no more threads");
        }
    }

    private void Serve(Socket peer)
    {
        SecureConnection? connection;
        try
        {
            connection = Secure(peer);
        }
        finally
        {
            Interlocked.Decrement(ref halfOpen);
        }

        if (connection is null)
        {
            return;
        }

        if (closing.IsCancellationRequested)
        {
            connection.Dispose();
            return;
        }

        callbacks.Accepted(connection);
    }

    /// <returns>Null when the peer was refused, which has been told.</returns>
    private SecureConnection? Secure(Socket peer)
    {
        var remote = RemoteOf(peer);
        using var half = new HalfOpenSocket(peer, limits.ProofDeadline, closing.Token);
        try
        {
            HalfOpenSocket.Prepare(peer);
            var result = Shake(half);
            if (result.Fault is { } fault)
            {
                Tell(remote, ConnectionFaults.Seen(fault, result.PeerVersion));
                Drain(peer);
                return null;
            }

            if (half.TryKeep())
            {
                return new SecureConnection(half.Stream, peer, result.Purpose, result.Peer, security.UsesTls);
            }

            Tell(remote, ConnectionFaults.Seen(ConnectionFault.TimedOut, 0));
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or AuthenticationException or InvalidOperationException or CryptographicException)
        {
            var fault = half.IsExpired ? ConnectionFault.TimedOut : exception is AuthenticationException ? ConnectionFault.NotDistTrain : ConnectionFault.Closed;
            Tell(remote, ConnectionFaults.Seen(fault, 0));
        }

        return null;
    }

    private HandshakeResult Shake(HalfOpenSocket half)
    {
        // A peer that speaks TLS where it should not, or does not where it should, is told so in its own way of speaking.
        var beginsTls = BeginsTls(half.Socket);
        if (tls is null && beginsTls)
        {
            half.Stream.Write(HandshakeFailureAlert);
            return new HandshakeResult(ConnectionFault.UnexpectedTls, IsTold: false, default, default, 0);
        }

        if (tls is null || !beginsTls)
        {
            return half.Run(Server(default, default, tls is null ? null : ConnectionFault.EncryptionDiffers));
        }

        var channel = tls.Listen(half.Stream);
        half.Stream = channel.Stream!;
        return half.Run(Server(channel.ClientFingerprint, channel.ServerFingerprint, channel.Fault));
    }

    private HandshakeServer Server(ReadOnlyMemory<byte> clientFingerprint, ReadOnlyMemory<byte> serverFingerprint, ConnectionFault? fault) => new(
        new HandshakeInputs(own, RandomNumberGenerator.GetBytes(Transcript.NonceBytes), security.Secret ?? default, clientFingerprint, serverFingerprint), fault, tickets.Redeem);

    private static bool BeginsTls(Socket peer)
    {
        Span<byte> first = stackalloc byte[1];
        return peer.Receive(first, SocketFlags.Peek) == 1 && first[0] == TlsHandshakeRecord;
    }

    /// <summary>Closing with bytes unread would make the system take back what was sent last: the refusal, which the peer has not read yet.</summary>
    private static void Drain(Socket peer)
    {
        peer.Shutdown(SocketShutdown.Send);
        Span<byte> scratch = stackalloc byte[512];
        for (var drained = 0; drained < MaximumDrainedBytes;)
        {
            var count = peer.Receive(scratch);
            if (count == 0)
            {
                return;
            }

            drained += count;
        }
    }

    private void Tell(EndPoint? remote, string sentence)
    {
        if (!closing.IsCancellationRequested)
        {
            callbacks.Refused(remote, sentence);
        }
    }

    /// <summary>Once in a while, so that a flood of connections does not become one of sentences.</summary>
    private void TellOfFlood(EndPoint? remote, string sentence)
    {
        var count = Interlocked.Increment(ref turnedAway);
        var now = Environment.TickCount64;
        var last = Volatile.Read(ref lastFloodSentence);
        if ((last == 0 || now - last >= FloodSentenceInterval.TotalMilliseconds) && Interlocked.CompareExchange(ref lastFloodSentence, now, last) == last)
        {
            Tell(remote, string.Create(CultureInfo.InvariantCulture, $"{sentence} (connection {count} of those)"));
        }
    }

    private static EndPoint? RemoteOf(Socket peer)
    {
        try
        {
            return peer.RemoteEndPoint;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
