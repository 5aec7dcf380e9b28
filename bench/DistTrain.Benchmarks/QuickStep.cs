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
        var training = new TrainingStep(new SimdEngine(options.Path), options.Model, options.Batch, options.Optimizer, options.Measures);
        for (int i = 0; i < WarmUpSteps; i++)
        {
            training.Run();
        }

        var times = new List<double>(1_000_000);
        var updates = new List<double>(1_000_000);
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < options.Seconds)
        {
            long start = Stopwatch.GetTimestamp();
            training.Gradient();
            long middle = Stopwatch.GetTimestamp();
            training.Update();
            long end = Stopwatch.GetTimestamp();
            times.Add(Stopwatch.GetElapsedTime(start, end).TotalSeconds);
            updates.Add(Stopwatch.GetElapsedTime(middle, end).TotalSeconds);
        }

        times.Sort();
        updates.Sort();
        double median = times[times.Count / 2];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $$"""{"engine": "{{training.KernelPath}}", "model": "{{options.Model}}", "optimizer": "{{options.Optimizer}}", "batch": {{options.Batch}}, "threads": 1, "steps": {{times.Count}}, "images_per_s": {{options.Batch / median:F0}}, "images_per_s_best": {{options.Batch / times[0]:F0}}, "images_per_s_mean": {{options.Batch / times.Average():F0}}, "step_ms": {{median * 1e3:F3}}, "step_ms_best": {{times[0] * 1e3:F3}}, "update_ms": {{updates[updates.Count / 2] * 1e3:F4}}, "update_ms_best": {{updates[0] * 1e3:F4}}}"""));
        return 0;
    }
}

/// <summary>One worker and one parameter server's work of a step, without actors.</summary>
internal sealed class TrainingStep
{
    /// <summary>So low that the weights stay as initialized: random labels would otherwise let ReLUs die, and a convolution's backward pass then has less to do than in a real training.</summary>
    private const double LearningRate = 1e-7;

    private readonly IEngine engine;
    private readonly ModelGraph graph;
    private readonly IModelProgram program;
    private readonly MiniBatchPartition partition;
    private readonly float[] inputs;
    private readonly int[] labels;
    private readonly int[] sampleIds;
    private readonly GradientNode[] nodes;
    private readonly NodeStatistics[] statistics = new NodeStatistics[1];
    private readonly StagedUpdate update;
    private readonly bool measures;
    private TensorBuffer weights;
    private TensorBuffer nextWeights;
    private long step;

    public TrainingStep(IEngine engine, string model, int batch, string optimizerName = "momentum", bool measures = false)
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
        var optimizer = OptimizerChain.Create(optimizerName, new OptimizerSettings());
        update = new StagedUpdate(engine.ParameterKernels, graph.Layout, new OptimizerState(optimizer, graph.Layout));
        this.measures = measures;
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
        update.Run(new UpdateInputs
        {
            Update = step, LearningRate = LearningRate, Nodes = nodes, SampleCount = partition.SampleCount, OldWeights = weights, NewWeights = nextWeights, Measures = measures,
        });
        (weights, nextWeights) = (nextWeights, weights);
    }
}
