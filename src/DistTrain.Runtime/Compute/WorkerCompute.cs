using System.Collections.Immutable;
using System.Diagnostics;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Reduction;

namespace DistTrain.Runtime.Compute;

/// <summary>A worker's own engine program and staging memory. Used by one thread at a time.</summary>
internal sealed class WorkerCompute(TrainingDefinition definition, IEngine engine, WeightVersions weights, GradientBuffers gradients, EpochOrders orders)
{
    /// <summary>Programs are planned for at least this many samples, so that evaluation runs in batches of a good size.</summary>
    private const int SmallestProgram = 256;

    private readonly int inputLength = definition.Train.SampleShape.ElementCount;
    private readonly StagedSamples[] staged = [new(definition.Train, orders), new(definition.Train, orders)];
    private IModelProgram? program;
    private float[] outputs = [];
    private int oldest;

    public GradientComputed Compute(ComputeGradient effect)
    {
        var start = Stopwatch.GetTimestamp();
        var batch = effect.MiniBatch;
        var samples = Prepare(batch, effect.Range);
        EnsureProgram(samples.Count);
        var cover = TreeNode.Cover(effect.Range.First, effect.Range.End);
        var nodes = new GradientNode[cover.Count];
        var handles = new GradientHandle[cover.Count];
        var statistics = new NodeStatistics[cover.Count];
        for (var i = 0; i < nodes.Length; i++)
        {
            (handles[i], var buffer) = gradients.Create();
            nodes[i] = new GradientNode(cover[i], buffer);
        }

        using (var lease = weights.Read(batch.Step.Reads))
        {
            var request = new GradientRequest
            {
                Weights = lease.Weights,
                Partition = batch.Partition,
                FirstMicroBatch = effect.Range.First,
                EndMicroBatch = effect.Range.End,
                Inputs = samples.Inputs,
                Targets = samples.Targets,
                SampleIds = samples.Ids,
                Seed = definition.Seed,
                Step = batch.Step.Value,
            };
            program!.ComputeGradient(request, nodes, statistics);
        }

        var computed = cover.Select((node, i) => new ComputedNode(node, handles[i], statistics[i])).ToImmutableArray();
        return new GradientComputed(batch.Step, effect.Range, computed, (long)Stopwatch.GetElapsedTime(start).TotalMicroseconds);
    }

    /// <summary>Gathers the samples of a range, unless they have been gathered already.</summary>
    public StagedSamples Prepare(MiniBatch batch, WorkRange range)
    {
        if (Array.Find(staged, candidate => candidate.Holds(batch, range)) is { } ready)
        {
            return ready;
        }

        var samples = staged[oldest];
        oldest = (oldest + 1) % staged.Length;
        samples.Gather(batch, range);
        return samples;
    }

    public BlocksEvaluated Evaluate(EvaluateBlocks effect, int blockSize)
    {
        var set = effect.Split == DataSplit.Train ? definition.Train : definition.Test!;
        EnsureProgram(Math.Min(SmallestProgram, set.Count));
        using var lease = weights.Read(effect.Version);
        var results = ImmutableArray.CreateBuilder<BlockResult>(effect.Blocks.Count);
        for (var block = effect.Blocks.First; block < effect.Blocks.End; block++)
        {
            results.Add(EvaluateBlock(set, lease.Weights, block, blockSize));
        }

        return new BlocksEvaluated(effect.Version, effect.Split, effect.Blocks, results.MoveToImmutable());
    }

    private BlockResult EvaluateBlock(SampleSet set, TensorBuffer version, int block, int blockSize)
    {
        var first = block * blockSize;
        var count = Math.Min(blockSize, set.Count - first);
        var width = definition.Graph.OutputShape.ElementCount;
        if (outputs.Length < count * width)
        {
            outputs = new float[count * width];
        }

        for (var done = 0; done < count;)
        {
            var some = Math.Min(program!.MaximumSampleCount, count - done);
            program.Forward(version, set.Inputs.Span.Slice((first + done) * inputLength, some * inputLength), some, outputs.AsSpan(done * width, some * width));
            done += some;
        }

        var summary = Evaluation.Summarize(definition.Loss, outputs.AsSpan(0, count * width), set.Targets.Slice(first, count), count);
        return new BlockResult(block, summary.LossSum, summary.CorrectCount, count);
    }

    private void EnsureProgram(int sampleCount)
    {
        if (program is null || program.MaximumSampleCount < sampleCount)
        {
            var capacity = Math.Max(sampleCount, Math.Min(SmallestProgram, definition.Train.Count));
            program = engine.CreateProgram(definition.Graph, definition.Loss, capacity);
        }
    }
}
