using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning.Optimization;

namespace DistTrain.Learning.Diagnostics;

/// <summary>Says which layers' gradients explode or vanish.</summary>
public static class GradientHealth
{
    /// <summary>A gradient this many times the usual one explodes.</summary>
    private const double Explosion = 100;

    /// <summary>A layer whose gradient is this small a share of the greatest one, per root of its number of elements, does not learn.</summary>
    private const double Vanishing = 1e-6;

    /// <summary>Norms before this many are known are no measure of what is usual.</summary>
    private const int Fewest = 4;

    /// <summary>The sentence for a step at which a tensor's gradient is far above what was usual for it; null when none is.</summary>
    /// <param name="step">1-based.</param>
    /// <param name="names">[tensors].</param>
    /// <param name="norms">[tensors] of this step.</param>
    /// <param name="usual">[tensors] the earlier norms of each, in any order.</param>
    public static string? Explosions(long step, IReadOnlyList<string> names, IReadOnlyList<TensorNorms> norms, IReadOnlyList<IReadOnlyCollection<double>> usual)
    {
        for (var i = 0; i < norms.Count; i++)
        {
            if (usual[i].Count >= Fewest && norms[i].GradientNorm > Explosion * Median(usual[i]) && Median(usual[i]) > 0)
            {
                return $"step {step}: the gradient of {names[i]} explodes: its norm is {Figure(norms[i].GradientNorm)}, {Figure(norms[i].GradientNorm / Median(usual[i]))} times its median so far ({Figure(Median(usual[i]))}); lower the rate or clip (clip-norm)";
            }
        }

        return null;
    }

    /// <summary>The sentence for a layer that gets next to no gradient; null when all get one.</summary>
    /// <param name="step">1-based.</param>
    /// <param name="names">[tensors].</param>
    /// <param name="lengths">[tensors] numbers of elements.</param>
    /// <param name="norms">[tensors] of this step.</param>
    public static string? VanishingLayer(long step, IReadOnlyList<string> names, IReadOnlyList<int> lengths, IReadOnlyList<TensorNorms> norms)
    {
        var perElement = norms.Select((norm, i) => norm.GradientNorm / Math.Sqrt(lengths[i])).ToImmutableArray();
        var greatest = perElement.Max();
        for (var i = 0; i < perElement.Length; i++)
        {
            if (perElement[i] < greatest * Vanishing)
            {
                return $"step {step}: the gradient of {names[i]} vanishes: {Figure(perElement[i])} an element, against {Figure(greatest)} in {names[perElement.IndexOf(greatest)]}; use ReLU or a residual path, normalisation, or another initializer";
            }
        }

        return null;
    }

    private static double Median(IReadOnlyCollection<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Figure(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
}
