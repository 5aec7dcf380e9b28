using DistTrain.Learning.Numerics;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Tests.Statistics;

public class PowerLawFitTests
{
    [Fact]
    public void Exact_data_gives_back_the_truth()
    {
        var fit = PowerLawFit.Of([(16, 0.04), (64, 0.08), (256, 0.16), (1024, 0.32)]);
        Assert.Equal(0.5, fit.Law!.Value.Exponent, 12);
        Assert.Equal(0.01, fit.Law.Value.Scale, 12);
        Assert.Equal(0.08, fit.Law.Value.At(64), 12);
        Assert.Equal(0, fit.RootMeanSquareLogResidual!.Value, 9);
    }

    /// <summary>By hand: x = 0, 1, 2 and y = 0, 1, 3 give slope 3/2, residuals 1/6, −1/3, 1/6, s² = 1/6, and a standard error of √(1/12); t(0.95; 1) = 6.3138.</summary>
    [Fact]
    public void The_interval_is_students()
    {
        var fit = PowerLawFit.Of([(1, 1), (Math.E, Math.E), (Math.Exp(2), Math.Exp(3))]);
        Assert.Equal(1.5, fit.Law!.Value.Exponent, 12);
        Assert.Equal(1.5 - (6.3137515147 * Math.Sqrt(1 / 12.0)), fit.ExponentInterval!.Value.Lower, 8);
        Assert.Equal(Math.Sqrt(1 / 6.0), fit.RootMeanSquareLogResidual!.Value, 12);
    }

    [Fact]
    public void Intervals_cover_the_truth_as_often_as_they_say()
    {
        var random = new CounterBasedRandom(5, 0);
        var covered = 0;
        for (var repeat = 0; repeat < 2000; repeat++)
        {
            var points = new List<(double, double)>();
            foreach (var batchSize in new[] { 16, 32, 64, 128, 256, 512 })
            {
                points.Add((batchSize, 0.01 * Math.Pow(batchSize, 0.8) * Math.Exp(0.4 * random.Normal())));
            }

            covered += PowerLawFit.Of(points).ExponentInterval!.Value.Contains(0.8) ? 1 : 0;
        }

        // 0.9, give or take four standard errors.
        Assert.InRange(covered / 2000.0, 0.873, 0.927);
    }

    [Fact]
    public void Two_batch_sizes_have_no_slope() => Assert.Contains("2 different points", PowerLawFit.Of([(16, 0.1), (32, 0.2), (32, 0.3)]).Refusal, StringComparison.Ordinal);

    [Fact]
    public void An_overlay_goes_through_the_middle_of_the_points_in_logarithms()
    {
        var overlay = PowerLaw.WithExponent([(10, 1), (1000, 4)], 1);

        // At the geometric mean of x, 100, it is the geometric mean of y, 2.
        Assert.Equal(2, overlay.At(100), 12);
        Assert.Equal(1, overlay.Exponent);
    }

    [Fact]
    public void A_rate_of_zero_is_our_fault() => Assert.Throws<ArgumentException>(() => PowerLawFit.Of([(1, 0), (2, 1), (3, 1)]));
}
