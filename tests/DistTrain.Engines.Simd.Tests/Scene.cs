using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Reduction;

namespace DistTrain.Engines.Simd.Tests;

/// <summary>A model, its weights and a mini-batch of random samples, to be computed by different engines.</summary>
internal sealed class Scene
{
    private const int Classes = 10;
    private readonly ModelGraph graph;
    private readonly Loss loss;
    private readonly TensorBuffer weights;
    private readonly float[] values;
    private readonly int[] sampleIds;

    public Scene(string model, string loss, int samples, int? microBatches, int inputWidth = 21)
    {
        graph = Graph(model, inputWidth);
        this.loss = loss == "cross-entropy" ? new SoftmaxCrossEntropyLoss() : new MeanSquaredErrorLoss();
        weights = graph.Layout.CreateInitialWeights(7);
        Partition = MiniBatchPartition.Create(samples, microBatches);
        var random = new Random(samples);
        Inputs = [.. Enumerable.Range(0, samples * inputWidth).Select(_ => (random.NextSingle() * 2) - 1)];
        Labels = [.. Enumerable.Range(0, samples).Select(_ => random.Next(Classes))];
        values = loss == "mse-values" ? [.. Enumerable.Range(0, samples * Classes).Select(_ => random.NextSingle())] : [];
        sampleIds = [.. Enumerable.Range(0, samples)];
        foreach (ParameterTensor tensor in graph.Layout.Tensors.Where(tensor => tensor.Name.EndsWith("bias", StringComparison.Ordinal)))
        {
            foreach (ref float value in weights.Span.Slice(tensor.Offset, tensor.Length))
            {
                value = (random.NextSingle() - 0.5f) / 4;
            }
        }
    }

    public MiniBatchPartition Partition { get; }

    public float[] Inputs { get; }

    public int[] Labels { get; }

    private int InputWidth => graph.InputShape.ElementCount;

    public (GradientNode[] Nodes, NodeStatistics[] Statistics) Compute(IEngine engine, int first, int end, IReadOnlyList<TreeNode>? cover = null)
    {
        IModelProgram program = engine.CreateProgram(graph, loss, Partition.SampleCount);
        GradientNode[] nodes = [.. (cover ?? TreeNode.Cover(first, end)).Select(node => new GradientNode(node, new TensorBuffer(graph.Layout.BufferLength)))];
        var statistics = new NodeStatistics[nodes.Length];
        Run(program, first, end, nodes, statistics);
        return (nodes, statistics);
    }

    public void Run(IModelProgram program, int first, int end, GradientNode[] nodes, NodeStatistics[] statistics)
    {
        int firstSample = Partition.Boundary(first);
        int samples = Partition.Boundary(end) - firstSample;
        program.ComputeGradient(
            new GradientRequest
            {
                Weights = weights, Partition = Partition, FirstMicroBatch = first, EndMicroBatch = end, Inputs = Inputs.AsSpan(firstSample * InputWidth, samples * InputWidth),
                Targets = values.Length > 0 ? new TargetBatch(values.AsSpan(firstSample * Classes, samples * Classes)) : new TargetBatch(Labels.AsSpan(firstSample, samples)),
                SampleIds = sampleIds.AsSpan(firstSample, samples), Seed = 3, Step = 1,
            },
            nodes,
            statistics);
    }

    public IModelProgram CreateProgram(IEngine engine) => engine.CreateProgram(graph, loss, Partition.SampleCount);

    public TensorBuffer CreateGradient() => new(graph.Layout.BufferLength);

    public ParameterLayout Layout => graph.Layout;

    public float[] Forward(IEngine engine, int firstSample, int samples)
    {
        var outputs = new float[samples * Classes];
        engine.CreateProgram(graph, loss, samples).Forward(weights, Inputs.AsSpan(firstSample * InputWidth, samples * InputWidth), samples, outputs);
        return outputs;
    }

    private static ModelGraph Graph(string model, int inputWidth)
    {
        var initializer = new XavierUniformInitializer();
        DenseOperation output = new(Classes, initializer);
        var shape = new TensorShape(inputWidth);
        return model switch
        {
            "relu-first" => ModelGraph.Chain(shape, [new ReluOperation(), output]),
            "relu-tanh" => ModelGraph.Chain(shape, [new DenseOperation(13, initializer), new ReluOperation(), new TanhOperation(), output, new TanhOperation()]),
            "tanh-relu-relu" => ModelGraph.Chain(
                shape, [new DenseOperation(13, initializer), new TanhOperation(), new ReluOperation(), new FlattenOperation(), new ReluOperation(), output, new ReluOperation()]),
            "dense-dense" => ModelGraph.Chain(shape, [new DenseOperation(40, initializer), new DenseOperation(3, initializer), output]),
            "residual" => Residual(shape, initializer, output),
            _ => ModelSpecification.Parse(model).Build(shape, Classes),
        };
    }

    /// <summary>Several consumers of one node, a node read twice by one consumer, and activations on both sides of the branches.</summary>
    private static ModelGraph Residual(TensorShape shape, Initializer initializer, DenseOperation output)
    {
        var builder = new ModelGraphBuilder(shape);
        string trunk = builder.Add(new DenseOperation(13, initializer));
        string active = builder.Add(new ReluOperation());
        string branch = builder.Add(new DenseOperation(13, initializer));
        string flat = builder.Add(new FlattenOperation(), inputs: [trunk]);
        string sum = builder.Add(new AddOperation(), inputs: [active, branch, active]);
        string joined = builder.Add(new ReluOperation());
        builder.Add(new AddOperation(), inputs: [joined, flat, sum]);
        builder.Add(new TanhOperation());
        builder.Add(output);
        return builder.Build();
    }
}
