using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Metrics;

/// <summary>What a model's outputs are held to.</summary>
public enum MetricTask
{
    /// <summary>Nothing is counted beside loss and accuracy.</summary>
    None,

    /// <summary>One class for each label.</summary>
    Classes,

    /// <summary>Values.</summary>
    Values,

    /// <summary>Values that are probabilities: each output also answers yes or no, and counts as a class of its own.</summary>
    Answers,
}

/// <summary>
/// What is counted and summed over the samples of an evaluation, and what the figures are that come of it. A block of samples gives integers and doubles of fixed meaning and number; those of
/// all blocks, added in block order, give the figures of the whole split, whatever the batches were and whoever evaluated.
/// <para>Counts: [label among the k largest, then for each class: correct, actual, predicted].</para>
/// <para>Sums of values: [|d|, d², then for each output: d², y − s, (y − s)²] with d = prediction − target y, and s the target of the split's first sample, which keeps the variance exact where
/// targets are far from zero. A prediction is what the loss makes of an output, such as its sigmoid.</para>
/// </summary>
/// <param name="Width">Classes, or values of a sample.</param>
/// <param name="LabelsPerSample">At least 1.</param>
/// <param name="TopK">k of the top-k accuracy, at least 1.</param>
public sealed record MetricPlan(MetricTask Task, int Width, int LabelsPerSample, int TopK)
{
    /// <summary>Beyond this many classes or outputs, figures of each are not kept: blocks would be larger than what they are about.</summary>
    public const int LargestWidth = 4096;

    public const int DefaultTopK = 5;

    /// <summary>An answer is yes above this, and so is a target.</summary>
    private const float Half = 0.5f;

    public static MetricPlan None { get; } = new(MetricTask.None, 0, 1, 1);

    public int CountLength => HasClasses ? 1 + (KeepsEach ? 3 * Width : 0) : 0;

    public int SumLength => HasValues ? 2 + (KeepsEach ? 3 * Width : 0) : 0;

    private bool HasClasses => Task is MetricTask.Classes or MetricTask.Answers;

    private bool HasValues => Task is MetricTask.Values or MetricTask.Answers;

    private bool KeepsEach => Width <= LargestWidth;

    private bool HasTopK => Task == MetricTask.Classes && TopK < Width;

    /// <summary>The figures that suit the loss and the targets.</summary>
    public static MetricPlan For(Loss loss, Targets targets, int topK = DefaultTopK)
    {
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(targets);
        return targets switch
        {
            ClassLabels labels => new MetricPlan(MetricTask.Classes, labels.ClassNames.Length, labels.LabelsPerSample, topK),
            TargetValues values => new MetricPlan(loss.Link == OutputLink.Sigmoid ? MetricTask.Answers : MetricTask.Values, values.Width, 1, 1),
            _ => None,
        };
    }

    /// <summary>Whether evaluations by this plan give a metric of <see cref="MetricNames.All"/>.</summary>
    public bool Gives(string metric) => metric switch
    {
        MetricNames.Loss => true,
        MetricNames.Accuracy => Task == MetricTask.Classes,
        MetricNames.TopK => HasTopK,
        MetricNames.MeanSquaredError or MetricNames.RootMeanSquaredError or MetricNames.MeanAbsoluteError => HasValues,
        MetricNames.Determination => HasValues && KeepsEach,
        _ => HasClasses && KeepsEach,
    };

    /// <summary>Adds some samples to a block.</summary>
    /// <param name="loss">What the model was trained with: it says what outputs mean.</param>
    /// <param name="outputs">[samples × outputs of a sample].</param>
    /// <param name="targets">The samples' targets.</param>
    /// <param name="shift">[width] the targets of the split's first sample; empty for classes.</param>
    /// <param name="counts">[<see cref="CountLength"/>] added to.</param>
    /// <param name="sums">[<see cref="SumLength"/>] added to, in sample order.</param>
    public void Add(Loss loss, ReadOnlySpan<float> outputs, TargetBatch targets, ReadOnlySpan<float> shift, Span<long> counts, Span<double> sums)
    {
        if (Task == MetricTask.Classes)
        {
            var rowWidth = outputs.Length / targets.Labels.Length;
            for (var i = 0; i < targets.Labels.Length; i++)
            {
                AddLabel(loss, outputs.Slice(i * rowWidth, rowWidth), targets.Labels[i], counts);
            }
        }
        else if (HasValues)
        {
            var predictions = new float[Width];
            for (var first = 0; first < targets.Values.Length; first += Width)
            {
                Evaluation.Predict(loss, outputs.Slice(first, Width), predictions);
                AddValues(predictions, targets.Values.Slice(first, Width), shift, sums);
                AddAnswers(predictions, targets.Values.Slice(first, Width), counts);
            }
        }
    }

    /// <param name="counts">[<see cref="CountLength"/>] of all blocks.</param>
    /// <param name="sums">[<see cref="SumLength"/>] of all blocks, added in block order.</param>
    /// <param name="sampleCount">At least 1.</param>
    /// <returns>Null where nothing is counted.</returns>
    public SplitMetrics? Summarize(ReadOnlySpan<long> counts, ReadOnlySpan<double> sums, int sampleCount)
    {
        if (Task == MetricTask.None)
        {
            return null;
        }

        var values = (double)sampleCount * Width;
        return new SplitMetrics
        {
            TopK = HasTopK ? TopK : null,
            TopKAccuracy = HasTopK ? counts[0] / ((double)sampleCount * LabelsPerSample) : null,
            Classes = [.. ClassesOf(counts)],
            MeanAbsoluteError = HasValues ? sums[0] / values : null,
            MeanSquaredError = HasValues ? sums[1] / values : null,
            Determination = HasValues && KeepsEach ? DeterminationOf(sums, sampleCount) : null,
        };
    }

    private void AddLabel(Loss loss, ReadOnlySpan<float> row, int label, Span<long> counts)
    {
        counts[0] += HasTopK && IsAmongLargest(row, label) ? 1 : 0;
        if (KeepsEach)
        {
            AddAnswer(label, Evaluation.PredictedClass(loss, row), counts);
        }
    }

    private static void AddAnswer(int actual, int predicted, Span<long> counts)
    {
        counts[1 + (3 * actual)] += predicted == actual ? 1 : 0;
        counts[2 + (3 * actual)]++;
        counts[3 + (3 * predicted)]++;
    }

    /// <summary>Of equal outputs the first counts as the larger, as it does for the predicted class.</summary>
    private bool IsAmongLargest(ReadOnlySpan<float> row, int label)
    {
        var own = row[label];
        var ahead = 0;
        for (var other = 0; other < row.Length && ahead < TopK; other++)
        {
            ahead += row[other] > own || (row[other] == own && other < label) || float.IsNaN(own) ? 1 : 0;
        }

        return ahead < TopK;
    }

    private void AddValues(ReadOnlySpan<float> row, ReadOnlySpan<float> target, ReadOnlySpan<float> shift, Span<double> sums)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var difference = (double)row[i] - target[i];
            sums[0] += Math.Abs(difference);
            sums[1] += difference * difference;
            if (KeepsEach)
            {
                var moved = (double)target[i] - shift[i];
                var own = sums.Slice(2 + (3 * i), 3);
                own[0] += difference * difference;
                own[1] += moved;
                own[2] += moved * moved;
            }
        }
    }

    private void AddAnswers(ReadOnlySpan<float> predictions, ReadOnlySpan<float> target, Span<long> counts)
    {
        for (var i = 0; Task == MetricTask.Answers && KeepsEach && i < Width; i++)
        {
            var (actual, predicted) = (target[i] > Half, predictions[i] > Half);
            counts[1 + (3 * i)] += actual && predicted ? 1 : 0;
            counts[2 + (3 * i)] += actual ? 1 : 0;
            counts[3 + (3 * i)] += predicted ? 1 : 0;
        }
    }

    private ClassMetrics[] ClassesOf(ReadOnlySpan<long> counts)
    {
        var classes = new ClassMetrics[HasClasses && KeepsEach ? Width : 0];
        for (var i = 0; i < classes.Length; i++)
        {
            classes[i] = new ClassMetrics(Actual: counts[2 + (3 * i)], Predicted: counts[3 + (3 * i)], Correct: counts[1 + (3 * i)]);
        }

        return classes;
    }

    private double? DeterminationOf(ReadOnlySpan<double> sums, int sampleCount)
    {
        double total = 0;
        for (var i = 0; i < Width; i++)
        {
            var own = sums.Slice(2 + (3 * i), 3);
            var variation = own[2] - (own[1] * own[1] / sampleCount);
            if (!(variation > 0))
            {
                return null;
            }

            total += (1 - (own[0] / variation)) / Width;
        }

        return total;
    }
}
