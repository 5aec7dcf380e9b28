using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Engines;

/// <summary>Turns a model's outputs into losses, counts and probabilities: the same code for every engine, so the same bits.</summary>
public static class Evaluation
{
    /// <summary>Loss sum (float32 per sample, added in double in sample order) and correct count of some samples.</summary>
    /// <param name="outputs">[samples × width].</param>
    /// <param name="targets">The samples' targets.</param>
    public static NodeStatistics Summarize(Loss loss, ReadOnlySpan<float> outputs, TargetBatch targets, int sampleCount)
    {
        ArgumentNullException.ThrowIfNull(loss);
        var width = sampleCount == 0 ? 0 : outputs.Length / sampleCount;
        var lossSum = 0.0;
        var correct = 0L;
        for (var sample = 0; sample < sampleCount; sample++)
        {
            var row = outputs.Slice(sample * width, width);
            var target = targets.Labels.IsEmpty
                ? new SampleTarget<float>([], targets.Values.Slice(sample * width, width))
                : new SampleTarget<float>(targets.Labels.Slice(sample, 1), []);
            lossSum += ReferenceLoss<float, SingleArithmetic>.Sample(loss, row, target, []);
            correct += ReferenceLoss<float, SingleArithmetic>.CorrectCount(row, target);
        }

        return new NodeStatistics(lossSum, correct, sampleCount);
    }

    /// <summary>The predicted class: the index of the largest output, the first of equals.</summary>
    public static int PredictedClass(ReadOnlySpan<float> outputs) => ReferenceSums.IndexOfMaximum(outputs);

    /// <summary>softmax of one sample's outputs.</summary>
    public static void Probabilities(ReadOnlySpan<float> outputs, Span<float> probabilities) => ReferenceLoss<float, SingleArithmetic>.Softmax(outputs, probabilities);
}
