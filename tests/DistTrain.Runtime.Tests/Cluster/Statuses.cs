using DistTrain.Actors;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Links;

namespace DistTrain.Runtime.Tests.Cluster;

/// <summary>Runs to report on.</summary>
internal static class Statuses
{
    public static readonly RunFacts Run = new(
        "1.2.3", "a-run", 2, WaitsBelowMinimum: false, new Term(1), new Incarnation(4), new ShardMap(3, [new NodeId(1), new NodeId(2)]), new TrainingProgressed(2, 70, 450, 800, 1438, 0.25, 0.9, 5000), Ended: null);

    public static readonly (string HostName, int OperatingSystemId, HostAndPort Endpoint, TimeSpan Listening) Coordinator = ("head", 100, new HostAndPort("0.0.0.0", 7000), TimeSpan.FromSeconds(90));

    public static MemberFacts Worker(int number, WorkerStatus? work = null, LinkStatistics? link = null) => new(
        new NodeId(number),
        new WorkerId(number),
        new Introduction("1.2.3", MemberRole.Worker, $"host-{number}", 1000 + number, new HostAndPort("10.0.0.1", 7000 + number)),
        TimeSpan.FromSeconds(60),
        work,
        link ?? Link());

    public static LinkStatistics Link(double? roundTripMilliseconds = 0.2, double silentSeconds = 0.1) =>
        new(1_000, 2_000, 0, roundTripMilliseconds, 1e6, TimeSpan.FromSeconds(silentSeconds), 260);

    public static ClusterStatus Report(params MemberFacts[] members) => StatusReport.Build(Run, Coordinator, members);
}
