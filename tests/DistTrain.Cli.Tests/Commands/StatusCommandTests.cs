using System.Net;
using System.Net.Sockets;
using DistTrain.Cli.Tests.Support;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Security;

namespace DistTrain.Cli.Tests.Commands;

public sealed class StatusCommandTests : IDisposable
{
    private static readonly ClusterStatus Status = new(
        "1.2.3", "digits-run", RunPhase.Training, null, 2, 70, 1350, 0.25, 51_234, 2, 1, 4, 3, [1, 2],
        [
            new MemberStatus(0, null, "coordinator", "head", 100, "0.0.0.0:7000", 90, null, null, null, null, null),
            new MemberStatus(1, 1, "worker", "left", 101, "10.0.0.1:7001", 80, 71, 25_000, 1.25, 0.125, new MemberLink(1_234, 15_000_000, 1e6, 0.2, 0.1, 260, 0)),
            new MemberStatus(2, 2, "worker", "right\u001b[31m", 102, "10.0.0.2:7001", 4000, null, null, null, null, new MemberLink(0, 20_000_000_000, null, null, 0.3, null, 1)),
        ],
        "worker-1 is slow");

    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    private Outcome Ask(params string[] more) => sandbox.Run(["status", "node-1:7000", "--insecure", .. more]);

    [Fact]
    public void A_table_shows_every_member()
    {
        sandbox.AskStatus = (_, _, _) => Status;
        var outcome = Ask();
        Assert.Equal((ExitCode.Success, ""), (outcome.ExitCode, outcome.Error));
        Assert.Equal(
            [
                "digits-run: training",
                "epoch 2, step 70 of 1,350, loss 0.2500, 51,234 samples/s",
                "2 shards (map 3, incarnation 4, term 1)",
                "  member       host        process  shards  step  samples/s  compute ms  wait ms  round trip ms    sent  received  joined      heard",
                "  coordinator  head            100                                                                                  2 min",
                "  worker-1     left            101       0    71     25,000        1.25     0.12           0.20  1234 B     15 MB   1 min  0.1 s ago",
                "  worker-2     right?[31m      102       1                                                          0 B   20.0 GB   1.1 h  0.3 s ago",
                "slow: worker-1 is slow",
            ],
            outcome.OutputLines);
    }

    [Fact]
    public void Json_is_the_coordinators_own()
    {
        sandbox.AskStatus = (_, _, _) => Status;
        Assert.Equal(Status.ToJson(), Assert.Single(Ask("--json").OutputLines));
    }

    [Fact]
    public void Watching_ends_with_the_run()
    {
        var answers = new Queue<ClusterStatus>([Status, Status with { Step = 80 }, Status with { Phase = RunPhase.Ended, Explanation = "completed" }]);
        sandbox.AskStatus = (_, _, _) => answers.Dequeue();
        var outcome = Ask("--watch", "0.01", "--json");
        Assert.Equal((ExitCode.Success, 3), (outcome.ExitCode, outcome.OutputLines.Length));
    }

    [Fact]
    public void A_coordinator_that_cannot_be_asked_is_one_sentence()
    {
        sandbox.AskStatus = (_, _, _) => throw new SecureConnectException(ConnectionFault.Unreachable, "node-1:7000: nobody listens there");
        Assert.Equal("disttrain: node-1:7000: nobody listens there.", Ask().AssertRefused(ExitCode.Network));
        sandbox.AskStatus = (_, _, _) => throw new InvalidInputException("node-1:7000 gives no status: nothing came");
        Assert.Equal("disttrain: node-1:7000 gives no status: nothing came.", Ask().AssertRefused(ExitCode.Network));
    }

    [Fact]
    public void Health_is_asked_over_HTTP()
    {
        var readiness = new Readiness(true, "training");
        using var server = HealthServer.Start(new HostAndPort("127.0.0.1", 0), () => readiness, () => Status);
        Assert.Equal("alive\n", sandbox.Run("health", $"0.0.0.0:{server.Port}").Output);
        Assert.Equal("training\n", sandbox.Run("health", $"127.0.0.1:{server.Port}", "--ready").Output);
        readiness = new Readiness(false, "the run is over");
        Assert.Equal($"disttrain: http://127.0.0.1:{server.Port}/ready says: the run is over.", sandbox.Run("health", $"127.0.0.1:{server.Port}", "--ready").AssertRefused(ExitCode.Network));
    }

    [Fact]
    public void Nobody_there_is_one_sentence()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        Assert.Contains($"http://127.0.0.1:{port}/health does not answer: ", sandbox.Run("health", $"127.0.0.1:{port}").AssertRefused(ExitCode.Network), StringComparison.Ordinal);
    }
}
