using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Numerics;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Engines;

/// <summary>Turns a model's outputs into losses, counts and probabilities: the same code for every engine, so the same bits.</summary>
public static class Evaluation
{
    /// <summary>Loss sum (float32 per sample, added in double in sample order) and count of correct labels of some samples.</summary>
    /// <param name="loss">What to hold the outputs to.</param>
    /// <param name="outputs">[samples × outputs of a sample].</param>
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
                ? new SampleTarget<float>([], Row(targets.Values, sample, sampleCount))
                : new SampleTarget<float>(Row(targets.Labels, sample, sampleCount), []);
            lossSum += ReferenceLoss<float, SingleArithmetic>.Sample(loss, row, target, []);
            correct += ReferenceLoss<float, SingleArithmetic>.CorrectCount(loss, row, target);
        }

        return new NodeStatistics(lossSum, correct, sampleCount);
    }

    /// <summary>The predicted class of a row of outputs: the index of the largest, the first of equals; of two classes that share one output the second where it is above 0.</summary>
    public static int PredictedClass(Loss loss, ReadOnlySpan<float> outputs) => ReferenceLoss<float, SingleArithmetic>.PredictedClass(loss, outputs);

    /// <summary>What a row of outputs means under the loss: probabilities where its <see cref="Loss.Link"/> gives them that meaning, else the outputs as they are.</summary>
    /// <param name="loss">What the model was trained with.</param>
    /// <param name="outputs">[width] the outputs of one sample or position.</param>
    /// <param name="predictions">[width] filled.</param>
    public static void Predict(Loss loss, ReadOnlySpan<float> outputs, Span<float> predictions)
    {
        ArgumentNullException.ThrowIfNull(loss);
        switch (loss.Link)
        {
            case OutputLink.Softmax:
                ReferenceLoss<float, SingleArithmetic>.Softmax(outputs, predictions);
                break;
            case OutputLink.Sigmoid:
                for (var i = 0; i < outputs.Length; i++)
                {
                    predictions[i] = DeterministicMath.Sigmoid(outputs[i]);
                }

                break;
            default:
                outputs.CopyTo(predictions);
                break;
        }
    }

    /// <summary>The probability, or score where the loss knows no probabilities, of a class in a row of outputs.</summary>
    /// <param name="predictions">[width] what <see cref="Predict"/> made of the outputs.</param>
    public static float ClassScore(Loss loss, ReadOnlySpan<float> predictions, int classIndex)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return predictions.Length == loss.ClassCount(predictions.Length) ? predictions[classIndex] : classIndex == 1 ? predictions[0] : 1 - predictions[0];
    }

    private static ReadOnlySpan<T> Row<T>(ReadOnlySpan<T> values, int sample, int sampleCount)
    {
        var width = values.Length / sampleCount;
        return values.Slice(sample * width, width);
    }
}
