using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Akka;

/// <summary>How a process that is not the coordinator yet stands ready to become it.</summary>
/// <param name="Coordinator">Where the present coordinator listens.</param>
/// <param name="Listen">Where this process will listen in its place.</param>
/// <param name="Limits">Of the connection by which it joins.</param>
/// <param name="JoinTimeout">How long a coordinator that is not there is waited for.</param>
public sealed record StandbySettings(HostAndPort Coordinator, HostAndPort Listen, ClusterSecurity Security, Links.LinkLimits Limits, TimeSpan JoinTimeout);

/// <summary>
/// The actors of a process on Akka.Cluster: it says who is there and who is gone, and which candidate is the coordinator; Akka.Remote carries control messages. Tensors, files and the proof that a process belongs to
/// the cluster use the connections of the TCP runtime, on which addresses are exchanged as well. One for each process, kept until its work is written down: a coordinator hands the run over when this is disposed.
/// </summary>
public sealed class AkkaRuntime : IDisposable
{
    private readonly AkkaProcess process;

    /// <param name="configurationFile">HOCON that wins over <c>akka.reference.conf</c>; null for none.</param>
    /// <param name="tell">Takes sentences for people, from any thread.</param>
    /// <exception cref="InvalidInputException">The file is missing or no HOCON.</exception>
    public AkkaRuntime(string? configurationFile, Action<string> tell) => process = new AkkaProcess(AkkaConfiguration.Read(configurationFile), tell);

    /// <summary>Joins the cluster as a further candidate, and returns when this process is to be the coordinator.</summary>
    /// <exception cref="InvalidInputException">The cluster cannot be joined, or not any more.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void StandBy(StandbySettings settings, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        new Standby(process, settings).Wait(cancellation);
    }

    /// <summary>As <see cref="ClusterCoordinator.Run"/>. Forms a cluster of its own unless this process stood by in one.</summary>
    /// <exception cref="InvalidInputException">The settings are not possible.</exception>
    /// <exception cref="SupersededException">Another coordinator has taken the run over.</exception>
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
        return ClusterCoordinator.RunOver((options, fail) => new AkkaNetwork(process, options, fail), settings, offer, openFile, definition, engine, listener, recovery, stop.Token);
    }

    /// <summary>As <see cref="ClusterMember.Run"/>.</summary>
    /// <exception cref="InvalidInputException">The settings are not possible, or the coordinator could not be reached in time at all, or does not know this process any more.</exception>
    public MemberOutcome RunMember(MemberSettings settings, string programVersion, Func<RunOffer, IDataFetcher, PreparedRun> prepare, Action<string> tell, CancellationToken leave)
    {
        ArgumentNullException.ThrowIfNull(settings);
        process.BeMember(settings);
        return ClusterMember.RunOver(options => new AkkaNetwork(process, options, process.Fail), settings, programVersion, prepare, tell, leave);
    }

    /// <summary>Leaves the cluster in order.</summary>
    public void Dispose() => process.Dispose();
}
