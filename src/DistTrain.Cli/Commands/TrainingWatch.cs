using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Cli.Output;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Graph;
using DistTrain.Runtime;

namespace DistTrain.Cli.Commands;

/// <summary>Follows a run's measurements and says what a person ought to know, each thing once.</summary>
internal sealed class TrainingWatch
{
    /// <summary>Norms of this many measured steps say what is usual.</summary>
    private const int Window = 64;

    /// <summary>Dead or saturated units from this share on are worth a sentence.</summary>
    private const double Noteworthy = 0.5;

    /// <summary>Steps in which a gradient may well be zero, because a layer behind it starts at zero.</summary>
    private const int SettlingSteps = 8;

    private readonly ImmutableArray<string> names;
    private readonly ImmutableArray<int> lengths;
    private readonly ImmutableArray<int> matrices;
    private readonly Queue<double>[] usual;
    private readonly List<double>[] updateRatios;
    private readonly HashSet<string> said = new(StringComparer.Ordinal);
    private readonly List<LossPoint> curve = [];

    public TrainingWatch(ModelGraph graph)
    {
        names = [.. graph.Layout.Tensors.Select(tensor => tensor.Name)];
        lengths = [.. graph.Layout.Tensors.Select(tensor => tensor.Length)];
        matrices = [.. graph.Layout.Tensors.Where(tensor => tensor.Shape.Rank > 1).Select(tensor => tensor.Index)];
        usual = [.. names.Select(_ => new Queue<double>(Window))];
        updateRatios = [.. names.Select(_ => new List<double>())];
    }

    /// <summary>The last measured step; null when none has been.</summary>
    public LayersMeasured? Last { get; private set; }

    /// <summary>Of the last epoch with an evaluation.</summary>
    public ImmutableArray<ActivationHealth> Activations { get; private set; } = [];

    /// <summary>At the end of the last epoch; null in a run that does not measure it.</summary>
    public NoiseScale? Noise { get; private set; }

    /// <summary>[tensors] over all measured steps; 0 where there are none.</summary>
    public ImmutableArray<double> MedianUpdateRatios() => [.. updateRatios.Select(ratios => ratios.Order().ElementAtOrDefault(ratios.Count / 2))];

    public ImmutableArray<Advice> Advice() => TrainingAdvice.Of(curve);

    /// <returns>Sentences for the user.</returns>
    public IEnumerable<string> Measured(LayersMeasured step)
    {
        Last = step;
        var own = step.Norms.Select(norm => norm.TensorIndex).ToArray();
        var explosion = GradientHealth.Explosions(step.Step, [.. own.Select(index => names[index])], step.Norms, [.. own.Select(index => usual[index])]);
        // Biases in front of a norm layer have no gradient by design; a layer that does not learn shows in its matrix.
        var learning = step.Norms.Where(norm => matrices.Contains(norm.TensorIndex)).ToArray();
        var vanishing = step.Step <= SettlingSteps || learning.Length < 2
            ? null
            : GradientHealth.VanishingLayer(
                step.Step, [.. learning.Select(norm => names[norm.TensorIndex])], [.. learning.Select(norm => lengths[norm.TensorIndex])], learning);
        foreach (var norm in step.Norms)
        {
            var queue = usual[norm.TensorIndex];
            if (queue.Count == Window)
            {
                queue.Dequeue();
            }

            queue.Enqueue(norm.GradientNorm);
            updateRatios[norm.TensorIndex].Add(norm.UpdateRatio);
        }

        return Once(("explosion", explosion), ("vanishing", vanishing));
    }

    /// <returns>Sentences for the user.</returns>
    public IEnumerable<string> EpochEnded(EpochReport report)
    {
        Noise = report.Noise;
        var heldOut = report.Validation ?? report.Test;
        curve.Add(new LossPoint(report.Epoch, report.TrainLoss, heldOut?.MeanLoss, report.LearningRate));
        if (heldOut is null)
        {
            return [];
        }

        Activations = heldOut.Activations;
        return Once([.. Activations.Select(layer => (layer.Layer, Sentence(report.Epoch, layer)))]);
    }

    private static string? Sentence(int epoch, ActivationHealth layer) => layer switch
    {
        { DeadShare: >= Noteworthy and var dead } =>
            $"epoch {epoch}: {RunText.Percent(dead)} of {layer.Layer}'s units gave 0 for every one of the {ActivationProbe.SampleCount} held-out samples looked at: they pass no gradient; lower the rate, or use leaky-relu",
        { SaturatedShare: >= Noteworthy and var saturated } =>
            $"epoch {epoch}: {RunText.Percent(saturated)} of {layer.Layer}'s outputs are within {ActivationProbe.SaturationMargin} of their bounds, where there is next to no gradient; scale the inputs, use another initializer, or relu",
        _ => null,
    };

    private IEnumerable<string> Once(params (string Subject, string? Sentence)[] findings) =>
        [.. findings.Where(finding => finding.Sentence is not null && said.Add(finding.Subject)).Select(finding => finding.Sentence!)];
}
