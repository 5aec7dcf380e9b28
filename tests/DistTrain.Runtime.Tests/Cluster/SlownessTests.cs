using DistTrain.Runtime.Cluster;

namespace DistTrain.Runtime.Tests.Cluster;

public class SlownessTests
{
    private static MemberFacts Worker(int number, double compute, double wait) => Statuses.Worker(number, new WorkerStatus(71, compute, wait, 1000));

    [Fact]
    public void Nobody_is_slow_where_all_take_as_long() => Assert.Null(Statuses.Report(Worker(1, 10, 1), Worker(2, 11, 1), Worker(3, 9, 1)).Slow);

    [Fact]
    public void A_worker_for_which_the_others_wait_is_named_with_the_phase() => Assert.Equal(
        "worker-3 on host-3 computes 41.0 ms a step where the others take 18.0 ms and then wait 22.0 ms (compute)", Statuses.Report(Worker(1, 18, 22), Worker(2, 18, 22), Worker(3, 41, 0.5)).Slow);

    [Fact]
    public void Who_computes_longer_without_holding_anybody_up_is_not_slow() => Assert.Null(Statuses.Report(Worker(1, 10, 0.5), Worker(2, 20, 0.5)).Slow);

    [Fact]
    public void A_single_worker_has_nobody_to_be_compared_with() => Assert.Null(Statuses.Report(Worker(1, 1000, 0)).Slow);

    [Fact]
    public void Silence_comes_first() => Assert.Equal(
        "worker-2 on host-2 has said nothing for 3.5 s (network, or the process stands still)",
        Statuses.Report(Worker(1, 18, 22), Statuses.Worker(2, link: Statuses.Link(silentSeconds: 3.5)), Worker(3, 41, 0.5)).Slow);

    [Fact]
    public void A_distant_worker_is_named_where_its_distance_matters() => Assert.Equal(
        "a message to worker-2 on host-2 and back takes 180.0 ms where the others' take 0.2 ms (network)",
        Statuses.Report(Worker(1, 10, 1), Statuses.Worker(2, new WorkerStatus(71, 10, 1, 1000), Statuses.Link(roundTripMilliseconds: 180))).Slow);

    [Fact]
    public void Distance_that_disappears_in_computing_is_not_worth_a_word() => Assert.Null(
        Statuses.Report(Worker(1, 100, 1), Statuses.Worker(2, new WorkerStatus(71, 100, 1, 1000), Statuses.Link(roundTripMilliseconds: 5))).Slow);

    [Fact]
    public void A_run_that_waits_has_nobody_slow() => Assert.Null(
        StatusReport.Build(Statuses.Run with { Ended = "completed" }, Statuses.Coordinator, [Worker(1, 18, 22), Worker(2, 41, 0)]).Slow);
}
