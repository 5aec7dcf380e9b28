using System.Collections.Immutable;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Data;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Runtime;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Security;

namespace DistTrain.Cli.Commands;

/// <summary>A configuration with all that it names: found, loaded and checked.</summary>
/// <param name="Plan">In which processes it is trained.</param>
/// <param name="Security">Of a coordinator that others join; otherwise null.</param>
/// <param name="Configuration">Resolved.</param>
internal sealed record PreparedTraining(ClusterPlan Plan, ClusterSecurity? Security, TrainConfiguration Configuration, DataSet Data, IEngine Engine, TrainingDefinition Definition)
{
    /// <exception cref="CommandException">Something cannot be used.</exception>
    public static PreparedTraining Of(TrainConfiguration asked, Host host)
    {
        var plan = Stage.Configuration(() => ClusterPlan.Of(asked));
        var security = plan is Clustered { ProcessesToStart: 0 } ? Stage.Configuration(() => Credentials.Of(asked, host.Error.WriteLine)) : null;
        var source = Stage.Configuration(() => DataSettings.Source(asked));
        var data = Stage.Data(() => DataSetLoader.Load(source, DataSettings.Options(asked)));
        var configuration = DataSettings.Resolve(asked, source, data.Preprocessing).For(data.Train.Targets) with { Workers = plan.Workers };
        var engine = host.Engine(configuration.Engine);
        return new PreparedTraining(plan, security, configuration, data, engine, Stage.Configuration(() => Commands.Definition.Create(configuration, data, engine)));
    }

    /// <summary>Whether what is trained can outlive its process.</summary>
    public bool TakesCheckpoints => Configuration.TakesCheckpoints && (Plan is Clustered || Configuration.Runtime == TrainConfiguration.Default.Runtime);

    public RunDescription In(RunPaths paths, Host host) => new(Configuration, Data, Definition.Graph, Engine.KernelPath, Engine.ArithmeticId, paths.Directory, host.Version);

    /// <summary>Weights with all that is needed to use them.</summary>
    /// <param name="run">That made them.</param>
    /// <param name="weights">Flat, in the graph's layout.</param>
    /// <param name="step">After which they are.</param>
    public TrainedModel ModelOf(RunDescription run, TensorBuffer weights, string weightsHash, long step) => new()
    {
        Specification = Configuration.Model,
        Graph = Definition.Graph,
        Loss = Definition.Loss,
        Weights = weights,
        WeightsHash = weightsHash,
        ArithmeticId = Engine.ArithmeticId,
        Step = step,
        Attributes = ImmutableSortedDictionary<string, string>.Empty
            .Add(RunReader.PreprocessingKey, PreprocessingText.Format(Data.Preprocessing))
            .Add(RunReader.DataHashKey, Data.ContentHash)
            .Add(RunReader.DataNameKey, Data.Name)
            .Add(RunReader.VersionKey, run.Version),
    };
}
