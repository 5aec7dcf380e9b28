using DistTrain.Learning.Engines;
using DistTrain.Runtime.Cluster;
using DistTrain.Tests.Shared;

namespace DistTrain.Runtime.Akka.Tests;

/// <summary>A process of the Akka runtime: an actor system of its own, over loopback.</summary>
internal sealed class AkkaTestProcess(string? configurationFile = null, Action<string>? tell = null) : IClusterProcess
{
    private readonly AkkaRuntime runtime = new(configurationFile, tell ?? (_ => { }));

    public TrainingResult Coordinate(CoordinatorSettings settings, RunOffer offer, TrainingDefinition definition, IEngine engine, Action<TrainingEvent> listener, CancellationToken cancellation) =>
        runtime.RunCoordinator(settings, offer, _ => Stream.Null, definition, engine, listener, recovery: null, cancellation);

    public MemberOutcome TakePart(MemberSettings settings, string programVersion, Func<RunOffer, IDataFetcher, PreparedRun> prepare, CancellationToken leave) =>
        runtime.RunMember(settings, programVersion, prepare, tell ?? (_ => { }), leave);

    public void Dispose() => runtime.Dispose();
}
