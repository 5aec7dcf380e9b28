using System.Collections.Immutable;
using DistTrain.Learning.Numerics;
using MathNet.Numerics.LinearAlgebra;

namespace DistTrain.Study.Sampling;

/// <summary>
/// Finds the prior under which the data is most probable. Mean and σ² have closed forms for given length scales and noise ratio λ = noise/σ²: with A = R + λI, m = 1ᵀA⁻¹y / 1ᵀA⁻¹1 and
/// σ² = (y − m)ᵀA⁻¹(y − m)/n, which leaves −n/2 log σ² − ½ log|A| to be maximised (T. J. Santner, B. J. Williams, W. I. Notz, "The Design and Analysis of Computer Experiments",
/// 2003, section 3.3). Its gradient is ½ (αᵀ dA α/σ² − tr(A⁻¹ dA)) with α = A⁻¹(y − m) (Rasmussen and Williams, equation 5.9).
/// <para>
/// With few values many priors are about as probable, so weak ones of their own stand before them: log ℓ is normal about √2 + ½ log d with deviation √3 (C. Hvarfner, E. O.
/// Hellsten, L. Nardi, "Vanilla Bayesian Optimization Performs Great in High Dimensions", 2024), log λ about −6 with deviation 2. The search is iRprop⁻ from fixed starts (M. Blum,
/// M. Riedmiller, "Optimization of Gaussian Process Hyperparameters using Rprop", 2013): the same data gives the same prior.
/// </para>
/// </summary>
public static class GaussianProcessFit
{
    private const int Iterations = 40;
    private const double FirstStep = 0.3;
    private const double LeastStep = 1e-3;
    private const double GreatestStep = 1;
    private const double Growth = 1.2;
    private const double Shrinkage = 0.5;
    private const double LogRatioMean = -6;
    private const double LogRatioDeviation = 2;
    private const double LogScaleDeviation = 1.7320508075688772;

    private static readonly (double Lower, double Upper) LogScaleRange = (-3.5, 4.5);
    private static readonly (double Lower, double Upper) LogRatioRange = (-14, 1);

    /// <summary>Starts of the search: length scale and noise ratio, as logarithms.</summary>
    private static readonly (double LogScale, double LogRatio)[] Starts = [(-0.7, -6), (1, -3)];

    /// <param name="data">At least two points, with targets that are not all equal.</param>
    public static GaussianProcess Of(GaussianProcessData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var squares = SquaredDistances(data);
        var best = Starts.Select(start => Climb(data, squares, Start(data, start))).MaxBy(found => found.Value)!;
        return GaussianProcess.Condition(data, best.Prior);
    }

    /// <summary>The logarithm of the posterior density of length scales and noise ratio, up to a constant, with its gradient.</summary>
    /// <param name="parameters">[groups + 1] log ℓ, and log λ last.</param>
    internal static (double Value, double[] Gradient, GaussianProcessPrior Prior) Evaluate(GaussianProcessData data, double[] parameters) => Evaluate(data, SquaredDistances(data), parameters);

    private static double[] Start(GaussianProcessData data, (double LogScale, double LogRatio) start) => [.. Enumerable.Repeat(start.LogScale, data.GroupCount), start.LogRatio];

    private static (double Value, GaussianProcessPrior Prior) Climb(GaussianProcessData data, double[][] squares, double[] parameters)
    {
        var steps = Enumerable.Repeat(FirstStep, parameters.Length).ToArray();
        var previous = new double[parameters.Length];
        var (bestValue, gradient, bestPrior) = Evaluate(data, squares, parameters);
        for (var iteration = 0; iteration < Iterations && steps.Max() > LeastStep; iteration++)
        {
            for (var i = 0; i < parameters.Length; i++)
            {
                var agreement = gradient[i] * previous[i];
                steps[i] = agreement > 0 ? Math.Min(GreatestStep, steps[i] * Growth) : agreement < 0 ? Math.Max(LeastStep, steps[i] * Shrinkage) : steps[i];

                // After a change of sign the next step is taken without comparison.
                previous[i] = agreement < 0 ? 0 : gradient[i];
                var (lower, upper) = i < parameters.Length - 1 ? LogScaleRange : LogRatioRange;
                parameters[i] = Math.Clamp(parameters[i] + (Math.Sign(previous[i]) * steps[i]), lower, upper);
            }

            var (value, nextGradient, prior) = Evaluate(data, squares, parameters);
            gradient = nextGradient;
            if (value > bestValue)
            {
                (bestValue, bestPrior) = (value, prior);
            }
        }

        return (bestValue, bestPrior);
    }

    private static (double Value, double[] Gradient, GaussianProcessPrior Prior) Evaluate(GaussianProcessData data, double[][] squares, double[] parameters)
    {
        var (count, groups) = (data.Count, parameters.Length - 1);
        ImmutableArray<double> scales = [.. parameters.Take(groups).Select(DeterministicMath.Exp)];
        var ratio = DeterministicMath.Exp(parameters[groups]);
        var (correlation, slope) = Correlations(squares, scales, count);
        var cholesky = Matrix<double>.Build.Dense(count, count, (i, j) => correlation[(i * count) + j] + (i == j ? ratio : 0)).Cholesky();
        var inverse = cholesky.Solve(Matrix<double>.Build.DenseIdentity(count));

        var mean = inverse.RowSums().DotProduct(Vector<double>.Build.Dense([.. data.Targets])) / inverse.RowSums().Sum();
        var centred = Vector<double>.Build.Dense(count, i => data.Targets[i] - mean);
        var dual = inverse * centred;
        var variance = Math.Max(centred.DotProduct(dual) / count, double.Epsilon);
        var value = (-0.5 * count * DeterministicMath.Log(variance)) - (0.5 * cholesky.DeterminantLn);

        var gradient = new double[groups + 1];
        for (var i = 0; i < count; i++)
        {
            gradient[groups] += 0.5 * ratio * ((dual[i] * dual[i] / variance) - inverse[i, i]);
            for (var j = 0; j < i; j++)
            {
                // Both (i, j) and (j, i): twice a half.
                var sensitivity = ((dual[i] * dual[j] / variance) - inverse[i, j]) * slope[(i * count) + j];
                for (var group = 0; group < groups; group++)
                {
                    gradient[group] += sensitivity * squares[group][(i * count) + j] / (scales[group] * scales[group]);
                }
            }
        }

        value += AddPriors(parameters, gradient);
        return (value, gradient, new GaussianProcessPrior(scales, variance, variance * ratio, mean));
    }

    private static double AddPriors(double[] parameters, double[] gradient)
    {
        var groups = parameters.Length - 1;
        var centre = Math.Sqrt(2) + (0.5 * DeterministicMath.Log(groups));
        var value = 0.0;
        for (var i = 0; i <= groups; i++)
        {
            var (mean, deviation) = i < groups ? (centre, LogScaleDeviation) : (LogRatioMean, LogRatioDeviation);
            var distance = (parameters[i] - mean) / deviation;
            value -= 0.5 * distance * distance;
            gradient[i] -= distance / deviation;
        }

        return value;
    }

    /// <summary>[points × points] the correlation, and 5/3 (1 + s) e⁻ˢ, which times (x_i − x'_i)²/ℓ_i² is its derivative by log ℓ_i.</summary>
    private static (double[] Correlation, double[] Slope) Correlations(double[][] squares, ImmutableArray<double> scales, int count)
    {
        var (correlation, slope) = (new double[count * count], new double[count * count]);
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var square = 0.0;
                for (var group = 0; group < scales.Length; group++)
                {
                    square += squares[group][(i * count) + j] / (scales[group] * scales[group]);
                }

                var s = Math.Sqrt(5 * square);
                var decay = DeterministicMath.Exp(-s);
                correlation[(i * count) + j] = correlation[(j * count) + i] = (1 + s + (s * s / 3)) * decay;
                slope[(i * count) + j] = 5.0 / 3.0 * (1 + s) * decay;
            }
        }

        return (correlation, slope);
    }

    /// <summary>[groups][points × points].</summary>
    private static double[][] SquaredDistances(GaussianProcessData data)
    {
        var count = data.Count;
        var squares = Enumerable.Range(0, data.GroupCount).Select(_ => new double[count * count]).ToArray();
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                for (var feature = 0; feature < data.Groups.Length; feature++)
                {
                    var distance = data.Inputs[i][feature] - data.Inputs[j][feature];
                    squares[data.Groups[feature]][(i * count) + j] += distance * distance;
                }
            }
        }

        return squares;
    }
}
