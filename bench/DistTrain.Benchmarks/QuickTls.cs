using System.Diagnostics;
using System.Globalization;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;

namespace DistTrain.Benchmarks;

/// <summary>
/// What encryption costs: one process sends to another over loopback in writes of one size, without and with TLS, by turns. One JSON line each with the best and the median round: megabytes a second, and
/// processor seconds of both sides a gigabyte. And how long a connection takes to come about.
/// </summary>
internal static class QuickTls
{
    private const int WriteBytes = 256 << 10;
    private const int WritesARound = 2048;
    private const int Rounds = 9;
    private const int Connections = 50;

    public static int Run()
    {
        var plain = new ClusterSecurity { UsesTls = false, Secret = new byte[32] };
        using var authority = ClusterCertificates.CreateAuthority(DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        using var node = ClusterCertificates.CreateNode(authority, DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        (string Name, ClusterSecurity Security)[] kinds =
        [
            ("plain", plain), ("TLS, secret", plain with { UsesTls = true }), ("TLS, secret and certificates", plain with { UsesTls = true, Authority = authority, Certificate = node }),
        ];
        var rounds = kinds.Select(_ => new List<(double Rate, double Cpu)>()).ToArray();
        for (var round = 0; round <= Rounds; round++)
        {
            for (var kind = 0; kind < kinds.Length; kind++)
            {
                var measured = Move(kinds[kind].Security);

                // The first round compiles.
                if (round > 0)
                {
                    rounds[kind].Add(measured);
                }
            }
        }

        for (var kind = 0; kind < kinds.Length; kind++)
        {
            var rates = rounds[kind].Select(measured => measured.Rate).Order().ToArray();
            var costs = rounds[kind].Select(measured => measured.Cpu).Order().ToArray();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $$"""{"connection": "{{kinds[kind].Name}}", "write_bytes": {{WriteBytes}}, "mb_per_s_best": {{rates[^1]:F0}}, "mb_per_s": {{rates[rates.Length / 2]:F0}}, "cpu_s_per_gb_best": {{costs[0]:F2}}, "cpu_s_per_gb": {{costs[costs.Length / 2]:F2}}, "connect_ms": {{ConnectMilliseconds(kinds[kind].Security):F2}}}"""));
        }

        return 0;
    }

    private static (double MegabytesPerSecond, double CpuSecondsPerGigabyte) Move(ClusterSecurity security)
    {
        using var pair = new Pair(security);
        var sender = new Thread(() =>
        {
            var bytes = new byte[WriteBytes];
            for (var i = 0; i < WritesARound; i++)
            {
                pair.Outgoing.Stream.Write(bytes);
            }
        });
        var buffer = new byte[WriteBytes];
        var cpu = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        sender.Start();
        for (var i = 0; i < WritesARound; i++)
        {
            pair.Incoming.Stream.ReadExactly(buffer);
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        sender.Join();
        var bytesMoved = (double)WriteBytes * WritesARound;
        return (bytesMoved / 1e6 / seconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds / bytesMoved * 1e9);
    }

    /// <summary>The median from the first packet to a connection whose both sides have proved themselves.</summary>
    private static double ConnectMilliseconds(ClusterSecurity security)
    {
        var times = Enumerable.Range(0, Connections).Select(_ =>
        {
            using var pair = new Pair(security);
            return pair.ConnectMilliseconds;
        }).Order().ToArray();
        return times[Connections / 2];
    }

    private sealed class Pair : IDisposable
    {
        private readonly SecureListener listener;

        public Pair(ClusterSecurity security)
        {
            using var arrived = new ManualResetEventSlim();
            SecureConnection? incoming = null;
            var tickets = new TicketBook(TimeSpan.FromMinutes(1));
            listener = SecureListener.Start(new HostAndPort("127.0.0.1", 0), security, ProcessId.New(), new LinkLimits(), tickets, new ListenerCallbacks(
                connection =>
                {
                    incoming = connection;
                    arrived.Set();
                },
                (_, sentence) => Console.Error.WriteLine(sentence)));
            var start = Stopwatch.GetTimestamp();
            Outgoing = SecureConnector.Connect(
                new HostAndPort("127.0.0.1", listener.LocalEndPoint.Port), security, ProcessId.New(), ConnectionPurpose.Control, ticket: null, new LinkLimits(), CancellationToken.None);
            ConnectMilliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            arrived.Wait();
            Incoming = incoming!;
        }

        public SecureConnection Outgoing { get; }

        public SecureConnection Incoming { get; }

        public double ConnectMilliseconds { get; }

        public void Dispose()
        {
            Outgoing.Dispose();
            Incoming.Dispose();
            listener.Dispose();
        }
    }
}
