using System.Collections.Immutable;

namespace DistTrain.Learning.Metrics;

/// <summary>
/// What an evaluation of a whole split gave beside loss and accuracy. Null stands for a figure that does not exist for the model's task. Macro averages go over the classes that occur among
/// the samples or the predictions, and a ratio without a denominator counts as 0 there, as in scikit-learn.
/// </summary>
public sealed record SplitMetrics
{
    /// <summary>A sample counts when its label is among this many of its largest outputs; null where that would be all of them.</summary>
    public int? TopK { get; init; }

    public double? TopKAccuracy { get; init; }

    /// <summary>[classes]; empty for values, and where there are too many classes to keep.</summary>
    public ImmutableArray<ClassMetrics> Classes { get; init; } = [];

    /// <summary>Mean over samples and outputs of (prediction − target)².</summary>
    public double? MeanSquaredError { get; init; }

    /// <summary>Mean over samples and outputs of |prediction − target|.</summary>
    public double? MeanAbsoluteError { get; init; }

    /// <summary>R² = 1 − Σ(prediction − target)² / Σ(target − mean)², the mean over the outputs; null where an output's targets do not vary.</summary>
    public double? Determination { get; init; }

    public double? RootMeanSquaredError => MeanSquaredError is { } square ? Math.Sqrt(square) : null;

    public double? MacroPrecision => Macro(of => of.Precision);

    public double? MacroRecall => Macro(of => of.Recall);

    public double? MacroF1 => Macro(of => of.F1);

    /// <summary>Of all classes together. Where each sample has one label and one prediction, the three micro averages are the accuracy.</summary>
    public ClassMetrics? Micro => Classes.IsEmpty
        ? null
        : new ClassMetrics(Classes.Sum(of => of.Actual), Classes.Sum(of => of.Predicted), Classes.Sum(of => of.Correct));

    /// <summary>One of <see cref="MetricNames.All"/> other than loss and accuracy; null where it does not exist.</summary>
    public double? Value(string name) => name switch
    {
        MetricNames.TopK => TopKAccuracy,
        MetricNames.Precision => MacroPrecision,
        MetricNames.Recall => MacroRecall,
        MetricNames.F1 => MacroF1,
        MetricNames.MicroPrecision => Micro?.Precision,
        MetricNames.MicroRecall => Micro?.Recall,
        MetricNames.MicroF1 => Micro?.F1,
        MetricNames.MeanSquaredError => MeanSquaredError,
        MetricNames.RootMeanSquaredError => RootMeanSquaredError,
        MetricNames.MeanAbsoluteError => MeanAbsoluteError,
        MetricNames.Determination => Determination,
        _ => null,
    };

    private double? Macro(Func<ClassMetrics, double?> figure)
    {
        var occurring = Classes.Count(of => of.Occurs);
        return occurring == 0 ? null : Classes.Where(of => of.Occurs).Sum(of => figure(of) ?? 0) / occurring;
    }

    public bool Equals(SplitMetrics? other) => other is not null
        && TopK == other.TopK
        && Nullable.Equals(TopKAccuracy, other.TopKAccuracy)
        && Classes.AsSpan().SequenceEqual(other.Classes.AsSpan())
        && Nullable.Equals(MeanSquaredError, other.MeanSquaredError)
        && Nullable.Equals(MeanAbsoluteError, other.MeanAbsoluteError)
        && Nullable.Equals(Determination, other.Determination);

    public override int GetHashCode() => HashCode.Combine(TopK, TopKAccuracy, Classes.Length, MeanSquaredError, MeanAbsoluteError, Determination);
}
