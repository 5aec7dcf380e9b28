using System.Collections.Immutable;
using System.Diagnostics;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Metrics;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime.Faults;

namespace DistTrain.Runtime.Compute;

/// <summary>A worker's own engine programs and staging memory. Used by one thread at a time, which may have helpers.</summary>
internal sealed class WorkerCompute : IDisposable
{
    /// <summary>Programs are planned for at least this many samples, so that evaluation runs in batches of a good size.</summary>
    private const int SmallestProgram = 256;

    private readonly TrainingDefinition definition;
    private readonly IEngine engine;
    private readonly GradientBuffers gradients;
    private readonly ComputePlan plan;
    private readonly MetricPlan metrics;
    private readonly WorkerTeam team;
    private readonly SplitGradient split;
    private readonly NoiseFold noise;
    private readonly int inputLength;
    private readonly StagedSamples[] staged;
    private readonly IModelProgram?[] programs;
    private readonly float[][] outputs;
    private ActivationProbe? probe;
    private int oldest;

    public WorkerCompute(TrainingDefinition definition, IEngine engine, GradientBuffers gradients, EpochOrders orders, ComputePlan plan)
    {
        this.definition = definition;
        this.engine = engine;
        this.gradients = gradients;
        this.plan = plan;
        metrics = definition.Metrics;
        inputLength = definition.Train.SampleShape.ElementCount;
        staged = [new(definition.Train, orders), new(definition.Train, orders)];
        programs = new IModelProgram?[plan.Threads];
        outputs = [.. Enumerable.Repeat<float[]>([], plan.Threads)];
        team = new WorkerTeam(plan.Threads, spins: (long)plan.Threads * definition.WorkerCount <= Environment.ProcessorCount);
        split = new SplitGradient(definition, gradients, plan, ProgramOf, team);
        noise = new NoiseFold(definition.Graph.Layout, engine.ParameterKernels, gradients, team, plan.Threads);
    }

    /// <param name="weights">Of the version that the step reads.</param>
    public GradientComputed Compute(ComputeGradient effect, TensorBuffer weights)
    {
        var start = Stopwatch.GetTimestamp();
        var (batch, range) = (effect.MiniBatch, effect.Range);
        var samples = Prepare(batch, range);
        FaultPoints.Pass(FaultPoint.Compute);
        var highest = effect.MeasuresNoise ? NoiseNodes.LevelOf(batch.Partition) : TreeNode.HighestLevel;
        var nodes = plan.IsWhole ? ComputeWhole(samples, batch, range, weights, highest) : split.Compute(samples, batch, range, weights, highest);
        nodes = effect.MeasuresNoise ? noise.Fold(nodes, highest) : nodes;
        return new GradientComputed(batch.Step, range, nodes, (long)Stopwatch.GetElapsedTime(start).TotalMicroseconds);
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

    /// <param name="version">The weights of the version that is evaluated.</param>
    public BlocksEvaluated Evaluate(EvaluateBlocks effect, TensorBuffer version, int blockSize)
    {
        var set = definition.Samples(effect.Split);
        var results = new BlockResult[effect.Blocks.Count];
        var threads = Math.Min(plan.Threads, results.Length);
        team.Run(threads, thread =>
        {
            for (var i = thread; i < results.Length; i += threads)
            {
                results[i] = EvaluateBlock(thread, set, version, effect.Blocks.First + i, blockSize);
            }
        });
        return new BlocksEvaluated(effect.Version, effect.Split, effect.Blocks, [.. results]);
    }

    public void Dispose() => team.Dispose();

    private ImmutableArray<ComputedNode> ComputeWhole(StagedSamples samples, MiniBatch batch, WorkRange range, TensorBuffer version, int highestLevel)
    {
        var cover = TreeNode.Cover(range.First, range.End, highestLevel);
        var nodes = new GradientNode[cover.Count];
        var handles = new GradientHandle[cover.Count];
        var statistics = new NodeStatistics[cover.Count];
        for (var i = 0; i < nodes.Length; i++)
        {
            (handles[i], var buffer) = gradients.Create();
            nodes[i] = new GradientNode(cover[i], buffer);
        }

        var request = new GradientRequest
        {
            Weights = version,
            Partition = batch.Partition,
            FirstMicroBatch = range.First,
            EndMicroBatch = range.End,
            Inputs = samples.Inputs,
            Targets = samples.Targets,
            SampleIds = samples.Ids,
            Seed = definition.Seed,
            Step = batch.Step.Value,
        };
        ProgramOf(0, samples.Count).ComputeGradient(request, nodes, statistics);
        return [.. cover.Select((node, i) => new ComputedNode(node, handles[i], statistics[i]))];
    }

    private BlockResult EvaluateBlock(int thread, SampleSet set, TensorBuffer version, int block, int blockSize)
    {
        var first = block * blockSize;
        var count = Math.Min(blockSize, set.Count - first);
        var width = definition.Graph.OutputShape.ElementCount;
        if (outputs[thread].Length < count * width)
        {
            outputs[thread] = new float[count * width];
        }

        var rows = outputs[thread].AsSpan(0, count * width);
        var program = ProgramOf(thread, Math.Min(Math.Min(SmallestProgram, set.Count), plan.MaximumSamples));
        for (var done = 0; done < count;)
        {
            var some = Math.Min(program.MaximumSampleCount, count - done);
            program.Forward(version, set.Inputs.Span.Slice((first + done) * inputLength, some * inputLength), some, rows.Slice(done * width, some * width));
            done += some;
        }

        var targets = set.Targets.Slice(first, count);
        var summary = Evaluation.Summarize(definition.Loss, rows, targets, count);
        var counts = new long[metrics.CountLength];
        var sums = new double[metrics.SumLength];
        metrics.Add(definition.Loss, rows, targets, set.Targets.Slice(0, 1).Values, counts, sums);
        return new BlockResult(block, summary.LossSum, summary.CorrectCount, count) { Counts = [.. counts], Sums = [.. sums], Activations = block == 0 ? Probe(set, version) : [] };
    }

    private ImmutableArray<ActivationHealth> Probe(SampleSet set, TensorBuffer version)
    {
        if (!ActivationProbe.Concerns(definition.Graph))
        {
            return [];
        }

        probe ??= new ActivationProbe(engine, definition.Graph, definition.Loss, Math.Min(set.Count, plan.MaximumSamples));
        return probe.Measure(version, set);
    }

    /// <summary>A thread's own program, planned anew where it is too small.</summary>
    private IModelProgram ProgramOf(int thread, int sampleCount)
    {
        if (programs[thread] is not { } program || program.MaximumSampleCount < sampleCount)
        {
            var usual = Math.Min(Math.Min(SmallestProgram, definition.Train.Count), plan.MaximumSamples);
            programs[thread] = program = engine.CreateProgram(definition.Graph, definition.Loss, Math.Max(sampleCount, usual));
        }

        return program;
    }
}
