using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;
using DistTrain.Learning.Sampling;
using DistTrain.Runtime;

namespace DistTrain.Cli.Tests.Support;

/// <summary>Trains for real, one step after the other on the calling thread: a stand-in for a runtime where the program around it is what is tested.</summary>
internal sealed class SequentialTrainer
{
    private readonly TrainingDefinition definition;
    private readonly IEngine engine;
    private readonly IModelProgram program;
    private readonly TensorBuffer gradient;
    private readonly StagedUpdate update;
    private TensorBuffer weights;
    private TensorBuffer nextWeights;
    private long step;

    private SequentialTrainer(TrainingDefinition definition, IEngine engine)
    {
        this.definition = definition;
        this.engine = engine;
        program = engine.CreateProgram(definition.Graph, definition.Loss, Math.Min(definition.BatchSize, definition.Train.Count));
        var layout = definition.Graph.Layout;
        gradient = new TensorBuffer(layout.BufferLength);
        weights = layout.CreateInitialWeights(definition.Seed);
        nextWeights = new TensorBuffer(layout.BufferLength);
        update = new StagedUpdate(engine.ParameterKernels, layout, new OptimizerState(definition.Optimizer, layout));
    }

    public static TrainingResult Run(TrainingDefinition definition, IEngine engine, Action<TrainingEvent> listener, CancellationToken cancellation) =>
        new SequentialTrainer(definition, engine).Run(listener, cancellation);

    private TrainingResult Run(Action<TrainingEvent> listener, CancellationToken cancellation)
    {
        var batch = Math.Min(definition.BatchSize, definition.Train.Count);
        var stepsPerEpoch = (definition.Train.Count + batch - 1) / batch;
        for (var epoch = 1; epoch <= definition.Epochs; epoch++)
        {
            var total = new NodeStatistics(0, 0, 0);
            var rate = 0.0;
            foreach (var samples in EpochOrder.Create(definition.Seed, epoch, definition.Train.Count).Chunk(batch))
            {
                if (cancellation.IsCancellationRequested)
                {
                    return Result(RunOutcome.Cancelled, epoch - 1, null);
                }

                rate = definition.Schedule.LearningRate(definition.LearningRate, TrainingProgress.Of(step + 1, stepsPerEpoch, definition.Epochs));
                var statistics = Step(samples, rate);
                if (statistics is null)
                {
                    return Result(RunOutcome.NonFinite, epoch - 1, $"a weight of {definition.Graph.Layout.Tensors[0].Name} was not finite at step {step + 1}");
                }

                total = NodeStatistics.Add(total, statistics.Value);
                listener(new TrainingProgressed(
                    epoch, step, (long)stepsPerEpoch * definition.Epochs, total.SampleCount, definition.Train.Count, total.LossSum / total.SampleCount, null, 1000));
            }

            listener(new EpochEnded(Report(epoch, stepsPerEpoch, total, rate)));
        }

        return Result(RunOutcome.Completed, definition.Epochs, null);
    }

    private NodeStatistics? Step(int[] samples, double rate)
    {
        var length = definition.Train.SampleShape.ElementCount;
        var inputs = new float[samples.Length * length];
        for (var i = 0; i < samples.Length; i++)
        {
            definition.Train.Input(samples[i]).CopyTo(inputs.AsSpan(i * length));
        }

        var partition = MiniBatchPartition.Create(samples.Length, definition.MicroBatchCount);
        var request = new GradientRequest
        {
            Weights = weights,
            Partition = partition,
            FirstMicroBatch = 0,
            EndMicroBatch = partition.MicroBatchCount,
            Inputs = inputs,
            Targets = Targets(samples),
            SampleIds = samples,
            Seed = definition.Seed,
            Step = step + 1,
        };
        GradientNode[] nodes = [new(partition.Root, gradient)];
        var statistics = new NodeStatistics[1];
        program.ComputeGradient(request, nodes, statistics);
        var inputsOfUpdate = new UpdateInputs
        {
            Update = step + 1, LearningRate = rate, Nodes = nodes, SampleCount = samples.Length, OldWeights = weights, NewWeights = nextWeights,
        };
        if (!double.IsFinite(statistics[0].LossSum) || update.Run(inputsOfUpdate) is not null)
        {
            return null;
        }

        (weights, nextWeights) = (nextWeights, weights);
        step++;
        return statistics[0];
    }

    private TargetBatch Targets(int[] samples) => definition.Train.Targets switch
    {
        ClassLabels labels => new TargetBatch(samples.Select(sample => labels.Labels.Span[sample]).ToArray()),
        TargetValues { Width: 1 } values => new TargetBatch(samples.Select(sample => values.Values.Span[sample]).ToArray()),
        _ => throw new NotSupportedException("the stand-in trains on classes and single values"),
    };

    private EpochReport Report(int epoch, int steps, NodeStatistics total, double rate)
    {
        var isClassification = definition.Train.Targets is ClassLabels;
        var ledger = new LedgerProof(definition.Train.Count, total.SampleCount, 0, 0, 0);
        return new EpochReport(
            epoch,
            steps,
            step,
            ledger,
            total.LossSum / total.SampleCount,
            isClassification ? (double)total.CorrectCount / total.SampleCount : null,
            Evaluate(definition.Validation),
            definition.Validation is null ? Evaluate(definition.Test) : null,
            rate,
            0.5,
            total.SampleCount / 0.5,
            WeightsHash.Compute(definition.Graph.Layout, weights),
            [new WorkerShare(new WorkerId(1), steps * 2, step - steps + 1, step), new WorkerShare(new WorkerId(2), 0, null, null)]);
    }

    private EvaluationSummary? Evaluate(SampleSet? samples) =>
        samples is null ? null : DistTrain.Cli.Commands.Inference.Evaluate(engine, definition.Graph, definition.Loss, weights, samples, definition.TopK);

    private TrainingResult Result(RunOutcome outcome, int epochs, string? explanation) =>
        new(outcome, epochs, step, 0.5, weights, WeightsHash.Compute(definition.Graph.Layout, weights), explanation);
}
