using System.Numerics;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>One sample's target: exactly one of the two is filled.</summary>
internal readonly ref struct SampleTarget<T>(ReadOnlySpan<int> labels, ReadOnlySpan<T> values)
{
    /// <summary>[labels of a sample] class indices: one, or one for each position of a sequence.</summary>
    public ReadOnlySpan<int> Labels { get; } = labels;

    /// <summary>[outputs of a sample].</summary>
    public ReadOnlySpan<T> Values { get; } = values;

    public bool IsClass => !Labels.IsEmpty;
}

/// <summary>Per-sample losses and their gradients in the plainest form.</summary>
internal static class ReferenceLoss<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    private static readonly T Half = T.CreateChecked(0.5);

    /// <summary>What one output adds to a loss that is a mean over outputs.</summary>
    private delegate (T Loss, T Gradient) ElementLoss(T output, T target);

    /// <param name="loss">What to hold the outputs to.</param>
    /// <param name="outputs">[outputs of a sample] the model's, row-major.</param>
    /// <param name="target">Suits the loss.</param>
    /// <param name="gradient">[outputs of a sample] filled with the gradient of the sample's loss; empty when it is not wanted.</param>
    /// <returns>The sample's loss.</returns>
    public static T Sample(Loss loss, ReadOnlySpan<T> outputs, SampleTarget<T> target, Span<T> gradient)
    {
        var gradients = gradient.IsEmpty ? new T[outputs.Length] : gradient;
        return loss switch
        {
            SoftmaxCrossEntropyLoss { LabelSmoothing: var smoothing } => CrossEntropyOfPositions(outputs, target.Labels, smoothing, gradients),
            MeanSquaredErrorLoss => MeanSquaredError(loss, outputs, target, gradients),
            MeanAbsoluteErrorLoss => MeanOverOutputs(loss, outputs, target, gradients, AbsoluteError),
            HuberLoss { Delta: var delta } => MeanOverOutputs(loss, outputs, target, gradients, Huber(T.CreateChecked(delta))),
            BinaryCrossEntropyLoss { LabelSmoothing: var smoothing } =>
                MeanOverOutputs(loss, outputs, target, gradients, BinaryCrossEntropy(T.CreateChecked(1 - smoothing), T.CreateChecked(smoothing / 2))),
            DiceLoss => Dice(outputs, target.Values, gradients),
            _ => throw new NotSupportedException($"the reference engine has no loss '{loss.Name}'"),
        };
    }

    /// <returns>How many of the sample's labels are the predicted classes of their positions.</returns>
    public static int CorrectCount(Loss loss, ReadOnlySpan<T> outputs, SampleTarget<T> target)
    {
        var correct = 0;
        for (var position = 0; position < target.Labels.Length; position++)
        {
            correct += PredictedClass(loss, Row(outputs, position, target.Labels.Length)) == target.Labels[position] ? 1 : 0;
        }

        return correct;
    }

    /// <summary>The index of the largest output, the first of equals; of two classes that share one output the second where it is above 0.</summary>
    public static int PredictedClass(Loss loss, ReadOnlySpan<T> outputs) =>
        outputs.Length < loss.ClassCount(outputs.Length) ? (outputs[0] > T.Zero ? 1 : 0) : ReferenceSums.IndexOfMaximum(outputs);

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

    private static T CrossEntropyOfPositions(ReadOnlySpan<T> outputs, ReadOnlySpan<int> labels, double smoothing, Span<T> gradient)
    {
        var count = T.CreateChecked(labels.Length);
        var width = outputs.Length / labels.Length;
        var sum = T.Zero;
        for (var position = 0; position < labels.Length; position++)
        {
            sum += CrossEntropy(Row(outputs, position, labels.Length), labels[position], smoothing, gradient.Slice(position * width, width));
        }

        foreach (ref var element in gradient)
        {
            element /= count;
        }

        return sum / count;
    }

    private static T CrossEntropy(ReadOnlySpan<T> outputs, int label, double smoothing, Span<T> gradient)
    {
        var (maximum, sum) = Softmax(outputs, gradient);
        var logSum = TArithmetic.Log(sum);
        var loss = logSum - (outputs[label] - maximum);
        if (smoothing > 0)
        {
            var shifted = new T[outputs.Length];
            for (var i = 0; i < outputs.Length; i++)
            {
                shifted[i] = outputs[i] - maximum;
            }

            var uniformLoss = logSum - (ReferenceSums.Sum<T>(shifted) / T.CreateChecked(outputs.Length));
            loss = T.FusedMultiplyAdd(T.CreateChecked(smoothing), uniformLoss - loss, loss);
        }

        var share = smoothing / outputs.Length;
        for (var i = 0; i < outputs.Length; i++)
        {
            gradient[i] -= T.CreateChecked(i == label ? 1 - smoothing + share : share);
        }

        return loss;
    }

    private static T MeanSquaredError(Loss loss, ReadOnlySpan<T> outputs, SampleTarget<T> target, Span<T> gradient)
    {
        var width = T.CreateChecked(outputs.Length);
        for (var i = 0; i < outputs.Length; i++)
        {
            gradient[i] = outputs[i] - TargetOf(loss, target, i, outputs.Length);
        }

        var mean = ReferenceSums.SumOfSquares<T>(gradient) / width;
        foreach (ref var element in gradient)
        {
            element = (element + element) / width;
        }

        return mean;
    }

    private static T MeanOverOutputs(Loss loss, ReadOnlySpan<T> outputs, SampleTarget<T> target, Span<T> gradient, ElementLoss element)
    {
        var width = T.CreateChecked(outputs.Length);
        var losses = new T[outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
        {
            (losses[i], var slope) = element(outputs[i], TargetOf(loss, target, i, outputs.Length));
            gradient[i] = slope / width;
        }

        return ReferenceSums.Sum<T>(losses) / width;
    }

    private static (T Loss, T Gradient) AbsoluteError(T output, T target)
    {
        var difference = output - target;
        return (T.Abs(difference), difference > T.Zero ? T.One : difference < T.Zero ? -T.One : difference);
    }

    private static ElementLoss Huber(T delta) => (output, target) =>
    {
        var difference = output - target;
        var magnitude = T.Abs(difference);
        var loss = magnitude <= delta ? Half * magnitude * magnitude : delta * (magnitude - (Half * delta));
        return (loss, difference > delta ? delta : difference < -delta ? -delta : difference);
    };

    private static ElementLoss BinaryCrossEntropy(T keptShare, T added) => (output, target) =>
    {
        var smoothed = T.FusedMultiplyAdd(target, keptShare, added);
        var loss = T.FusedMultiplyAdd(-output, smoothed, output <= T.Zero ? T.Zero : output) + TArithmetic.Softplus(-T.Abs(output));
        return (loss, TArithmetic.Sigmoid(output) - smoothed);
    };

    private static T Dice(ReadOnlySpan<T> outputs, ReadOnlySpan<T> targets, Span<T> gradient)
    {
        for (var i = 0; i < outputs.Length; i++)
        {
            gradient[i] = TArithmetic.Sigmoid(outputs[i]);
        }

        var overlap = ReferenceSums.SumOfProducts<T>(gradient, targets);
        var denominator = ReferenceSums.Sum<T>(gradient) + ReferenceSums.Sum(targets) + T.One;
        var coefficient = (overlap + overlap + T.One) / denominator;
        for (var i = 0; i < outputs.Length; i++)
        {
            var probability = gradient[i];
            gradient[i] = (coefficient - (targets[i] + targets[i])) / denominator * T.FusedMultiplyAdd(-probability, probability, probability);
        }

        return T.One - coefficient;
    }

    /// <summary>A label is a one-hot row; where two classes share one output, the row without its first element.</summary>
    private static T TargetOf(Loss loss, SampleTarget<T> target, int output, int width) =>
        target.IsClass ? (target.Labels[0] == output + loss.ClassCount(width) - width ? T.One : T.Zero) : target.Values[output];

    private static ReadOnlySpan<T> Row(ReadOnlySpan<T> outputs, int position, int positions)
    {
        var width = outputs.Length / positions;
        return outputs.Slice(position * width, width);
    }
}
