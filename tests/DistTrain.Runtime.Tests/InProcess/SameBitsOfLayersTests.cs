using DistTrain.Actors;
using DistTrain.Data;
using DistTrain.Engines.Simd;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;

namespace DistTrain.Runtime.Tests.InProcess;

/// <summary>The first promise for layers whose results could depend on who computes with whom: batch norm, whose statistics are those of micro-batches, and LSTM, which runs a range's samples step by step.</summary>
public class SameBitsOfLayersTests
{
    private static readonly DataSet Digits = DataSetLoader.Load("digits", new DataSetOptions { Seed = 1 });

    private static readonly Dictionary<string, ModelSpecification> Models = new(StringComparer.Ordinal)
    {
        ["batch norm"] = new([new("flatten"), new LayerSpecification("dense").With("units", 19), new("batch-norm"), new("relu"), new("output")]),
        ["layer norm"] = new([new("flatten"), new LayerSpecification("dense").With("units", 19), new("layer-norm"), new("relu"), new("output")]),
        ["lstm"] = new([new LayerSpecification("lstm").With("units", 9), new("output")]),
    };

    public static TheoryData<string> Names { get; } = [.. Models.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Any_number_of_workers_on_any_vector_width_gives_the_reference_engines_bits(string model)
    {
        var expected = Train(model, new ReferenceEngine(), 1, epochs: 1);
        foreach (var path in Enum.GetValues<KernelPath>().Where(KernelPaths.IsSupported))
        {
            foreach (var workers in (int[])[1, 2, 3, 5])
            {
                var actual = Train(model, new SimdEngine(path), workers, epochs: 1);
                Assert.Equal((expected.Hash, expected.Last!.Test!.MeanLoss), (actual.Hash, actual.Last!.Test!.MeanLoss));
            }
        }
    }

    /// <summary>Evaluation has only the running statistics to go by, which the server moves: were they wrong, so would be the classes.</summary>
    [Fact]
    public void A_network_with_batch_norm_learns_the_digits()
    {
        var (_, last) = Train("batch norm", new SimdEngine(), 2, epochs: 12);
        Assert.InRange(last!.Test!.Accuracy!.Value, 0.93, 1);
        Assert.InRange(last.Test.MeanLoss, 0, 0.3);
    }

    private static (string Hash, EpochReport? Last) Train(string model, IEngine engine, int workers, int epochs)
    {
        var definition = new TrainingDefinition
        {
            Graph = Models[model].Build(new TensorShape(8, 8), 10),
            Loss = new SoftmaxCrossEntropyLoss(),
            Optimizer = OptimizerChain.Create("adam", new OptimizerSettings()),
            Schedule = Schedule.Create("constant", new ScheduleSettings()),
            LearningRate = 0.01,
            Seed = 1,
            BatchSize = 237,
            MicroBatchCount = null,
            Epochs = epochs,
            WorkerCount = workers,
            Train = Digits.Train,
            Test = Digits.Test,
        };
        EpochReport? last = null;
        var result = InProcessTraining.Run(definition, engine, happened => last = (happened as EpochEnded)?.Report ?? last, CancellationToken.None);
        Assert.Equal(RunOutcome.Completed, result.Outcome);
        return (result.WeightsHash, last);
    }
}
