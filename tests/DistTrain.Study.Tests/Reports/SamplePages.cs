using System.Collections.Immutable;
using DistTrain.Study.Reports.Comparisons;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Runs;
using DistTrain.Study.Reports.Scalings;
using DistTrain.Study.Reports.Searches;
using DistTrain.Study.Reports.Studies;

namespace DistTrain.Study.Tests.Reports;

/// <summary>One report of each kind.</summary>
internal static class SamplePages
{
    public static Provenance Provenance { get; } = new() { ProgramVersion = "9.8.7+0123456789ab", DataName = "digits", DataHash = "sha256:43ff45666506", ArithmeticId = "f32-fma-16lane-v1", Seed = "1" };

    public static ImmutableArray<(string Name, ReportDocument Report)> All { get; } =
    [
        ("study", StudyReport.Of(new SyntheticStudy().Make(), Provenance)),
        ("run", RunReport.Of(SyntheticRun.Read())),
        ("comparison", ComparisonReport.Of([.. Enumerable.Range(1, 5).Select(seed => SyntheticRun.Read(seed)), .. Enumerable.Range(1, 5).Select(seed => SyntheticRun.Read(seed, rate: 0.02))])),
        ("search", SearchReport.Of(SyntheticOutcomes.Search(), Provenance)),
        ("scaling", ScalingReport.Of(SyntheticOutcomes.Scaling(), Provenance)),
    ];
}
