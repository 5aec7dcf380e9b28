using DistTrain.Learning.Metrics;

namespace DistTrain.Learning.Optimization;

/// <summary>Which part of the data a decision looks at.</summary>
public enum MonitoredPart
{
    /// <summary>The training samples, each at the step in which it was used.</summary>
    Train,
    Validation,
}

/// <summary>A metric that decisions at the ends of epochs look at, such as <c>validation-loss</c> or <c>train-loss</c>.</summary>
public sealed record MonitoredMetric(MonitoredPart Part, string Metric)
{
    private const string TrainPrefix = "train-";
    private const string ValidationPrefix = "validation-";

    public string Name => (Part == MonitoredPart.Train ? TrainPrefix : ValidationPrefix) + Metric;

    public bool IsLowerBetter => MetricNames.IsLowerBetter(Metric);

    /// <exception cref="InvalidInputException">It is not the name of such a metric.</exception>
    public static MonitoredMetric Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var (part, metric) = name.StartsWith(TrainPrefix, StringComparison.Ordinal)
            ? (MonitoredPart.Train, name[TrainPrefix.Length..])
            : (MonitoredPart.Validation, name.StartsWith(ValidationPrefix, StringComparison.Ordinal) ? name[ValidationPrefix.Length..] : "");
        var isKnown = part == MonitoredPart.Train ? metric is MetricNames.Loss or MetricNames.Accuracy : MetricNames.All.Contains(metric);
        return isKnown
            ? new MonitoredMetric(part, metric)
            : throw new InvalidInputException(
                $"unknown metric '{name}': a metric is train-loss, train-accuracy, or validation- and one of {string.Join(", ", MetricNames.All)}");
    }
}
