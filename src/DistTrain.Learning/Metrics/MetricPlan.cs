using DistTrain.Learning.Engines.Reference;

namespace DistTrain.Learning.Metrics;

/// <summary>What a model's outputs are held to.</summary>
public enum MetricTask
{
    /// <summary>Nothing is counted beside loss and accuracy.</summary>
    None,

    /// <summary>One class for each sample: the largest output, the first of equals.</summary>
    Classes,

    /// <summary>Values.</summary>
    Values,
}

/// <summary>
/// What is counted and summed over the samples of an evaluation, and what the figures are that come of it. A block of samples gives integers and doubles of fixed meaning and number; those of
/// all blocks, added in block order, give the figures of the whole split, whatever the batches were and whoever evaluated.
/// <para>Counts of classes: [label among the k largest, then for each class: correct, actual, predicted].</para>
/// <para>Sums of values: [|d|, d², then for each output: d², y − s, (y − s)²] with d = prediction − target y, and s the target of the split's first sample, which keeps the variance exact where
/// targets are far from zero.</para>
/// </summary>
/// <param name="Width">Classes, or outputs of a sample.</param>
/// <param name="TopK">k of the top-k accuracy, at least 1.</param>
public sealed record MetricPlan(MetricTask Task, int Width, int TopK)
{
    /// <summary>Beyond this many classes or outputs, figures of each are not kept: blocks would be larger than what they are about.</summary>
    public const int LargestWidth = 4096;

    public const int DefaultTopK = 5;

    public static MetricPlan None { get; } = new(MetricTask.None, 0, 1);

    public int CountLength => Task == MetricTask.Classes ? 1 + (KeepsEach ? 3 * Width : 0) : 0;

    public int SumLength => Task == MetricTask.Values ? 2 + (KeepsEach ? 3 * Width : 0) : 0;

    private bool KeepsEach => Width <= LargestWidth;

    /// <summary>The figures that suit the targets.</summary>
    public static MetricPlan For(Targets targets, int topK = DefaultTopK)
    {
        ArgumentNullException.ThrowIfNull(targets);
        return targets switch
        {
            ClassLabels labels => new MetricPlan(MetricTask.Classes, labels.ClassNames.Length, topK),
            TargetValues values => new MetricPlan(MetricTask.Values, values.Width, 1),
            _ => None,
        };
    }

    /// <summary>Whether evaluations by this plan give a metric of <see cref="MetricNames.All"/>.</summary>
    public bool Gives(string metric) => metric switch
    {
        MetricNames.Loss => true,
        MetricNames.Accuracy => Task == MetricTask.Classes,
        MetricNames.TopK => Task == MetricTask.Classes && TopK < Width,
        MetricNames.MeanSquaredError or MetricNames.RootMeanSquaredError or MetricNames.MeanAbsoluteError => Task == MetricTask.Values,
        MetricNames.Determination => Task == MetricTask.Values && KeepsEach,
        _ => Task == MetricTask.Classes && KeepsEach,
    };

    /// <summary>Adds some samples to a block.</summary>
    /// <param name="outputs">[samples × width].</param>
    /// <param name="targets">The samples' targets.</param>
    /// <param name="shift">[width] the targets of the split's first sample; empty for classes.</param>
    /// <param name="counts">[<see cref="CountLength"/>] added to.</param>
    /// <param name="sums">[<see cref="SumLength"/>] added to, in sample order.</param>
    public void Add(ReadOnlySpan<float> outputs, TargetBatch targets, ReadOnlySpan<float> shift, Span<long> counts, Span<double> sums)
    {
        switch (Task)
        {
            case MetricTask.Classes:
                for (var sample = 0; sample < targets.Labels.Length; sample++)
                {
                    AddClass(outputs.Slice(sample * Width, Width), targets.Labels[sample], counts);
                }

                break;
            case MetricTask.Values:
                for (var first = 0; first < targets.Values.Length; first += Width)
                {
                    AddValues(outputs.Slice(first, Width), targets.Values.Slice(first, Width), shift, sums);
                }

                break;
        }
    }

    /// <param name="counts">[<see cref="CountLength"/>] of all blocks.</param>
    /// <param name="sums">[<see cref="SumLength"/>] of all blocks, added in block order.</param>
    /// <param name="sampleCount">At least 1.</param>
    public SplitMetrics? Summarize(ReadOnlySpan<long> counts, ReadOnlySpan<double> sums, int sampleCount) => Task switch
    {
        MetricTask.Classes => SummarizeClasses(counts, sampleCount),
        MetricTask.Values => SummarizeValues(sums, sampleCount),
        _ => null,
    };

    private void AddClass(ReadOnlySpan<float> row, int label, Span<long> counts)
    {
        counts[0] += IsAmongLargest(row, label) ? 1 : 0;
        if (!KeepsEach)
        {
            return;
        }

        var predicted = ReferenceSums.IndexOfMaximum(row);
        counts[1 + (3 * label)] += predicted == label ? 1 : 0;
        counts[2 + (3 * label)]++;
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

    private SplitMetrics SummarizeClasses(ReadOnlySpan<long> counts, int sampleCount)
    {
        var classes = new ClassMetrics[KeepsEach ? Width : 0];
        for (var i = 0; i < classes.Length; i++)
        {
            classes[i] = new ClassMetrics(Actual: counts[2 + (3 * i)], Predicted: counts[3 + (3 * i)], Correct: counts[1 + (3 * i)]);
        }

        return new SplitMetrics
        {
            TopK = TopK < Width ? TopK : null,
            TopKAccuracy = TopK < Width ? (double)counts[0] / sampleCount : null,
            Classes = [.. classes],
        };
    }

    private SplitMetrics SummarizeValues(ReadOnlySpan<double> sums, int sampleCount)
    {
        double? determination = KeepsEach ? 0 : null;
        for (var i = 0; KeepsEach && i < Width; i++)
        {
            var own = sums.Slice(2 + (3 * i), 3);
            var variation = own[2] - (own[1] * own[1] / sampleCount);
            determination = variation > 0 ? determination + ((1 - (own[0] / variation)) / Width) : null;
        }

        var values = (double)sampleCount * Width;
        return new SplitMetrics { MeanAbsoluteError = sums[0] / values, MeanSquaredError = sums[1] / values, Determination = determination };
    }
}
