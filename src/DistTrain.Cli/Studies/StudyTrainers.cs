using DistTrain.Cli.Cluster;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Runtime.RunDirectory;

namespace DistTrain.Cli.Studies;

/// <summary>What trains trials: threads of this process, or processes that it starts for each.</summary>
/// <param name="study">What trials share.</param>
/// <param name="folder">Where what the processes say is kept.</param>
/// <param name="host">The world around.</param>
internal sealed class StudyTrainers(PreparedStudy study, string folder, Host host)
{
    public Trainer Of(TrainConfiguration configuration)
    {
        if (ClusterPlan.Of(configuration) is not Clustered plan)
        {
            return host.Trainer(configuration.Runtime);
        }

        return (definition, engine, listener, cancellation, _) =>
        {
            var run = new RunDescription(configuration, study.Data, definition.Graph, engine.KernelPath, engine.ArithmeticId, folder, host.Version);
            var cluster = new ClusterTraining(plan, security: null, configuration, ClusterOffer.Of(run, plan), new RunPaths(folder), recovery: null, host, static _ => { });
            var result = cluster.Run(definition, engine, listener, cancellation);
            return cluster.Failure is { } failure ? throw new IOException(failure) : result;
        };
    }
}
