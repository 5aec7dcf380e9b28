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
/// A whole training step of 784-512-512-10 on one thread: forward, loss, backward at the default micro-batch count, and SGD with momentum, on
/// random data; one JSON line, measured as the peer program measures PyTorch.
/// </summary>
internal static class QuickStep
{
    private const int WarmUpSteps = 30;

    public static int Run(string[] arguments)
    {
        var options = new QuickOptions(arguments);
        Measure(options.Batch, options.Seconds, options.Path, options.Model);
        return 0;
    }

    private static void Measure(int batch, double seconds, KernelPath path, string model)
    {
        var training = new TrainingStep(new SimdEngine(path), model, batch);
        for (int i = 0; i < WarmUpSteps; i++)
        {
            training.Run();
        }

        var times = new List<double>(1_000_000);
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < seconds)
        {
            long start = Stopwatch.GetTimestamp();
            training.Run();
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        times.Sort();
        double median = times[times.Count / 2];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $$"""{"engine": "{{training.KernelPath}}", "model": "{{model}}", "batch": {{batch}}, "threads": 1, "steps": {{times.Count}}, "images_per_s": {{batch / median:F0}}, "images_per_s_best": {{batch / times[0]:F0}}, "images_per_s_mean": {{batch / times.Average():F0}}, "step_ms": {{median * 1e3:F3}}, "step_ms_best": {{times[0] * 1e3:F3}}}"""));
    }
}

/// <summary>One worker and one parameter server's work of a step, without actors.</summary>
internal sealed class TrainingStep
{
    /// <summary>So low that the weights stay as initialized: random labels would otherwise let ReLUs die, and a convolution's backward pass then has less to do than in a real training.</summary>
    private const float LearningRate = 1e-7f;

    private readonly IEngine engine;
    private readonly ModelGraph graph;
    private readonly IModelProgram program;
    private readonly MiniBatchPartition partition;
    private readonly float[] inputs;
    private readonly int[] labels;
    private readonly int[] sampleIds;
    private readonly GradientNode[] nodes;
    private readonly NodeStatistics[] statistics = new NodeStatistics[1];
    private readonly OptimizerChain optimizer;
    private readonly UpdateConstants[] constants;
    private readonly TensorBuffer[] state;
    private TensorBuffer weights;
    private TensorBuffer nextWeights;
    private long step;

    public TrainingStep(IEngine engine, string model, int batch, string optimizerName = "momentum")
    {
        this.engine = engine;
        graph = ModelSpecification.Parse(model).Build(new TensorShape(28, 28), 10);
        program = engine.CreateProgram(graph, new SoftmaxCrossEntropyLoss(), batch);
        partition = MiniBatchPartition.Create(batch, null);
        var random = new Random(1);
        inputs = new float[batch * graph.InputShape.ElementCount];
        foreach (ref float value in inputs.AsSpan())
        {
            value = random.NextSingle();
        }

        labels = [.. Enumerable.Range(0, batch).Select(_ => random.Next(10))];
        sampleIds = [.. Enumerable.Range(0, batch)];
        nodes = [new GradientNode(partition.Root, new TensorBuffer(graph.Layout.BufferLength))];
        optimizer = OptimizerChain.Create(optimizerName, new OptimizerSettings());
        constants = optimizer.Constants(1);
        state = [.. Enumerable.Range(0, optimizer.StateCount).Select(_ => new TensorBuffer(graph.Layout.BufferLength))];
        weights = graph.Layout.CreateInitialWeights(1);
        nextWeights = new TensorBuffer(graph.Layout.BufferLength);
    }

    public string KernelPath => engine.KernelPath;

    public int ChunkCount => graph.Layout.Chunks.Length;

    public void Run()
    {
        Gradient();
        Update();
    }

    public void Gradient() => program.ComputeGradient(
        new GradientRequest
        {
            Weights = weights, Partition = partition, FirstMicroBatch = 0, EndMicroBatch = partition.MicroBatchCount, Inputs = inputs,
            Targets = new TargetBatch(labels), SampleIds = sampleIds, Seed = 1, Step = ++step,
        },
        nodes,
        statistics);

    public void Update()
    {
        engine.ParameterKernels.ReduceAndUpdate(
            new UpdateRequest
            {
                Layout = graph.Layout, Nodes = nodes, SampleCount = partition.SampleCount, Optimizer = optimizer, Constants = constants, LearningRate = LearningRate,
                OldWeights = weights, NewWeights = nextWeights, State = state,
            },
            0,
            graph.Layout.Chunks.Length);
        (weights, nextWeights) = (nextWeights, weights);
    }
}
