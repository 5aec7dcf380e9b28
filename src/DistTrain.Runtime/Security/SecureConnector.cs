using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security.Handshake;

namespace DistTrain.Runtime.Security;

/// <summary>Connects to a process of the cluster: TCP, TLS where asked for, and the proof of both sides.</summary>
public static class SecureConnector
{
    /// <summary>Blocks until the connection stands or has failed. The socket has seen blocking calls only, and no byte behind the handshake has been read from it.</summary>
    /// <param name="own">This process.</param>
    /// <param name="ticket">From the peer's <see cref="TicketBook"/>, for the purposes that need one; null for the others.</param>
    /// <param name="expectedPeer">The only process that will do; null for any of the cluster.</param>
    /// <exception cref="SecureConnectException">It was not possible; the fault and the sentence say why.</exception>
    /// <exception cref="InvalidInputException">A connection to that address, secured like this, is against the <see cref="TransportPolicy"/>.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static SecureConnection Connect(
        HostAndPort address, ClusterSecurity security, ProcessId own, ConnectionPurpose purpose, ReadOnlyMemory<byte>? ticket, LinkLimits limits, CancellationToken cancellation, ProcessId? expectedPeer = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(security);
        ArgumentNullException.ThrowIfNull(limits);
        using var half = new HalfOpenSocket(Reach(address, security, limits.ProofDeadline, cancellation), limits.ProofDeadline, cancellation);
        try
        {
            return Secure(half, address, security, fingerprints => new HandshakeClient(
                new HandshakeInputs(own, RandomNumberGenerator.GetBytes(Transcript.NonceBytes), security.Secret ?? default, fingerprints.Client, fingerprints.Server), purpose, ticket, expectedPeer));
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or AuthenticationException or InvalidOperationException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw Broken(half, address, security, exception);
        }
    }

    private static SecureConnection Secure(
        HalfOpenSocket half, HostAndPort address, ClusterSecurity security, Func<(ReadOnlyMemory<byte> Client, ReadOnlyMemory<byte> Server), HandshakeClient> handshake)
    {
        (ReadOnlyMemory<byte>, ReadOnlyMemory<byte>) fingerprints = default;
        if (security.UsesTls)
        {
            var channel = new TlsSide(security).Connect(half.Stream);
            if (channel.Fault is { } fault)
            {
                throw new SecureConnectException(fault, $"{address}: {ConnectionFaults.Seen(fault, 0)}");
            }

            half.Stream = channel.Stream!;
            fingerprints = (channel.ClientFingerprint, channel.ServerFingerprint);
        }

        var result = half.Run(handshake(fingerprints));
        if (result.Fault is { } found)
        {
            throw new SecureConnectException(found, $"{address}: {(result.IsTold ? ConnectionFaults.Told(found, result.PeerVersion) : ConnectionFaults.Seen(found, result.PeerVersion))}");
        }

        return half.TryKeep() ? new SecureConnection(half.Stream, half.Socket, result.Purpose, result.Peer, security.UsesTls) : throw new ObjectDisposedException(nameof(Socket));
    }

    /// <summary>What an exception in the middle of the handshake means.</summary>
    private static SecureConnectException Broken(HalfOpenSocket half, HostAndPort address, ClusterSecurity security, Exception exception)
    {
        var fault = exception switch
        {
            _ when half.IsExpired => ConnectionFault.TimedOut,
            AuthenticationException when security.UsesTls => ConnectionFault.EncryptionDiffers,
            _ => ConnectionFault.Closed,
        };
        return new SecureConnectException(fault, $"{address}: {ConnectionFaults.Seen(fault, 0)}", exception);
    }

    /// <summary>A connected socket to the first address of the host that can be reached.</summary>
    private static Socket Reach(HostAndPort address, ClusterSecurity security, TimeSpan deadline, CancellationToken cancellation)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(deadline);
        Exception? last = null;
        foreach (var candidate in AddressesOf(address, limited.Token, cancellation))
        {
            var judgement = TransportPolicy.Judge(candidate, security);
            if (!judgement.IsAllowed)
            {
                throw new InvalidInputException($"Cannot connect to {address}: {judgement.Sentence}");
            }

            if (LocalSocket.Serves(candidate, security) && LocalSocket.TryConnect(address.Port) is { } local)
            {
                return local;
            }

            var socket = new Socket(candidate.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                using (limited.Token.Register(socket.Dispose))
                {
                    socket.Connect(new IPEndPoint(candidate, address.Port));
                }

                HalfOpenSocket.Prepare(socket);
                return socket;
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                socket.Dispose();
                cancellation.ThrowIfCancellationRequested();
                last = exception;
            }
        }

        throw limited.IsCancellationRequested
            ? new SecureConnectException(ConnectionFault.TimedOut, $"{address} does not answer", last)
            : new SecureConnectException(ConnectionFault.Unreachable, Unreachable(address, (last as SocketException)?.SocketErrorCode), last);
    }

    private static IReadOnlyList<IPAddress> AddressesOf(HostAndPort address, CancellationToken limited, CancellationToken cancellation)
    {
        try
        {
            return HostAddresses.Of(address.Host, limited);
        }
        catch (SocketException exception)
        {
            throw new SecureConnectException(ConnectionFault.UnknownHost, $"the host '{address.Host}' is unknown: check the name", exception);
        }
        catch (OperationCanceledException exception)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new SecureConnectException(ConnectionFault.TimedOut, $"the name of the host '{address.Host}' could not be looked up in time", exception);
        }
    }

    private static string Unreachable(HostAndPort address, SocketError? error) => error switch
    {
        SocketError.ConnectionRefused => $"nobody listens at {address}: connection refused",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => $"there is no way to {address}: host or network unreachable",
        SocketError.TimedOut => $"{address} does not answer",
        _ => $"{address} cannot be reached ({error})",
    };
}
