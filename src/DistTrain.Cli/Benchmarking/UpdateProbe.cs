using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Cli.Benchmarking;

/// <summary>A parameter server's work of a step on one thread: adding so many tree nodes and applying the optimizer, momentum, to the whole model.</summary>
public sealed class UpdateProbe
{
    private readonly StagedUpdate update;
    private readonly GradientNode[] nodes;
    private readonly int microBatches;
    private TensorBuffer weights;
    private TensorBuffer nextWeights;
    private long step;

    /// <param name="nodeCount">A power of two.</param>
    public UpdateProbe(IEngine engine, ParameterLayout layout, int nodeCount)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(layout);
        microBatches = nodeCount;
        update = new StagedUpdate(engine.ParameterKernels, layout, new OptimizerState(OptimizerChain.Create("momentum", new OptimizerSettings()), layout));
        nodes = [.. Enumerable.Range(0, nodeCount).Select(index => new GradientNode(new TreeNode(0, index), Filled(layout.BufferLength)))];
        weights = layout.CreateInitialWeights(1);
        nextWeights = new TensorBuffer(layout.BufferLength);
    }

    public void Run()
    {
        update.Run(new UpdateInputs { Update = ++step, LearningRate = 1e-7, Nodes = nodes, SampleCount = microBatches, OldWeights = weights, NewWeights = nextWeights });
        (weights, nextWeights) = (nextWeights, weights);
    }

    private static TensorBuffer Filled(int length)
    {
        var buffer = new TensorBuffer(length);
        buffer.Span.Fill(1e-3f);
        return buffer;
    }
}
