using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Cluster;

/// <summary>How a process that is not the coordinator yet stands ready to become it.</summary>
/// <param name="Coordinator">Where the present coordinator listens.</param>
/// <param name="Listen">Where this process will listen in its place.</param>
/// <param name="Limits">Of the connection by which it joins.</param>
/// <param name="JoinTimeout">How long a coordinator that is not there is waited for.</param>
public sealed record StandbySettings(HostAndPort Coordinator, HostAndPort Listen, ClusterSecurity Security, LinkLimits Limits, TimeSpan JoinTimeout);

/// <summary>
/// Another way than <see cref="ClusterCoordinator"/> and <see cref="ClusterMember"/> for processes of a run to be together. One for each process, kept until its work is written down: a coordinator hands the run over
/// when this is disposed.
/// </summary>
public interface IClusterRuntime : IDisposable
{
    /// <summary>Joins as a further candidate for the coordinator, and returns when this process is to be it.</summary>
    /// <exception cref="InvalidInputException">It cannot join, or not any more.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    void StandBy(StandbySettings settings, CancellationToken cancellation);

    /// <summary>As <see cref="ClusterCoordinator.Run"/>; at once, or in the place of a coordinator that is gone.</summary>
    TrainingResult RunCoordinator(
        CoordinatorSettings settings,
        RunOffer offer,
        Func<DataFile, Stream> openFile,
        TrainingDefinition definition,
        IEngine engine,
        Action<TrainingEvent> listener,
        RunRecovery? recovery,
        CancellationToken cancellation);

    /// <summary>As <see cref="ClusterMember.Run"/>.</summary>
    MemberOutcome RunMember(MemberSettings settings, string programVersion, Func<RunOffer, IDataFetcher, PreparedRun> prepare, Action<string> tell, CancellationToken leave);
}
