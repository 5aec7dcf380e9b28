using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Recovery;

namespace DistTrain.Runtime.Akka;

/// <summary>
/// The actors of a process on Akka.Cluster: it says who is there and who is gone, and which candidate is the coordinator; Akka.Remote carries control messages. Tensors, files and the proof that a process belongs to
/// the cluster use the connections of the TCP runtime, on which addresses are exchanged as well.
/// </summary>
public sealed class AkkaRuntime : IClusterRuntime
{
    private readonly AkkaProcess process;

    /// <param name="configurationFile">HOCON that wins over <c>akka.reference.conf</c>; null for none.</param>
    /// <param name="tell">Takes sentences for people, from any thread.</param>
    /// <exception cref="InvalidInputException">The file is missing or no HOCON.</exception>
    public AkkaRuntime(string? configurationFile, Action<string> tell) => process = new AkkaProcess(AkkaConfiguration.Read(configurationFile), tell);

    public void StandBy(StandbySettings settings, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        new Standby(process, settings).Wait(cancellation);
    }

    /// <summary>Forms a cluster of its own unless this process stood by in one.</summary>
    public TrainingResult RunCoordinator(
        CoordinatorSettings settings,
        RunOffer offer,
        Func<DataFile, Stream> openFile,
        TrainingDefinition definition,
        IEngine engine,
        Action<TrainingEvent> listener,
        RunRecovery? recovery,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        process.BeCoordinator(settings, stop.Cancel);
        return ClusterCoordinator.RunWith((options, fail) => new AkkaNetwork(process, options, fail), settings, offer, openFile, definition, engine, listener, recovery, stop.Token);
    }

    public MemberOutcome RunMember(MemberSettings settings, string programVersion, Func<RunOffer, IDataFetcher, PreparedRun> prepare, Action<string> tell, CancellationToken leave)
    {
        ArgumentNullException.ThrowIfNull(settings);
        process.BeMember(settings);
        return ClusterMember.RunWith(options => new AkkaNetwork(process, options, process.Fail), settings, programVersion, prepare, tell, leave);
    }

    /// <summary>Leaves the cluster in order.</summary>
    public void Dispose() => process.Dispose();
}
