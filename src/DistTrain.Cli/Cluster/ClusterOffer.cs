using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Cluster;

/// <summary>What the coordinator tells processes that join.</summary>
internal static class ClusterOffer
{
    public static RunOffer Of(RunDescription run, ClusterPlan plan) => new(
        run.Version,
        ConfigurationWriter.ToYaml(run.Configuration.WithoutCluster(plan)),
        plan.Workers,
        new DataOffer(run.Data.Name, run.Configuration.Data, run.Data.ContentHash, []));

    /// <summary>Opens a file of the offer for one who fetches it.</summary>
    public static Stream Open(DataFile file) => throw new FileNotFoundException($"{file.Name} is not among the files of the run's data");
}
