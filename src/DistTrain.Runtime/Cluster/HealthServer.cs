using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DistTrain.Learning;

namespace DistTrain.Runtime.Cluster;

/// <summary>Whether a process can do what it is there for.</summary>
/// <param name="Sentence">Why, or why not.</param>
public sealed record Readiness(bool IsReady, string Sentence);

/// <summary>
/// Answers GET and HEAD over HTTP/1.1 for container engines: <c>/health</c> (200 as long as this process works), <c>/ready</c> (200 or 503), <c>/status</c> (JSON). One answer a connection. Whoever asks is
/// not known, so everything is bounded: the bytes and the time of a request, and the number of connections.
/// </summary>
public sealed class HealthServer : IDisposable
{
    public const string HealthPath = "/health";
    public const string ReadyPath = "/ready";
    public const string StatusPath = "/status";

    private const int LargestRequestBytes = 8192;
    private const int MostConnections = 64;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    private readonly Func<Readiness> readiness;
    private readonly Func<ClusterStatus> status;
    private readonly TcpListener listener;
    private readonly CancellationTokenSource end = new();
    private readonly Task accepting;
    private int connections;

    private HealthServer(TcpListener listener, Func<Readiness> readiness, Func<ClusterStatus> status)
    {
        this.listener = listener;
        this.readiness = readiness;
        this.status = status;
        accepting = Task.Run(Accept);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <param name="address">Where to answer.</param>
    /// <param name="readiness">Asked for each request, on any thread.</param>
    /// <param name="status">Asked for each request, on any thread.</param>
    /// <exception cref="InvalidInputException">The address is not this machine's, or is taken.</exception>
    public static HealthServer Start(HostAndPort address, Func<Readiness> readiness, Func<ClusterStatus> status)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(readiness);
        ArgumentNullException.ThrowIfNull(status);
        try
        {
            var ip = IPAddress.TryParse(address.Host, out var given) ? given : Dns.GetHostAddresses(address.Host)[0];
            var listener = new TcpListener(ip, address.Port);
            listener.Start(MostConnections);
            return new HealthServer(listener, readiness, status);
        }
        catch (SocketException fault)
        {
            throw new InvalidInputException($"health cannot be answered on {address}: {Reason(fault.SocketErrorCode) ?? fault.Message}", fault);
        }
    }

    public void Dispose()
    {
        if (!end.IsCancellationRequested)
        {
            end.Cancel();
            listener.Stop();
            accepting.Wait();
        }
    }

    private static string? Reason(SocketError error) => error switch
    {
        SocketError.AddressAlreadyInUse => "the port is in use by another process",
        SocketError.AddressNotAvailable => "this machine does not have that address",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the host is unknown",
        SocketError.AccessDenied => "this user may not listen on that port",
        _ => null,
    };

    private async Task Accept()
    {
        while (!end.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptSocketAsync(end.Token).ConfigureAwait(false);
            }
            catch (SocketException) when (!end.IsCancellationRequested)
            {
                // A peer that was gone before it was accepted, or too many open files: neither may end the answers for good.
                await Task.Delay(100, CancellationToken.None).ConfigureAwait(false);
                continue;
            }
            catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }

            if (Interlocked.Increment(ref connections) > MostConnections)
            {
                socket.Dispose();
                Interlocked.Decrement(ref connections);
                continue;
            }

            _ = Serve(socket);
        }
    }

    private async Task Serve(Socket socket)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(end.Token);
        deadline.CancelAfter(Deadline);
        var buffer = ArrayPool<byte>.Shared.Rent(LargestRequestBytes);
        try
        {
            var (code, type, body, isHead) = Answer(await ReadHead(socket, buffer.AsMemory(0, LargestRequestBytes), deadline.Token).ConfigureAwait(false));
            var head = $"HTTP/1.1 {code}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
            byte[] answer = [.. Encoding.ASCII.GetBytes(head), .. isHead ? [] : body];
            for (var sent = 0; sent < answer.Length;)
            {
                sent += await socket.SendAsync(answer.AsMemory(sent), deadline.Token).ConfigureAwait(false);
            }

            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception fault) when (fault is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer is gone or too slow; there is nobody to tell.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            socket.Dispose();
            Interlocked.Decrement(ref connections);
        }
    }

    /// <summary>The request's first line, once its head is whole; empty for a head that is too long, or not whole when the peer stops.</summary>
    private static async Task<string> ReadHead(Socket socket, Memory<byte> buffer, CancellationToken cancellation)
    {
        var length = 0;
        while (length < buffer.Length)
        {
            var received = await socket.ReceiveAsync(buffer[length..], cancellation).ConfigureAwait(false);
            length += received;
            if (received == 0)
            {
                return "";
            }

            if (buffer.Span[..length].IndexOf("\r\n\r\n"u8) >= 0)
            {
                return Encoding.ASCII.GetString(buffer.Span[..buffer.Span.IndexOf("\r\n"u8)]);
            }
        }

        return "";
    }

    private (string Code, string Type, byte[] Body, bool IsHead) Answer(string requestLine)
    {
        if (requestLine.Split(' ') is not [var method, var target, "HTTP/1.0" or "HTTP/1.1"])
        {
            return Text("400 Bad Request", "this is no HTTP request", isHead: false);
        }

        var isHead = method == "HEAD";
        if (!isHead && method != "GET")
        {
            return Text("405 Method Not Allowed", "only GET and HEAD are answered", isHead);
        }

        switch (target.Split('?')[0])
        {
            case HealthPath:
                return Text("200 OK", "alive", isHead);
            case ReadyPath:
                var (isReady, sentence) = readiness();
                return Text(isReady ? "200 OK" : "503 Service Unavailable", sentence, isHead);
            case StatusPath:
                return ("200 OK", "application/json; charset=utf-8", Encoding.UTF8.GetBytes(status().ToJson() + "\n"), isHead);
            default:
                return Text("404 Not Found", $"there are {HealthPath}, {ReadyPath} and {StatusPath}", isHead);
        }
    }

    private static (string Code, string Type, byte[] Body, bool IsHead) Text(string code, string sentence, bool isHead) =>
        (code, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(sentence + "\n"), isHead);
}
