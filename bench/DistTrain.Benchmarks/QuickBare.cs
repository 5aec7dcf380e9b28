using System.Diagnostics;
using System.Globalization;
using DistTrain.Engines.Simd;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Benchmarks;

/// <summary>
/// The tensor work of a step on several threads that meet at barriers, without actors, messages, sampling or a ledger: each thread computes the nodes of its part of the
/// micro-batches, then reduces and updates its part of the chunks. What the actors' runtime is held against.
/// </summary>
internal sealed class QuickBare
{
    private const int WarmUpSteps = 100;

    private readonly SimdEngine engine;
    private readonly ModelGraph graph;
    private readonly MiniBatchPartition partition;
    private readonly GradientNode[] nodes;
    private readonly StagedUpdate update;
    private readonly TensorBuffer[] weights;
    private readonly int threadCount;
    private readonly List<double> times = [];
    private int arrived;
    private int generation;
    private volatile bool done;

    private QuickBare(QuickOptions options)
    {
        engine = new SimdEngine(options.Path);
        threadCount = options.Workers;
        graph = ModelSpecification.Parse(options.Model).Build(new TensorShape(28, 28), 10);
        partition = MiniBatchPartition.Create(options.Batch, null);
        nodes = [.. Enumerable.Range(0, threadCount).SelectMany(NodesOf)];
        var optimizer = OptimizerChain.Create("momentum", new OptimizerSettings());
        update = new StagedUpdate(engine.ParameterKernels, graph.Layout, new OptimizerState(optimizer, graph.Layout));
        weights = [graph.Layout.CreateInitialWeights(1), new TensorBuffer(graph.Layout.BufferLength)];
    }

    public static int Run(string[] arguments)
    {
        var options = new QuickOptions(arguments);
        var bare = new QuickBare(options);
        var threads = Enumerable.Range(0, bare.threadCount).Select(index => new Thread(() => bare.Work(index, options.Seconds))).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        var counted = bare.times.Skip(WarmUpSteps).Order().ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $$"""{"engine": "threads without actors", "model": "{{options.Model}}", "batch": {{options.Batch}}, "threads": {{bare.threadCount}}, "steps": {{counted.Length}}, "images_per_s": {{options.Batch / counted.Average():F0}}, "images_per_s_best": {{options.Batch / counted[0]:F0}}}"""));
        return 0;
    }

    private (int First, int End) RangeOf(int thread) =>
        (thread * partition.MicroBatchCount / threadCount, (thread + 1) * partition.MicroBatchCount / threadCount);

    private IEnumerable<GradientNode> NodesOf(int thread)
    {
        var (first, end) = RangeOf(thread);
        return TreeNode.Cover(first, end).Select(node => new GradientNode(node, new TensorBuffer(graph.Layout.BufferLength)));
    }

    private void Work(int thread, double seconds)
    {
        var (first, end) = RangeOf(thread);
        var own = nodes.Where(node => node.Node.First >= first && node.Node.End <= end).ToArray();
        var statistics = new NodeStatistics[own.Length];
        var sampleCount = partition.Boundary(end) - partition.Boundary(first);
        var program = engine.CreateProgram(graph, new SoftmaxCrossEntropyLoss(), sampleCount);
        var random = new Random(thread);
        var inputs = Enumerable.Range(0, sampleCount * graph.InputShape.ElementCount).Select(_ => random.NextSingle()).ToArray();
        var labels = Enumerable.Range(0, sampleCount).Select(_ => random.Next(10)).ToArray();
        var sampleIds = Enumerable.Range(0, sampleCount).ToArray();
        var chunks = graph.Layout.Chunks.Length;
        var began = Stopwatch.GetTimestamp();
        for (var step = 0; !done; step++)
        {
            var start = Stopwatch.GetTimestamp();
            program.ComputeGradient(
                new GradientRequest
                {
                    Weights = weights[step & 1],
                    Partition = partition,
                    FirstMicroBatch = first,
                    EndMicroBatch = end,
                    Inputs = inputs,
                    Targets = new TargetBatch(labels),
                    SampleIds = sampleIds,
                    Seed = 1,
                    Step = step + 1,
                },
                own,
                statistics);
            if (thread == 0)
            {
                update.Begin(new UpdateInputs
                {
                    Update = step + 1,
                    LearningRate = 0.01,
                    Nodes = nodes,
                    SampleCount = partition.SampleCount,
                    OldWeights = weights[step & 1],
                    NewWeights = weights[(step & 1) ^ 1],
                });
            }

            Meet();
            update.RunChunks(thread * chunks / threadCount, (thread + 1) * chunks / threadCount);
            if (thread == 0)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                done = Stopwatch.GetElapsedTime(began).TotalSeconds > seconds;
            }

            Meet();
        }
    }

    /// <summary>A barrier that spins: the threads are as many as the cores.</summary>
    private void Meet()
    {
        var own = Volatile.Read(ref generation);
        if (Interlocked.Increment(ref arrived) == threadCount)
        {
            arrived = 0;
            Volatile.Write(ref generation, own + 1);
            return;
        }

        while (Volatile.Read(ref generation) == own)
        {
            Thread.SpinWait(4);
        }
    }
}
