using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DistTrain.Cli.Benchmarking;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;

namespace DistTrain.Benchmarks;

/// <summary>
/// Two processes on loopback: the exchange of gradients of given sizes, and the round trip of a control message. Comparable with an all-reduce between two processes:
/// <c>exchange [megabytes,...] [pieces=N] [rounds=N] [chunk=KIBIBYTES]</c>.
/// </summary>
internal static class QuickExchange
{
    private static readonly ProcessId First = new(new Guid(1, 0, 0, new byte[8]));
    private static readonly ProcessId Second = new(new Guid(2, 0, 0, new byte[8]));

    public static int Run(string[] arguments)
    {
        var port = Argument(arguments, "port", 0);
        var sizes = arguments.FirstOrDefault(argument => !argument.Contains('=', StringComparison.Ordinal)) ?? "1,16,100";
        var megabytes = sizes.Split(',').Select(size => double.Parse(size, CultureInfo.InvariantCulture)).ToArray();
        if (port != 0)
        {
            return RunSecond(arguments, megabytes, port);
        }

        using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        tcp.Listen();
        port = ((IPEndPoint)tcp.LocalEndPoint!).Port;
        using var local = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        local.Bind(LocalName(port));
        local.Listen();
        var listener = IsLocal(arguments) ? local : tcp;
        using var second = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Environment.GetCommandLineArgs()[0], "exchange", sizes, .. arguments.Where(argument => argument != sizes), $"port={port}"])
        {
            RedirectStandardOutput = true,
        })!;
        RunFirst(arguments, megabytes, listener, second);
        second.WaitForExit();
        return second.ExitCode;
    }

    private static void RunFirst(string[] arguments, double[] megabytes, Socket listener, Process second)
    {
        foreach (var size in megabytes)
        {
            var pieces = Argument(arguments, "pieces", 1);
            var side = new ExchangeSide((int)(size * 262_144), pieces);
            var link = Link.Accepting(Options(arguments, side), Accept(listener, ConnectionPurpose.Control), () => [1]);
            link.Start();
            link.Attach(Accept(listener, ConnectionPurpose.Data));
            var rounds = Argument(arguments, "rounds", size > 50 ? 15 : 100);
            var cpu = CpuSeconds();
            var peersCpu = CpuSeconds(second);
            var times = Measure(rounds, step => side.Exchange(link, step));
            var (ownCpu, otherCpu) = (CpuSeconds() - cpu, CpuSeconds(second) - peersCpu);
            var pings = Measure(2000, _ => side.Ping(link));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $$"""{"exchange_mb": {{size}}, "ms_median": {{times[times.Length / 2]:F3}}, "ms_best": {{times[0]:F3}}, "gb_per_s": {{size / 1e3 / times[times.Length / 2] * 1e3:F2}}, "cpu_ms_a_round": {{(ownCpu + otherCpu) * 1e3 / (rounds * 1.25):F2}}, "ping_round_trip_us_median": {{pings[pings.Length / 2] * 1e3:F1}}}"""));
            link.Close("measured");
            side.WaitForEnd();
        }
    }

    private static int RunSecond(string[] arguments, double[] megabytes, int port)
    {
        foreach (var size in megabytes)
        {
            var side = new ExchangeSide((int)(size * 262_144), Argument(arguments, "pieces", 1)) { IsEcho = true };
            var link = Link.Dialling(Options(arguments, side), Connect(arguments, port, ConnectionPurpose.Control), (purpose, _, _) => Connect(arguments, port, purpose));
            link.Start();
            var rounds = Argument(arguments, "rounds", size > 50 ? 15 : 100);
            Measure(rounds, step => side.Exchange(link, step));
            side.WaitForEnd();
        }

        return 0;
    }

    /// <summary>Milliseconds of each round, ascending, after a quarter as many for warming up.</summary>
    private static double[] Measure(int rounds, Action<long> round)
    {
        for (var step = 0; step < rounds / 4; step++)
        {
            round(step);
        }

        var times = new double[rounds];
        for (var step = 0; step < rounds; step++)
        {
            var start = Stopwatch.GetTimestamp();
            round(step);
            times[step] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(times);
        return times;
    }

    private static LinkOptions Options(string[] arguments, ExchangeSide side) => new()
    {
        Handler = side,
        PeerName = "the other process",
        Limits = new LinkLimits { ChunkBytes = Argument(arguments, "chunk", new LinkLimits().ChunkBytes >> 10) << 10 },
    };

    private static double CpuSeconds()
    {
        using var own = Process.GetCurrentProcess();
        return own.TotalProcessorTime.TotalSeconds;
    }

    private static double CpuSeconds(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime.TotalSeconds;
    }

    private static SecureConnection Accept(Socket listener, ConnectionPurpose purpose)
    {
        var socket = listener.Accept();
        return new SecureConnection(new NetworkStream(socket, ownsSocket: true), socket, purpose, Second, isEncrypted: false);
    }

    private static SecureConnection Connect(string[] arguments, int port, ConnectionPurpose purpose)
    {
        var socket = IsLocal(arguments)
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IsLocal(arguments) ? LocalName(port) : new IPEndPoint(IPAddress.Loopback, port));
        return new SecureConnection(new NetworkStream(socket, ownsSocket: true), socket, purpose, First, isEncrypted: false);
    }

    private static bool IsLocal(string[] arguments) => Argument(arguments, "local", 0) != 0;

    /// <summary>An abstract name of Linux: no file is left behind.</summary>
    private static UnixDomainSocketEndPoint LocalName(int port) => new(FormattableString.Invariant($"\0disttrain-exchange-{port}"));

    private static int Argument(string[] arguments, string name, int otherwise) =>
        Array.Find(arguments, argument => argument.StartsWith(name + '=', StringComparison.Ordinal)) is { } found ? int.Parse(found[(name.Length + 1)..], CultureInfo.InvariantCulture) : otherwise;
}
