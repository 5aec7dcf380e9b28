using DistTrain.Study.Sampling;

namespace DistTrain.Study.Tests.Sampling;

public class ExpectedImprovementTests
{
    /// <summary>Against the integral of max(0, best − f) times the normal density, by the midpoint rule.</summary>
    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(1, 0.5, 0.3)]
    [InlineData(-1, 2, 0.3)]
    [InlineData(2, 0.7, 0)]
    public void It_is_the_integral_that_defines_it(double mean, double deviation, double best)
    {
        const int Parts = 200_000;
        var integral = 0.0;
        for (var i = 0; i < Parts; i++)
        {
            var z = -10 + (20 * (i + 0.5) / Parts);
            integral += Math.Max(0, best - (mean + (deviation * z))) * Math.Exp(-0.5 * z * z) / Math.Sqrt(2 * Math.PI) * 20 / Parts;
        }

        Assert.Equal(integral, ExpectedImprovement.Of(new Prediction(mean, deviation * deviation), best), 7);
    }

    [Fact]
    public void What_is_certain_improves_by_what_it_is_better()
    {
        Assert.Equal(2, ExpectedImprovement.Of(new Prediction(1, 0), 3));
        Assert.Equal(0, ExpectedImprovement.Of(new Prediction(3, 0), 1));
    }

    [Fact]
    public void It_is_never_negative() => Assert.All(Enumerable.Range(0, 400), i => Assert.True(ExpectedImprovement.Of(new Prediction(i * 0.1, 1), 0) >= 0));
}
