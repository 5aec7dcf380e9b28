using System.Collections.Immutable;
using DistTrain.Learning.Numerics;
using MathNet.Numerics.LinearAlgebra;

namespace DistTrain.Study.Sampling;

/// <summary>What a Gaussian process assumes of the function before it sees any value.</summary>
/// <param name="LengthScales">[groups] the distance over which the function changes along the inputs of a group.</param>
/// <param name="SignalVariance">σ², of the function about its mean.</param>
/// <param name="NoiseVariance">Of a measured value about the function.</param>
/// <param name="Mean">The function's, where nothing is known.</param>
public sealed record GaussianProcessPrior(ImmutableArray<double> LengthScales, double SignalVariance, double NoiseVariance, double Mean);

/// <param name="Variance">Of the function, without the noise of a measurement.</param>
public readonly record struct Prediction(double Mean, double Variance)
{
    public double Deviation => Math.Sqrt(Variance);
}

/// <summary>Inputs and what was measured there.</summary>
/// <param name="Inputs">[points][features].</param>
/// <param name="Groups">[features] which length scale a feature has: one a hyper-parameter.</param>
/// <param name="Targets">[points].</param>
public sealed record GaussianProcessData(ImmutableArray<ImmutableArray<double>> Inputs, ImmutableArray<int> Groups, ImmutableArray<double> Targets)
{
    public int Count => Inputs.Length;

    public int GroupCount => Groups.Max() + 1;
}

/// <summary>
/// Regression by a Gaussian process with the Matérn kernel of smoothness 5/2 and a length scale a hyper-parameter: k(x, x') = σ² (1 + s + s²/3) e⁻ˢ with s² = 5 Σ_i (x_i − x'_i)²/ℓ_i². With
/// A = K + noise I, the function at x has mean m + k(x)ᵀ A⁻¹ (y − m) and variance σ² − k(x)ᵀ A⁻¹ k(x). C. E. Rasmussen, C. K. I. Williams, "Gaussian Processes for Machine
/// Learning", 2006, algorithm 2.1 and equation 4.17. The uncertainty of the prior's own parameters is not in the variance.
/// </summary>
public sealed class GaussianProcess
{
    private readonly GaussianProcessData data;
    private readonly double[] factor;
    private readonly double[] dual;

    private GaussianProcess(GaussianProcessData data, GaussianProcessPrior prior, double[] factor, double[] dual)
    {
        this.data = data;
        Prior = prior;
        this.factor = factor;
        this.dual = dual;
    }

    public GaussianProcessPrior Prior { get; }

    /// <summary>The process given the data.</summary>
    /// <exception cref="ArgumentException">The noise is so small that the kernel matrix is not positive definite.</exception>
    public static GaussianProcess Condition(GaussianProcessData data, GaussianProcessPrior prior)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(prior);
        var count = data.Count;
        var covariance = Matrix<double>.Build.Dense(count, count, (i, j) =>
            (prior.SignalVariance * Correlation(data, prior.LengthScales, data.Inputs[i], data.Inputs[j])) + (i == j ? prior.NoiseVariance : 0));
        var cholesky = covariance.Cholesky();
        var dual = cholesky.Solve(Vector<double>.Build.Dense(count, i => data.Targets[i] - prior.Mean));
        return new GaussianProcess(data, prior, cholesky.Factor.ToRowMajorArray(), dual.ToArray());
    }

    /// <param name="input">[features].</param>
    public Prediction Predict(ReadOnlySpan<double> input)
    {
        var count = data.Count;
        var weights = new double[count];
        var mean = Prior.Mean;
        var explained = 0.0;
        for (var i = 0; i < count; i++)
        {
            var covariance = Prior.SignalVariance * Correlation(data, Prior.LengthScales, data.Inputs[i].AsSpan(), input);
            mean += covariance * dual[i];

            // Forward substitution: the squares of L⁻¹ k add up to kᵀ A⁻¹ k.
            var row = factor.AsSpan(i * count, i + 1);
            var weight = covariance;
            for (var j = 0; j < i; j++)
            {
                weight -= row[j] * weights[j];
            }

            weights[i] = weight / row[i];
            explained += weights[i] * weights[i];
        }

        return new Prediction(mean, Math.Max(0, Prior.SignalVariance - explained));
    }

    /// <summary>
    /// What each target is predicted to be by all others: y_i − [A⁻¹(y − m)]_i / [A⁻¹]_ii, Rasmussen and Williams, equation 5.12.
    /// </summary>
    public ImmutableArray<double> LeaveOneOut()
    {
        var count = data.Count;
        var triangle = Matrix<double>.Build.DenseOfRowMajor(count, count, factor);
        var inverse = triangle.Inverse();
        return [.. Enumerable.Range(0, count).Select(i => data.Targets[i] - (dual[i] / inverse.Column(i).Sum(value => value * value)))];
    }

    /// <summary>The Matérn kernel for σ = 1.</summary>
    internal static double Correlation(GaussianProcessData data, ImmutableArray<double> lengthScales, ImmutableArray<double> one, ImmutableArray<double> other) =>
        Correlation(data, lengthScales, one.AsSpan(), other.AsSpan());

    private static double Correlation(GaussianProcessData data, ImmutableArray<double> lengthScales, ReadOnlySpan<double> one, ReadOnlySpan<double> other)
    {
        var square = 0.0;
        for (var feature = 0; feature < one.Length; feature++)
        {
            var distance = (one[feature] - other[feature]) / lengthScales[data.Groups[feature]];
            square += distance * distance;
        }

        var s = Math.Sqrt(5 * square);
        return (1 + s + (s * s / 3)) * DeterministicMath.Exp(-s);
    }
}
