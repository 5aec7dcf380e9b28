using System.Text;
using System.Text.Json;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Tests.Cluster;

public class ClusterStatusTests
{
    private static readonly WorkerStatus Usual = new(71, 10, 1, 2500);

    [Fact]
    public void Members_stand_by_node_with_what_is_known_of_them()
    {
        var status = Statuses.Report(Statuses.Worker(2), Statuses.Worker(1, Usual));
        Assert.Equal(["coordinator", "worker-1", "worker-2"], status.Members.Select(member => member.Name));
        Assert.Equal((RunPhase.Training, 2, 70L, 450L, 0.25, 5000.0), (status.Phase, status.Epoch, status.Step, status.TotalSteps, status.Loss, status.SamplesPerSecond));
        Assert.Equal((71L, 10.0, 2500.0), (status.Members[1].Step, status.Members[1].ComputeMilliseconds, status.Members[1].SamplesPerSecond));
        Assert.Null(status.Members[2].Step);
        Assert.Null(status.Members[0].Link);
        Assert.Equal<int>([1, 2], [.. status.ShardNodes]);
    }

    [Fact]
    public void Before_the_first_step_a_run_waits_for_all_that_it_needs()
    {
        var status = StatusReport.Build(Statuses.Run with { Progress = null, Map = null }, Statuses.Coordinator, [Statuses.Worker(1)]);
        Assert.Equal((RunPhase.WaitingForWorkers, "1 of 2 workers are there"), (status.Phase, status.Explanation));
        Assert.Empty(status.ShardNodes);
    }

    [Theory]
    [InlineData(false, RunPhase.Training)]
    [InlineData(true, RunPhase.WaitingForWorkers)]
    public void Whether_fewer_workers_are_enough_is_the_users_choice(bool waits, RunPhase expected) =>
        Assert.Equal(expected, StatusReport.Build(Statuses.Run with { WaitsBelowMinimum = waits }, Statuses.Coordinator, [Statuses.Worker(1)]).Phase);

    [Fact]
    public void An_ended_run_says_how() =>
        Assert.Equal((RunPhase.Ended, "completed"), (StatusReport.Build(Statuses.Run with { Ended = "completed" }, Statuses.Coordinator, []) is var s ? (s.Phase, s.Explanation) : default));

    [Fact]
    public void A_status_comes_back_from_JSON_as_it_was()
    {
        var status = Statuses.Report(Statuses.Worker(1, Usual), Statuses.Worker(2));
        Assert.Equal(status.ToJson(), ClusterStatus.FromJson(Encoding.UTF8.GetBytes(status.ToJson())).ToJson());
        using var json = JsonDocument.Parse(status.ToJson());
        Assert.Equal("Training", json.RootElement.GetProperty("phase").GetString());
        Assert.Equal(2, json.RootElement.GetProperty("members")[2].GetProperty("worker").GetInt32());
    }

    [Fact]
    public void Figures_that_JSON_has_no_word_for_are_left_out()
    {
        var status = Statuses.Report(Statuses.Worker(1, new WorkerStatus(1, double.NaN, double.PositiveInfinity, double.NegativeInfinity)));
        Assert.Equal((null, null, null), (status.Members[1].ComputeMilliseconds, status.Members[1].WaitMilliseconds, status.Members[1].SamplesPerSecond));
        Assert.NotEmpty(status.ToJson());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"version\":\"1\",\"run\":\"r\",\"phase\":\"Training\"}")]
    [InlineData("{\"version\":\"1\",\"run\":\"r\",\"shardNodes\":[],\"members\":[null]}")]
    [InlineData("{\"version\":\"1\",\"run\":\"r\",\"shardNodes\":[],\"members\":[{}]}")]
    [InlineData("{\"version\":\"1\",\"run\":\"r\",\"phase\":\"Resting\",\"shardNodes\":[],\"members\":[]}")]
    [InlineData("{\"a\":[[[[[[[[[[[[]]]]]]]]]]]]}")]
    public void What_is_no_status_is_refused(string json) => Assert.Throws<WireFormatException>(() => ClusterStatus.FromJson(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0x7F, 0xFF, 0xFF, 0xFF, 0x7B })]
    public void A_length_that_no_status_has_is_refused_before_memory_is_taken(byte[] bytes) => Assert.Throws<WireFormatException>(() => StatusExchange.Read(new TimedStream(bytes)));

    [Fact]
    public void An_answer_that_breaks_off_is_a_broken_connection() => Assert.ThrowsAny<IOException>(() => StatusExchange.Read(new TimedStream([0, 0, 0, 9, 0x7B])));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Members_of_the_cluster_get_an_answer(bool usesTls)
    {
        var security = new ClusterSecurity { Secret = new byte[32], UsesTls = usesTls };
        var status = Statuses.Report(Statuses.Worker(1, Usual));
        using var listener = SecureListener.Start(
            new HostAndPort("127.0.0.1", 0), security, ProcessId.New(), new LinkLimits(), new TicketBook(TimeSpan.FromSeconds(10)), new ListenerCallbacks(connection => StatusExchange.Answer(connection, status), (_, _) => { }));
        Assert.Equal(status.ToJson(), StatusExchange.Ask(new HostAndPort("127.0.0.1", listener.LocalEndPoint.Port), security, new LinkLimits()).ToJson());
    }

    private sealed class TimedStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override int ReadTimeout { get; set; }
    }
}
