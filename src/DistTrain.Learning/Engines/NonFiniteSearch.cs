using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Engines;

/// <summary>Finds where a forward pass leaves the finite numbers, so that a run that ends for it can name the layer.</summary>
public static class NonFiniteSearch
{
    /// <summary>The name of the first layer, in the order of the graph, with an output that is not finite for any of the samples; null when all outputs are finite.</summary>
    /// <param name="graph">The model.</param>
    /// <param name="loss">What its outputs are held to.</param>
    /// <param name="weights">Flat weights of one version.</param>
    /// <param name="samples">The data.</param>
    /// <param name="sampleIds">The samples to run, one at a time.</param>
    public static string? FirstLayer(ModelGraph graph, Loss loss, TensorBuffer weights, SampleSet samples, int[] sampleIds)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(samples);
        var first = graph.Nodes.Length;
        var program = new ReferenceProgram<float, SingleArithmetic>(graph, loss, 1);
        var outputs = new float[graph.OutputShape.ElementCount];
        foreach (var sample in sampleIds)
        {
            program.Forward(weights, samples.Input(sample), 1, outputs);
            for (var node = 0; node < first; node++)
            {
                if (!TensorIsFinite(program.Activations(node)))
                {
                    first = node;
                }
            }
        }

        return first < graph.Nodes.Length ? graph.Nodes[first].Name : null;
    }

    private static bool TensorIsFinite(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
        {
            if (!float.IsFinite(value))
            {
                return false;
            }
        }

        return true;
    }
}
