using System.Collections.Immutable;

namespace DistTrain.Learning.Metrics;

/// <summary>The figures that an evaluation may give, as configurations name them.</summary>
public static class MetricNames
{
    public const string Loss = "loss";
    public const string Accuracy = "accuracy";
    public const string TopK = "top-k";
    public const string Precision = "precision";
    public const string Recall = "recall";
    public const string F1 = "f1";
    public const string MicroPrecision = "micro-precision";
    public const string MicroRecall = "micro-recall";
    public const string MicroF1 = "micro-f1";
    public const string MeanSquaredError = "mse";
    public const string RootMeanSquaredError = "rmse";
    public const string MeanAbsoluteError = "mae";
    public const string Determination = "r2";

    public static ImmutableArray<string> All { get; } =
    [
        Loss, Accuracy, TopK, Precision, Recall, F1, MicroPrecision, MicroRecall, MicroF1, MeanSquaredError, RootMeanSquaredError, MeanAbsoluteError, Determination,
    ];

    /// <summary>Whether a smaller value is a better one.</summary>
    public static bool IsLowerBetter(string name) => name is Loss or MeanSquaredError or RootMeanSquaredError or MeanAbsoluteError;
}
