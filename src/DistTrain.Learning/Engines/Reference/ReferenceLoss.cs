using System.Numerics;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>One sample's target: exactly one of the two is filled.</summary>
internal readonly ref struct SampleTarget<T>(ReadOnlySpan<int> labels, ReadOnlySpan<T> values)
{
    /// <summary>[labels of a sample] class indices: one, or one for each position of a sequence.</summary>
    public ReadOnlySpan<int> Labels { get; } = labels;

    public ReadOnlySpan<T> Values { get; } = values;

    public bool IsClass => !Labels.IsEmpty;
}

/// <summary>Per-sample losses and their gradients in the plainest form.</summary>
internal static class ReferenceLoss<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    /// <param name="outputs">[width] the model's outputs for one sample.</param>
    /// <param name="gradient">[width] filled with the gradient of the sample's loss; empty when it is not wanted.</param>
    /// <returns>The sample's loss.</returns>
    public static T Sample(Loss loss, ReadOnlySpan<T> outputs, SampleTarget<T> target, Span<T> gradient) => loss switch
    {
        SoftmaxCrossEntropyLoss => SoftmaxCrossEntropy(outputs, target.Labels[0], gradient),
        MeanSquaredErrorLoss => MeanSquaredError(outputs, target, gradient),
        _ => throw new NotSupportedException($"the reference engine has no loss '{loss.Name}'"),
    };

    /// <returns>How many of the sample's labels are at the largest of their outputs.</returns>
    public static int CorrectCount(ReadOnlySpan<T> outputs, SampleTarget<T> target) => target.IsClass && ReferenceSums.IndexOfMaximum(outputs) == target.Labels[0] ? 1 : 0;

    /// <summary>softmax(z), with the maximum subtracted first.</summary>
    /// <returns>The maximum and the sum of exponentials that were used.</returns>
    public static (T Maximum, T Sum) Softmax(ReadOnlySpan<T> outputs, Span<T> probabilities)
    {
        var maximum = outputs[ReferenceSums.IndexOfMaximum(outputs)];
        for (var i = 0; i < outputs.Length; i++)
        {
            probabilities[i] = TArithmetic.Exp(outputs[i] - maximum);
        }

        var sum = ReferenceSums.Sum<T>(probabilities);
        for (var i = 0; i < outputs.Length; i++)
        {
            probabilities[i] /= sum;
        }

        return (maximum, sum);
    }

    private static T SoftmaxCrossEntropy(ReadOnlySpan<T> outputs, int label, Span<T> gradient)
    {
        var probabilities = gradient.IsEmpty ? new T[outputs.Length] : gradient;
        var (maximum, sum) = Softmax(outputs, probabilities);
        probabilities[label] -= T.One;
        return TArithmetic.Log(sum) - (outputs[label] - maximum);
    }

    private static T MeanSquaredError(ReadOnlySpan<T> outputs, SampleTarget<T> target, Span<T> gradient)
    {
        var width = T.CreateChecked(outputs.Length);
        var differences = gradient.IsEmpty ? new T[outputs.Length] : gradient;
        for (var i = 0; i < outputs.Length; i++)
        {
            differences[i] = outputs[i] - (target.IsClass ? (i == target.Labels[0] ? T.One : T.Zero) : target.Values[i]);
        }

        var loss = ReferenceSums.SumOfSquares<T>(differences) / width;
        for (var i = 0; i < outputs.Length; i++)
        {
            differences[i] = (differences[i] + differences[i]) / width;
        }

        return loss;
    }
}
