using System.Collections.Immutable;
using DistTrain.Learning.Metrics;
using DistTrain.Study.Reports.Runs;

namespace DistTrain.Cli.Output;

/// <summary>A run's report, from what its metrics say.</summary>
internal static class RunReportPage
{
    /// <summary>Beyond so many, nobody reads who was taken for whom.</summary>
    public const int MostClasses = 30;

    /// <param name="metrics">The lines of the metrics.</param>
    /// <param name="directory">The run's, as the user writes it.</param>
    /// <param name="confusions">Null where they were not counted.</param>
    public static string Html(IEnumerable<string> metrics, string directory, Confusions? confusions) =>
        RunReport.Of(RunHistoryReader.Read(metrics) with { Name = directory, Confusions = confusions }).ToHtml();

    /// <summary>A count of the learning room as the reports have it; null for none.</summary>
    public static Confusions? Confusions(ConfusionMatrix? matrix, ImmutableArray<string> classNames) => matrix is null
        ? null
        : new Confusions(
            [.. classNames.Select(RunText.Printable)],
            [.. Enumerable.Range(0, matrix.ClassCount).Select(actual => Enumerable.Range(0, matrix.ClassCount).Select(predicted => (long)matrix[actual, predicted]).ToImmutableArray())]);
}
