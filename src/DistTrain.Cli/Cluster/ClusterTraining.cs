using DistTrain.Actors;
using DistTrain.Cli.Configuration;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Runtime;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Security;

namespace DistTrain.Cli.Cluster;

/// <summary>Trains with other processes: waits for those that join, or starts some on this machine.</summary>
/// <param name="security">Null for processes that this one starts.</param>
/// <param name="recovery">Null for a run that ends with this process.</param>
internal sealed class ClusterTraining(
    Clustered plan, ClusterSecurity? security, TrainConfiguration configuration, ClusterOffer offer, RunPaths paths, RunRecovery? recovery, Host host, Action<string> notice)
{
    private string? failure;

    /// <summary>Why the run was ended, where neither it nor the user has ended it; otherwise null.</summary>
    public string? Failure => failure;

    /// <exception cref="CommandException">This process cannot listen; nothing has been trained.</exception>
    public TrainingResult Run(TrainingDefinition definition, IEngine engine, Action<TrainingEvent> listener, CancellationToken cancellation)
    {
        if (security is not null)
        {
            return Coordinate(security, address => TellWhereToJoin(address, security), definition, engine, listener, cancellation);
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var workers = new LocalWorkers(plan, configuration, host.StartProcess, paths, notice, reason => GiveUp(reason, end));
        var own = new ClusterSecurity { Secret = workers.Secret, UsesTls = configuration.Tls == true, UsesLocalSockets = configuration.LocalSockets };
        var result = Coordinate(own, workers.Start, definition, engine, happening => Pass(happening, listener, workers), end.Token);
        if (result.Outcome != RunOutcome.Cancelled || cancellation.IsCancellationRequested)
        {
            failure = null;
        }

        return result;
    }

    private TrainingResult Coordinate(
        ClusterSecurity known, Action<HostAndPort> listening, TrainingDefinition definition, IEngine engine, Action<TrainingEvent> listener, CancellationToken cancellation)
    {
        var settings = new CoordinatorSettings
        {
            Listen = plan.Listen,
            RunName = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(paths.Directory))),
            Health = configuration.Health,
            Security = known,
            Limits = Credentials.Limits(configuration),
            Placement = plan.Placement,
            ShardCount = configuration.Shards,
            MinimumWorkers = plan.MinimumWorkers,
            WaitsBelowMinimum = configuration.WaitsBelowMinWorkers,
            Listening = listening,
        };
        try
        {
            return host.Coordinator(settings, offer.Run, offer.Open, definition, engine, listener, cancellation, recovery);
        }
        catch (InvalidInputException refusal)
        {
            throw new CommandException(ExitCode.Network, refusal.Message, refusal);
        }
    }

    private static void Pass(TrainingEvent happening, Action<TrainingEvent> listener, LocalWorkers workers)
    {
        if (happening is TrainingProgressed or EpochEnded)
        {
            workers.HandleBeginning();
        }

        listener(happening);
    }

    private void GiveUp(string reason, CancellationTokenSource end)
    {
        Interlocked.CompareExchange(ref failure, reason, null);
        end.Cancel();
    }

    private void TellWhereToJoin(HostAndPort address, ClusterSecurity known)
    {
        if (TransportPolicy.Warning(address, known) is { } warning)
        {
            notice(warning);
        }

        var workers = plan.MinimumWorkers == 1 ? "a worker" : $"{plan.MinimumWorkers} workers";
        notice($"waiting for {workers} on {address}: 'disttrain worker --join HOST:{address.Port}' with the same credentials");
    }
}
