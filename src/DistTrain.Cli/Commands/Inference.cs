using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Metrics;

namespace DistTrain.Cli.Commands;

/// <summary>Runs a model forward over many samples, a block at a time.</summary>
internal static class Inference
{
    /// <summary>That of a run's own evaluations, so that losses are added in the same order and have the same bits.</summary>
    private const int BlockSamples = RunDefinition.DefaultEvaluationBlockSize;

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

    /// <summary>All figures that suit the targets; null without samples.</summary>
    public static EvaluationSummary? Evaluate(IEngine engine, ModelGraph graph, Loss loss, TensorBuffer weights, SampleSet samples, int topK)
    {
        if (samples.Count == 0)
        {
            return null;
        }

        if (samples.Targets is Unlabelled)
        {
            throw new InvalidOperationException("samples without labels cannot be evaluated");
        }

        var metrics = MetricPlan.For(loss, samples.Targets, topK);
        var blocks = new List<BlockResult?>();
        ForEachBlock(engine, graph, loss, weights, samples, (first, count, outputs) =>
        {
            var targets = samples.Targets.Slice(first, count);
            var total = Evaluation.Summarize(loss, outputs, targets, count);
            var (counts, sums) = (new long[metrics.CountLength], new double[metrics.SumLength]);
            metrics.Add(loss, outputs, targets, samples.Targets.Slice(0, 1).Values, counts, sums);
            blocks.Add(new BlockResult(blocks.Count, total.LossSum, total.CorrectCount, count) { Counts = [.. counts], Sums = [.. sums] });
        });
        return EvaluationRule.Decide(blocks, samples.Targets is ClassLabels, metrics, Math.Max(1, samples.Targets.LabelsPerSample)).Summary;
    }

    /// <summary>How often each class was taken for each; null for samples without classes.</summary>
    public static ConfusionMatrix? Confusion(IEngine engine, ModelGraph graph, Loss loss, TensorBuffer weights, SampleSet samples)
    {
        if (samples.Targets is not ClassLabels labels)
        {
            return null;
        }

        var predicted = new int[labels.Labels.Length];
        ForEachBlock(engine, graph, loss, weights, samples, (first, count, outputs) =>
        {
            var rows = count * labels.LabelsPerSample;
            var width = outputs.Length / rows;
            for (var i = 0; i < rows; i++)
            {
                predicted[(first * labels.LabelsPerSample) + i] = Evaluation.PredictedClass(loss, outputs.Slice(i * width, width));
            }
        });
        return ConfusionMatrix.Create(labels.ClassNames.Length, labels.Labels.Span, predicted);
    }
}
