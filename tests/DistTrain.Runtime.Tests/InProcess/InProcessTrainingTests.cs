using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Numerics;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Runtime.Tests.InProcess;

public class InProcessTrainingTests
{
    [Theory]
    [InlineData("momentum", 1)]
    [InlineData("momentum", 2)]
    [InlineData("momentum", 3)]
    [InlineData("momentum", 8)]
    [InlineData("adam", 2)]
    [InlineData("sgd", 5)]
    [InlineData("nadam", 3)]
    [InlineData("lars", 2)]
    public void The_weights_are_those_of_a_plain_loop_without_actors(string optimizer, int workers)
    {
        var definition = Definition(optimizer, workers);
        var result = InProcessTraining.Run(definition, new ReferenceEngine(), _ => { }, CancellationToken.None);
        Assert.Equal(RunOutcome.Completed, result.Outcome);
        Assert.Equal(PlainLoop(definition), result.WeightsHash);
        Assert.Equal(result.WeightsHash, WeightsHash.Compute(definition.Graph.Layout, result.Weights));
    }

    [Fact]
    public void Every_epoch_proves_that_each_sample_was_used_once_and_names_who_did_the_work()
    {
        var reports = new List<EpochReport>();
        var definition = Definition("momentum", 3);
        InProcessTraining.Run(definition, new ReferenceEngine(), happened => { if (happened is EpochEnded ended) { reports.Add(ended.Report); } }, CancellationToken.None);
        Assert.Equal(definition.Epochs, reports.Count);
        foreach (var report in reports)
        {
            Assert.Equal(new LedgerProof(definition.Train.Count, definition.Train.Count, 0, 0, 0), report.Ledger);
            Assert.Equal(3, report.Workers.Length);
            Assert.All(report.Workers, share => Assert.True(share.MicroBatchesAccepted > 0));
            Assert.Equal(definition.Test!.Count, report.Test!.SampleCount);
        }

        Assert.True(reports[^1].TrainLoss < reports[0].TrainLoss, "the loss falls on a problem that can be learned");
    }

    [Theory]
    [InlineData(1e30, "dense")]
    [InlineData(1e39, "dense1.weight")]
    public void A_rate_that_is_far_too_high_ends_the_run_with_the_step_and_the_layer(double rate, string layer)
    {
        var definition = Definition("sgd", 2) with { LearningRate = rate };
        var result = InProcessTraining.Run(definition, new ReferenceEngine(), _ => { }, CancellationToken.None);
        Assert.Equal(RunOutcome.NonFinite, result.Outcome);
        Assert.Contains($"step {result.LastStep + 1}", result.Explanation, StringComparison.Ordinal);
        Assert.Contains(layer, result.Explanation, StringComparison.Ordinal);
        Assert.All(result.Weights.Span.ToArray(), weight => Assert.True(float.IsFinite(weight)));
    }

    [Fact]
    public void A_stop_on_request_ends_after_a_whole_step_with_that_steps_weights()
    {
        using var cancellation = new CancellationTokenSource();
        var definition = Definition("momentum", 2) with { Epochs = 100_000 };
        var result = InProcessTraining.Run(definition, new ReferenceEngine(), happened => { if (happened is EpochEnded) { cancellation.Cancel(); } }, cancellation.Token);
        Assert.Equal(RunOutcome.Cancelled, result.Outcome);
        Assert.InRange(result.LastStep, 1, 99_999);
        Assert.Equal(result.WeightsHash, WeightsHash.Compute(definition.Graph.Layout, result.Weights));
    }

    [Fact]
    public void What_an_engine_throws_reaches_the_caller()
    {
        var definition = Definition("sgd", 2);
        var bug = Assert.Throws<NotSupportedException>(() => InProcessTraining.Run(definition, new BrokenEngine(), _ => { }, CancellationToken.None));
        Assert.Equal("broken on purpose", bug.Message);
    }

    private static TrainingDefinition Definition(string optimizer, int workers)
    {
        var train = Samples(103, 1);
        return new TrainingDefinition
        {
            Graph = ModelSpecification.Parse("mlp:7").Build(train.SampleShape, 3),
            Loss = new SoftmaxCrossEntropyLoss(),
            Optimizer = OptimizerChain.Create(optimizer, new OptimizerSettings()),
            Schedule = Schedule.Create("cosine", new ScheduleSettings()),
            LearningRate = 0.05,
            Seed = 3,
            BatchSize = 24,
            MicroBatchCount = 8,
            Epochs = 3,
            WorkerCount = workers,
            Train = train,
            Test = Samples(40, 2),
        };
    }

    /// <summary>Three Gaussian blobs in four dimensions.</summary>
    private static SampleSet Samples(int count, ulong stream)
    {
        var random = new CounterBasedRandom(9, stream);
        var inputs = new float[count * 4];
        var labels = new int[count];
        for (var sample = 0; sample < count; sample++)
        {
            labels[sample] = sample % 3;
            for (var i = 0; i < 4; i++)
            {
                inputs[(sample * 4) + i] = (float)random.Normal() + (i == labels[sample] ? 3 : 0);
            }
        }

        return new SampleSet(new TensorShape(4), inputs, new ClassLabels(labels, ["a", "b", "c"]));
    }

    /// <summary>The training that the actors do, as three nested loops on one engine: the oracle.</summary>
    private static string PlainLoop(TrainingDefinition definition)
    {
        var layout = definition.Graph.Layout;
        var engine = new ReferenceEngine();
        var program = engine.CreateProgram(definition.Graph, definition.Loss, definition.BatchSize);
        var (weights, spare) = (layout.CreateInitialWeights(definition.Seed), new TensorBuffer(layout.BufferLength));
        var update = new StagedUpdate(engine.ParameterKernels, layout, new OptimizerState(definition.Optimizer, layout));
        var stepsPerEpoch = (definition.Train.Count + definition.BatchSize - 1) / definition.BatchSize;
        var labels = ((ClassLabels)definition.Train.Targets).Labels;
        long step = 0;
        for (var epoch = 1; epoch <= definition.Epochs; epoch++)
        {
            var order = Learning.Sampling.EpochOrder.Create(definition.Seed, epoch, definition.Train.Count);
            for (var first = 0; first < order.Length; first += definition.BatchSize)
            {
                step++;
                var samples = order.AsSpan(first, Math.Min(definition.BatchSize, order.Length - first)).ToArray();
                var partition = MiniBatchPartition.Create(samples.Length, definition.MicroBatchCount);
                var root = new GradientNode(partition.Root, new TensorBuffer(layout.BufferLength));
                program.ComputeGradient(
                    new GradientRequest
                    {
                        Weights = weights,
                        Partition = partition,
                        FirstMicroBatch = 0,
                        EndMicroBatch = partition.MicroBatchCount,
                        Inputs = samples.SelectMany(sample => definition.Train.Input(sample).ToArray()).ToArray(),
                        Targets = new TargetBatch(samples.Select(sample => labels.Span[sample]).ToArray()),
                        SampleIds = samples,
                        Seed = definition.Seed,
                        Step = step,
                    },
                    [root],
                    new NodeStatistics[1]);
                var rate = definition.Schedule.LearningRate(definition.LearningRate, TrainingProgress.Of(step, stepsPerEpoch, definition.Epochs));
                update.Run(new UpdateInputs
                {
                    Update = step, LearningRate = rate, Nodes = new[] { root }, SampleCount = samples.Length, OldWeights = weights, NewWeights = spare,
                });
                (weights, spare) = (spare, weights);
            }
        }

        return WeightsHash.Compute(layout, weights);
    }

    private sealed class BrokenEngine : IEngine
    {
        public ArithmeticId ArithmeticId => ArithmeticId.Cpu;

        public string KernelPath => "broken";

        public IParameterKernels ParameterKernels => throw new NotSupportedException("broken on purpose");

        public IModelProgram CreateProgram(ModelGraph graph, Loss loss, int maximumSampleCount, bool keepsActivations = false) => throw new NotSupportedException("broken on purpose");

        public long ProgramBytes(ModelGraph graph, Loss loss, int maximumSampleCount) => 0;
    }
}
