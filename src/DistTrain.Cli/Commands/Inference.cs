using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Reduction;

namespace DistTrain.Cli.Commands;

/// <summary>Runs a model forward over many samples, a block at a time.</summary>
internal static class Inference
{
    private const int BlockSamples = 256;

    /// <param name="first">Index of the block's first sample.</param>
    /// <param name="outputs">[samples of the block × output width].</param>
    public delegate void BlockReader(int first, int count, ReadOnlySpan<float> outputs);

    public static void ForEachBlock(IEngine engine, ModelGraph graph, Loss loss, TensorBuffer weights, SampleSet samples, BlockReader read)
    {
        var block = Math.Min(BlockSamples, Math.Max(1, samples.Count));
        var program = engine.CreateProgram(graph, loss, block);
        var width = graph.OutputShape.ElementCount;
        var sampleLength = samples.SampleShape.ElementCount;
        var outputs = new TensorBuffer(block * width);
        for (var first = 0; first < samples.Count; first += block)
        {
            var count = Math.Min(block, samples.Count - first);
            var rows = outputs.Span[..(count * width)];
            program.Forward(weights, samples.Inputs.Span.Slice(first * sampleLength, count * sampleLength), count, rows);
            read(first, count, rows);
        }
    }

    /// <summary>Mean loss and accuracy; null without samples.</summary>
    public static EvaluationSummary? Evaluate(IEngine engine, ModelGraph graph, Loss loss, TensorBuffer weights, SampleSet samples)
    {
        if (samples.Count == 0)
        {
            return null;
        }

        if (samples.Targets is Unlabelled)
        {
            throw new InvalidOperationException("samples without labels cannot be evaluated");
        }

        var total = new NodeStatistics(0, 0, 0);
        ForEachBlock(engine, graph, loss, weights, samples, (first, count, outputs) =>
            total = NodeStatistics.Add(total, Evaluation.Summarize(loss, outputs, samples.Targets.Slice(first, count), count)));
        return new EvaluationSummary(
            total.LossSum / total.SampleCount, samples.Targets is ClassLabels labels ? total.CorrectCount / ((double)total.SampleCount * labels.LabelsPerSample) : null, total.SampleCount);
    }
}
