using System.Diagnostics;
using System.Net.Sockets;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;

namespace DistTrain.Cli.Benchmarking;

/// <summary>What messages and tensors cost between two processes of this machine: two ends of a connection over its own sockets, in this process.</summary>
public sealed class LinkProbe : IDisposable
{
    private const int Burst = 512;

    private readonly ExchangeSide near;
    private readonly Link nearLink;
    private readonly Link farLink;
    private readonly string folder = Directory.CreateTempSubdirectory("disttrain-bench-").FullName;
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private long step;

    /// <param name="elements">Of the gradient that is exchanged.</param>
    public LinkProbe(int elements)
    {
        listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, "socket")));
        listener.Listen();
        near = new ExchangeSide(elements, 1);
        var far = new ExchangeSide(elements, 1) { IsEcho = true };
        Exchanged = elements;
        var control = Connect(ConnectionPurpose.Control);
        farLink = Link.Dialling(Options(far), control, (purpose, _, _) => Connect(purpose));
        nearLink = Link.Accepting(Options(near), Accept(ConnectionPurpose.Control), () => [1]);
        nearLink.Start();
        farLink.Start();
        nearLink.Attach(Accept(ConnectionPurpose.Data));
        Far = far;
    }

    /// <summary>Elements that go each way in an exchange, half as gradients and half as sums.</summary>
    public int Exchanged { get; }

    private ExchangeSide Far { get; }

    /// <summary>Gradients go to the other end, which adds them and sends the sums back, both ways at once: a step of two workers with a shard each.</summary>
    public void Exchange()
    {
        step++;
        var other = Task.Run(() => Far.Exchange(farLink, step));
        near.Exchange(nearLink, step);
        other.Wait();
    }

    /// <summary>A small message there and back.</summary>
    public void Ping() => near.Ping(nearLink);

    /// <summary>So many small messages there and back, not waiting for each.</summary>
    public int PingMany()
    {
        near.Ping(nearLink, Burst);
        return Burst;
    }

    public void Dispose()
    {
        nearLink.Close("measured");
        near.WaitForEnd();
        listener.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Runs the work until the time is up, a tenth of it for warming up.</summary>
    /// <returns>The time that a quarter of them stays below, in seconds: waking threads have no shortest time that counts.</returns>
    public static double LowerQuartile(Action work, double seconds)
    {
        ArgumentNullException.ThrowIfNull(work);
        var began = Stopwatch.GetTimestamp();
        var times = new List<double>();
        while (times.Count < 5 || Stopwatch.GetElapsedTime(began).TotalSeconds < seconds)
        {
            var start = Stopwatch.GetTimestamp();
            work();
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        var counted = times.Skip(times.Count / 10).Order().ToArray();
        return counted[counted.Length / 4];
    }

    private static LinkOptions Options(ExchangeSide side) => new() { Handler = side, PeerName = "the other end" };

    private SecureConnection Accept(ConnectionPurpose purpose)
    {
        var socket = listener.Accept();
        return new SecureConnection(new NetworkStream(socket, ownsSocket: true), socket, purpose, new ProcessId(new Guid(2, 0, 0, new byte[8])), isEncrypted: false);
    }

    private SecureConnection Connect(ConnectionPurpose purpose)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(folder, "socket")));
        return new SecureConnection(new NetworkStream(socket, ownsSocket: true), socket, purpose, new ProcessId(new Guid(1, 0, 0, new byte[8])), isEncrypted: false);
    }
}
