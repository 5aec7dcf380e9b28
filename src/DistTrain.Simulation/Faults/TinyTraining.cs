using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Numerics;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime;

namespace DistTrain.Simulation.Faults;

/// <summary>
/// What is trained in a simulated run: small enough for thousands of runs a minute, and with everything that has to be kept over a crash: an optimizer with state, decisions by metrics, several weights to choose from.
/// </summary>
/// <param name="Optimizer">By name.</param>
/// <param name="ClipNorm">0 for none; otherwise shards exchange the global norm.</param>
/// <param name="Stopping">Whether and how the training stops early.</param>
public sealed record TinyTraining(string Optimizer, double ClipNorm, int SampleCount, int MicroBatchCount, int Epochs, TinyStopping Stopping)
{
    public const int BatchSize = 8;
    public const int EvaluationBlockSize = 5;
    private const int NoiseIntervalSteps = 2;
    private const int Inputs = 3;
    private const int Classes = 3;
    private const int EvaluatedSamples = 12;
    private const ulong Seed = 7;

    private static readonly ModelGraph Graph = ModelSpecification.Parse("mlp:4").Build(new TensorShape(Inputs), Classes);
    private static readonly SampleSet Evaluated = Samples(EvaluatedSamples, stream: 1);

    /// <summary>Of the model: where its tensors lie in a flat buffer.</summary>
    public static ParameterLayout Layout => Graph.Layout;

    /// <summary>The training, for so many workers and shards.</summary>
    public TrainingDefinition Define(int workers, int shards) => new()
    {
        Graph = Graph,
        Loss = new SoftmaxCrossEntropyLoss(),
        Optimizer = OptimizerChain.Create(Optimizer, new OptimizerSettings { ClipNorm = ClipNorm }),
        Schedule = new ConstantSchedule(),
        LearningRate = 0.05,
        Seed = Seed,
        BatchSize = BatchSize,
        MicroBatchCount = MicroBatchCount,
        Epochs = Epochs,
        NoiseIntervalSteps = NoiseIntervalSteps,
        WorkerCount = workers,
        ShardCount = shards,
        Train = Samples(SampleCount, stream: 0),
        Test = Evaluated,
        Validation = Stopping == TinyStopping.None ? null : Evaluated,
        EarlyStopping = Stopping switch
        {
            TinyStopping.None => null,
            TinyStopping.Patient => new EarlyStoppingRule(MonitoredMetric.Parse("validation-loss"), PatienceEpochs: 2, MinimumDelta: 0, RestoresBest: true),

            // So much better it never gets: the second epoch is the last, and the first one's weights are left.
            _ => new EarlyStoppingRule(MonitoredMetric.Parse("validation-loss"), PatienceEpochs: 1, MinimumDelta: 1000, RestoresBest: true),
        },
    };

    /// <summary>What the actors know of it.</summary>
    public static RunDefinition ToRun(TrainingDefinition definition, string arithmetic) =>
        definition.ToRunDefinition(new Learning.Engines.ArithmeticId(arithmetic)) with { EvaluationBlockSize = EvaluationBlockSize };

    private static SampleSet Samples(int count, ulong stream)
    {
        var random = new CounterBasedRandom(Seed, stream);
        var inputs = new float[count * Inputs];
        var labels = new int[count];
        for (var sample = 0; sample < count; sample++)
        {
            labels[sample] = (int)random.BoundedUInt(Classes);
            for (var i = 0; i < Inputs; i++)
            {
                inputs[(sample * Inputs) + i] = (float)random.Normal() + (i == labels[sample] ? 1 : 0);
            }
        }

        return new SampleSet(new TensorShape(Inputs), inputs, new ClassLabels(labels, ["a", "b", "c"]));
    }
}

/// <summary>How a tiny training stops early.</summary>
public enum TinyStopping
{
    None,

    /// <summary>After two epochs without gain, and the best weights are left.</summary>
    Patient,

    /// <summary>After the second epoch, and the first one's weights are left.</summary>
    AtOnce,
}
