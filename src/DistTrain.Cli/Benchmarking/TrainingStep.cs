using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Cli.Benchmarking;

/// <summary>One worker's and one parameter server's work of a step on one thread, without actors: forward, loss, backward at the default micro-batch count, and the optimizer, on random images of 28 by 28 pixels in ten classes.</summary>
public sealed class TrainingStep
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
        graph = ModelWork.Build(model);
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

    /// <summary>Floating-point operations of the step's matrix products and convolutions, which is nearly all there is.</summary>
    public double Operations => partition.SampleCount * ModelWork.OperationsPerSample(graph);

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
