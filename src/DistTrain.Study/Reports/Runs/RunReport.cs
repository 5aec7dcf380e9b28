using System.Collections.Immutable;
using DistTrain.Study.Reports.Pages;

namespace DistTrain.Study.Reports.Runs;

/// <summary>The report of one training.</summary>
public static class RunReport
{
    /// <summary>Keys that tell people most; all others follow, folded.</summary>
    private static readonly ImmutableArray<string> MainSettings =
    [
        "data", "model", "loss", "optimizer", "learningRate", "momentum", "schedule", "batchSize", "epochs", "seed", "workers", "engine",
    ];

    public static ReportDocument Of(RunHistory run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return new ReportDocument
        {
            Kind = "Training run",
            Title = Title(run),
            Headline = RunSentences.Headline(run),
            Findings = RunSentences.Findings(run),
            Refusals = RunSentences.Refusals(run),
            Sections =
            [
                new ReportSection("Learning") { Figures = RunFigures.Learning(run) },
                new ReportSection("Noise of the gradient") { Figures = RunFigures.Noise(run) },
                new ReportSection("Layers") { Figures = RunFigures.Layers(run) },
                new ReportSection("Figures") { Tables = RunTables.Of(run) },
            ],
            Settings = [.. MainSettings.Select(name => (name, run.Setting(name) ?? "")).Where(setting => setting.Item2.Length > 0)],
            Provenance = new Provenance
            {
                ProgramVersion = run.ProgramVersion,
                DataName = run.DataName,
                DataHash = run.DataHash,
                ArithmeticId = run.ArithmeticId,
                Seed = run.Setting("seed"),
                WeightsHash = run.Ending?.WeightsHash ?? (run.Epochs.IsEmpty ? null : run.Epochs[^1].WeightsHash),
                Command = "disttrain train --config config.yaml",
            },
        };
    }

    private static string Title(RunHistory run) => string.Join(
        ", ",
        ((string?[])[run.DataName, run.Setting("model") is { Length: < 60 } model ? model : null, run.Name]).Where(word => !string.IsNullOrEmpty(word)));
}
