namespace DistTrain.Learning.Diagnostics;

/// <summary>What one step says of the gradient's noise. Either may be negative by chance; only means over many steps mean anything.</summary>
/// <param name="SquaredNorm">Estimate of |G|², the squared norm of the gradient over all samples; reads low by tr Σ / N where samples are drawn without replacement.</param>
/// <param name="Variance">Estimate of tr Σ, the variance of one sample's gradient, summed over the parameters.</param>
public readonly record struct NoiseSample(double SquaredNorm, double Variance)
{
    /// <summary>
    /// From K gradients gᵢ over bᵢ samples each and their mean G_B over all B (McCandlish et al. 2018, "An Empirical Model of Large-Batch Training", appendix A.1):
    /// |G|² ≈ (B|G_B|² − b·mean|gᵢ|²) / (B − b), tr Σ ≈ (mean|gᵢ|² − |G_B|²) / (1/b − 1/B), with b the harmonic mean of the bᵢ, because E|gᵢ|² = |G|² + tr Σ / bᵢ.
    /// </summary>
    /// <param name="squaredNorms">[K] of the sums of the samples' gradients: undivided; at least two.</param>
    /// <param name="sizes">[K] the bᵢ, at least 1.</param>
    /// <param name="wholeSquaredNorm">Of the sum over all B samples.</param>
    public static NoiseSample Estimate(ReadOnlySpan<double> squaredNorms, ReadOnlySpan<int> sizes, double wholeSquaredNorm)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(squaredNorms.Length, 2, nameof(squaredNorms));
        ArgumentOutOfRangeException.ThrowIfNotEqual(sizes.Length, squaredNorms.Length, nameof(sizes));
        double meanSquare = 0, reciprocal = 0, whole = 0;
        for (var i = 0; i < sizes.Length; i++)
        {
            double size = sizes[i];
            meanSquare += squaredNorms[i] / (size * size);
            reciprocal += 1 / size;
            whole += size;
        }

        meanSquare /= sizes.Length;
        var part = sizes.Length / reciprocal;
        var wholeSquare = wholeSquaredNorm / (whole * whole);
        return new NoiseSample(((whole * wholeSquare) - (part * meanSquare)) / (whole - part), (meanSquare - wholeSquare) / ((1 / part) - (1 / whole)));
    }
}

/// <summary>
/// Exponential moving means of what the measured steps said, both without the bias of beginning at zero: (1 − β) Σ βⁿ⁻ⁱ xᵢ over the sum of the weights. Numerator and denominator are smoothed apart and divided
/// afterwards, as the mean of ratios is no ratio of means. It is all that a run has to remember to go on with the same bits.
/// </summary>
/// <param name="SquaredNorm">Moving sum of the estimates of |G|².</param>
/// <param name="Variance">Moving sum of the estimates of tr Σ.</param>
/// <param name="Weight">Sum of the weights; 0 before the first.</param>
/// <param name="Steps">Measured steps so far.</param>
public readonly record struct NoiseAverage(double SquaredNorm, double Variance, double Weight, long Steps)
{
    /// <summary>β = τ / (τ + k): what one measured step, k steps of training, later is left of a measurement's weight.</summary>
    /// <param name="memorySteps">τ, at least 1: steps of training over which the mean looks back, however many of them are measured.</param>
    /// <param name="intervalSteps">k, at least 1.</param>
    public static double Decay(int memorySteps, int intervalSteps) => (double)memorySteps / ((double)memorySteps + intervalSteps);

    /// <summary>With one more measured step. A sample that is not finite is left out: it would never leave the mean again.</summary>
    /// <param name="sample">What it said.</param>
    /// <param name="decay">β, from 0 to below 1.</param>
    public NoiseAverage Add(NoiseSample sample, double decay)
    {
        if (!double.IsFinite(sample.SquaredNorm) || !double.IsFinite(sample.Variance))
        {
            return this;
        }

        return new NoiseAverage(
            (decay * SquaredNorm) + ((1 - decay) * sample.SquaredNorm), (decay * Variance) + ((1 - decay) * sample.Variance), (decay * Weight) + (1 - decay), Steps + 1);
    }

    /// <summary>What it comes to.</summary>
    /// <param name="populationSize">N: samples from which mini-batches are drawn without replacement. Two gradients of disjoint samples then lean apart, and |G|² reads low by tr Σ / N; it is added.</param>
    public NoiseScale Read(int populationSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(populationSize, 1);
        if (Steps == 0)
        {
            return new NoiseScale(null, null, 0);
        }

        var variance = Variance / Weight;
        return new NoiseScale((SquaredNorm / Weight) + (variance / populationSize), variance, Steps);
    }
}

/// <summary>The gradient noise scale of a run at some step, or why there is none.</summary>
/// <param name="GradientSquaredNorm">|G|² of the mean gradient over all training samples, before clipping, penalties, momentum and decay; null before the first measured step.</param>
/// <param name="GradientVariance">tr Σ; likewise.</param>
/// <param name="Steps">Measured steps that it is made of.</param>
public sealed record NoiseScale(double? GradientSquaredNorm, double? GradientVariance, long Steps)
{
    /// <summary>
    /// tr Σ / |G|² in samples, the simple noise scale of McCandlish et al. 2018: about the batch size from which on more samples a step begin to save fewer steps than they cost. Null where it is undetermined: an estimate
    /// that is not positive is not cut off at zero, which would make a number of what is none.
    /// </summary>
    public double? Samples => WhyUndetermined is null ? GradientVariance / GradientSquaredNorm : null;

    /// <summary>Why there is no noise scale, in a few words; null where there is one.</summary>
    public string? WhyUndetermined => this switch
    {
        { GradientSquaredNorm: null } => "no step with two or more micro-batches has been measured",
        { GradientSquaredNorm: not > 0 } => "the noise hides the gradient: the estimate of its squared norm is not positive",
        { GradientVariance: not >= 0 } => "the estimate of the variance is negative",
        _ => null,
    };
}
