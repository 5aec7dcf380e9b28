using System.Collections.Immutable;
using DistTrain.Learning.Numerics;
using MathNet.Numerics.Distributions;

namespace DistTrain.Study.Statistics;

/// <summary>y = Scale · x^Exponent.</summary>
public readonly record struct PowerLaw(double Scale, double Exponent)
{
    public double At(double x) => Scale * DeterministicMath.Pow(x, Exponent);

    /// <summary>The power law of a given exponent that is nearest to the points in log y: the overlay for a scaling rule (1: linear; ½: square root).</summary>
    /// <param name="points">At least one; above 0.</param>
    public static PowerLaw WithExponent(IReadOnlyCollection<(double X, double Y)> points, double exponent) =>
        new(DeterministicMath.Exp(points.Average(point => DeterministicMath.Log(point.Y) - (exponent * DeterministicMath.Log(point.X)))), exponent);
}

/// <summary>A power law fitted to points, or the reason why there is none; for the best learning rate against the batch size.</summary>
/// <param name="ExponentInterval">From Student's t with n − 2 degrees of freedom; holds if deviations in log y are normal and of one size.</param>
/// <param name="RootMeanSquareLogResidual">With n − 2 in the denominator; 0.7 means that points are off by a factor of 2.</param>
public sealed record PowerLawFit(PowerLaw? Law, Interval? ExponentInterval, double? RootMeanSquareLogResidual, string? Refusal)
{
    private const int FewestPoints = 3;

    /// <summary>Ordinary least squares of log y on log x: slope Σ(x−x̄)(y−ȳ)/Σ(x−x̄)², with standard error √(SSE/(n−2)/Σ(x−x̄)²).</summary>
    /// <param name="points">Above 0.</param>
    /// <exception cref="ArgumentException">A coordinate is not above 0.</exception>
    public static PowerLawFit Of(IReadOnlyCollection<(double X, double Y)> points, double coverage = 0.9)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (points.Any(point => !(point.X > 0) || !(point.Y > 0)))
        {
            throw new ArgumentException("a power law goes through points above 0", nameof(points));
        }

        var distinct = points.Select(point => point.X).Distinct().Count();
        if (distinct < FewestPoints)
        {
            return new PowerLawFit(null, null, null, $"no slope: there are {distinct} different points, and {FewestPoints} are needed");
        }

        ImmutableArray<double> x = [.. points.Select(point => DeterministicMath.Log(point.X))];
        ImmutableArray<double> y = [.. points.Select(point => DeterministicMath.Log(point.Y))];
        var (meanX, meanY) = (x.Average(), y.Average());
        var spread = x.Sum(value => (value - meanX) * (value - meanX));
        var slope = x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / spread;
        var level = meanY - (slope * meanX);
        var squares = x.Zip(y, (a, b) => b - level - (slope * a)).Sum(residual => residual * residual);
        var freedom = points.Count - 2;
        var deviation = Math.Sqrt(squares / freedom);
        var half = StudentT.InvCDF(0, 1, freedom, (1 + coverage) / 2) * deviation / Math.Sqrt(spread);
        return new PowerLawFit(new PowerLaw(DeterministicMath.Exp(level), slope), new Interval(slope - half, slope + half, coverage), deviation, null);
    }
}
