using DistTrain.Cli.Configuration;

namespace DistTrain.Cli.Cluster;

/// <summary>What of a configuration belongs to the processes that trained, and not to what was trained.</summary>
internal static class ClusterConfiguration
{
    /// <summary>
    /// The same training in one process, to the same bits: as run directories store it and as processes that join are told it. Credentials and addresses stay where they were given.
    /// </summary>
    public static TrainConfiguration WithoutCluster(this TrainConfiguration configuration, ClusterPlan plan)
    {
        var none = TrainConfiguration.Default;
        return configuration with
        {
            Workers = plan.Workers,
            Runtime = configuration.Runtime == ConfigurationKeys.AkkaRuntime ? none.Runtime : configuration.Runtime,
            Listen = none.Listen,
            Processes = none.Processes,
            MinWorkers = none.MinWorkers,
            WaitsBelowMinWorkers = none.WaitsBelowMinWorkers,
            Placement = none.Placement,
            ClusterFolder = none.ClusterFolder,
            SecretFile = none.SecretFile,
            IsInsecure = none.IsInsecure,
            Tls = none.Tls,
            LocalSockets = none.LocalSockets,
            Health = none.Health,
            HeartbeatMilliseconds = none.HeartbeatMilliseconds,
            SilenceSeconds = none.SilenceSeconds,
            ReconnectSeconds = none.ReconnectSeconds,
            RejoinSeconds = none.RejoinSeconds,
            AkkaConfiguration = none.AkkaConfiguration,
        };
    }
}
