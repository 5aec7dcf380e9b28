using System.Globalization;
using DistTrain.Actors;
using DistTrain.Learning.Metrics;

namespace DistTrain.Cli.Output;

/// <summary>The figures of an evaluation beside loss and accuracy, as people read them.</summary>
internal static class MetricText
{
    /// <summary>A line for each group of figures that the evaluation has.</summary>
    public static IEnumerable<string> Figures(EvaluationSummary summary)
    {
        if (summary.Metrics is not { } metrics)
        {
            yield break;
        }

        if (metrics.TopK is { } k)
        {
            yield return $"top-{k} accuracy {RunText.Percent(metrics.TopKAccuracy)}";
        }

        if (metrics.Micro is { } micro)
        {
            yield return $"macro average: precision {RunText.Percent(metrics.MacroPrecision)}, recall {RunText.Percent(metrics.MacroRecall)}, F1 {RunText.Percent(metrics.MacroF1)}";
            yield return $"micro average: precision {RunText.Percent(micro.Precision)}, recall {RunText.Percent(micro.Recall)}, F1 {RunText.Percent(micro.F1)}";
        }

        if (metrics.MeanSquaredError is not null)
        {
            yield return $"MSE {Number(metrics.MeanSquaredError)}, RMSE {Number(metrics.RootMeanSquaredError)}, MAE {Number(metrics.MeanAbsoluteError)}, R2 {Number(metrics.Determination)}";
        }
    }

    /// <summary>Precision, recall and F1 of each class.</summary>
    public static IEnumerable<string> Classes(SplitMetrics metrics, IReadOnlyList<string> classNames) => TextTable.Lines(
        ["class", "samples", "precision", "recall", "F1"],
        [.. metrics.Classes.Select((of, i) => (IReadOnlyList<string>)[classNames[i], RunText.Whole(of.Actual), RunText.Percent(of.Precision), RunText.Percent(of.Recall), RunText.Percent(of.F1)])],
        leftColumns: 1).Prepend("By class");

    private static string Number(double? value) => value is { } number ? number.ToString("G6", CultureInfo.InvariantCulture).Replace('E', 'e') : "-";
}
