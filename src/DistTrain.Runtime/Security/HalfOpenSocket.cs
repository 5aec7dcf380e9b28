using System.Net.Sockets;
using DistTrain.Runtime.Security.Handshake;

namespace DistTrain.Runtime.Security;

/// <summary>
/// A socket whose peer has not proved itself yet, and that is closed under whoever works with it when its time is over. Only blocking calls are made on it: a socket that has once been used
/// asynchronously stays non-blocking below, and every later blocking call on it takes a turn through another thread.
/// </summary>
internal sealed class HalfOpenSocket : IDisposable
{
    private const int Pending = 0;
    private const int Kept = 1;
    private const int Expired = 2;

    private readonly Timer timer;
    private readonly CancellationTokenRegistration registration;
    private int state;

    public HalfOpenSocket(Socket socket, TimeSpan deadline, CancellationToken cancellation)
    {
        Socket = socket;
        Stream = new NetworkStream(socket, ownsSocket: false);
        timer = new Timer(_ => Expire(), null, deadline, Timeout.InfiniteTimeSpan);
        registration = cancellation.Register(Expire);
    }

    public Socket Socket { get; }

    /// <summary>The socket's own, until TLS takes its place.</summary>
    public Stream Stream { get; set; }

    /// <summary>Whether the time was over, or it was cancelled, before the connection was kept.</summary>
    public bool IsExpired => Volatile.Read(ref state) == Expired;

    /// <summary>Nothing closes the socket any more but its new owner.</summary>
    /// <returns>False when it is too late.</returns>
    public bool TryKeep() => Interlocked.CompareExchange(ref state, Kept, Pending) == Pending;

    /// <summary>Closes stream and socket unless they were kept.</summary>
    public void Dispose()
    {
        timer.Dispose();
        registration.Dispose();
        if (Volatile.Read(ref state) != Kept)
        {
            Stream.Dispose();
            Socket.Dispose();
        }
    }

    /// <summary>For sockets that carry small messages, and whose peer may vanish without a word.</summary>
    public static void Prepare(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.Unix)
        {
            return;
        }

        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    /// <summary>Moves a handshake's bytes until it is over.</summary>
    public HandshakeResult Run(Exchange handshake)
    {
        while (true)
        {
            var output = handshake.TakeOutput();
            if (!output.IsEmpty)
            {
                Stream.Write(output.Span);
            }

            if (handshake.Result is { } result)
            {
                return result;
            }

            var count = Stream.Read(handshake.Wanted.Span);
            if (count == 0)
            {
                handshake.Ended();
            }
            else
            {
                handshake.Received(count);
            }
        }
    }

    private void Expire()
    {
        if (Interlocked.CompareExchange(ref state, Expired, Pending) == Pending)
        {
            Socket.Dispose();
        }
    }
}
