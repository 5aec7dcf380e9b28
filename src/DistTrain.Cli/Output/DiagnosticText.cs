using System.Globalization;
using DistTrain.Learning.Diagnostics;

namespace DistTrain.Cli.Output;

/// <summary>What was measured of a run beside its losses, and what follows from the curve.</summary>
public static class DiagnosticText
{
    /// <summary>Empty where nothing was measured.</summary>
    public static IReadOnlyList<TextSection> Sections(RunDescription run, RunSummary summary)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(summary);
        var sections = new List<TextSection>();
        var layers = Norms(run, summary).Concat(summary.Activations.Select(Describe)).ToArray();
        if (layers.Length > 0)
        {
            sections.Add(new TextSection($"What the layers did (norms at step {summary.Layers?.Step}, ratios over the run, activations at the last evaluation)", layers));
        }

        if (!summary.Advice.IsEmpty)
        {
            sections.Add(new TextSection("What the curve says", [.. summary.Advice.Select(advice => ("advice", advice.Sentence))]));
        }

        return sections;
    }

    /// <summary>Of matrices only: biases and norms' scales follow them and would double the table.</summary>
    private static IEnumerable<(string Name, string Value)> Norms(RunDescription run, RunSummary summary)
    {
        foreach (var norm in summary.Layers?.Norms ?? [])
        {
            var tensor = run.Graph.Layout.Tensors[norm.TensorIndex];
            if (tensor.Shape.Rank > 1)
            {
                yield return (tensor.Name, $"gradient {Figure(norm.GradientNorm)}, weights {Figure(norm.WeightNorm)}, median update ratio {Figure(summary.MedianUpdateRatios[norm.TensorIndex])}");
            }
        }
    }

    private static (string Name, string Value) Describe(ActivationHealth layer) =>
        (layer.Layer, layer.DeadShare is { } dead ? $"{RunText.Percent(dead)} of its units dead" : $"{RunText.Percent(layer.SaturatedShare)} of its outputs saturated");

    private static string Figure(double value) => value.ToString("G3", CultureInfo.InvariantCulture).Replace('E', 'e');
}
