using DistTrain.Learning.Engines;
using DistTrain.Runtime.Cluster;
using DistTrain.Tests.Shared;

namespace DistTrain.Runtime.Tests.Cluster;

/// <summary>A process of the TCP runtime, which keeps nothing between runs.</summary>
internal sealed class TcpProcess : IClusterProcess
{
    public TrainingResult Coordinate(CoordinatorSettings settings, RunOffer offer, TrainingDefinition definition, IEngine engine, Action<TrainingEvent> listener, CancellationToken cancellation) =>
        ClusterCoordinator.Run(settings, offer, _ => Stream.Null, definition, engine, listener, cancellation);

    public MemberOutcome TakePart(MemberSettings settings, string programVersion, Func<RunOffer, IDataFetcher, PreparedRun> prepare, CancellationToken leave) =>
        ClusterMember.Run(settings, programVersion, prepare, _ => { }, leave);

    public void Dispose()
    {
    }
}
