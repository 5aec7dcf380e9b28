using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Cli.Benchmarking;

/// <summary>The models that are measured and predicted, and how much work they are.</summary>
public static class ModelWork
{
    public const int Classes = 10;

    /// <summary>Images of 28 by 28 pixels.</summary>
    public static TensorShape SampleShape { get; } = new(28, 28);

    /// <summary>For such images in ten classes.</summary>
    /// <exception cref="InvalidInputException">There is no such model.</exception>
    public static ModelGraph Build(string model) => ModelSpecification.Parse(model).Build(SampleShape, Classes);

    /// <summary>
    /// Floating-point operations of a training sample's matrix products and convolutions: each is done forward, for the gradient of its weights and, but for layers that read the samples, for the
    /// gradient of its input.
    /// </summary>
    public static double OperationsPerSample(ModelGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return graph.Nodes.Sum(node => ForwardOperations(graph, node) * (graph.NeedsGradient[node.Inputs is [var input, ..] ? input : 0] ? 3 : 2));
    }

    /// <summary>Of one sample: twice the products of each output with the weights that reach it.</summary>
    private static double ForwardOperations(ModelGraph graph, GraphNode node) => node.Operation switch
    {
        DenseOperation => 2.0 * WeightsOf(graph, node) * node.OutputShape.ElementCount / node.OutputShape[node.OutputShape.Rank - 1],
        Conv2dOperation => 2.0 * WeightsOf(graph, node) * node.OutputShape[0] * node.OutputShape[1],
        LstmOperation => 2.0 * (WeightsOf(graph, node) + WeightsOf(graph, node, 1)) * LstmOperation.StepsOf(graph.Nodes[node.Inputs[0]].OutputShape),
        _ => 0,
    };

    private static long WeightsOf(ModelGraph graph, GraphNode node, int parameter = 0) => graph.Layout.Tensors[node.Parameters[parameter]].Length;
}
