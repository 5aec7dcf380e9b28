using System.Collections.Immutable;
using DistTrain.Learning.Numerics;
using DistTrain.Study.Sampling;

namespace DistTrain.Study.Tests.Sampling;

public class GaussianProcessTests
{
    /// <summary>
    /// Two points at 0 and 1 with length scale 1, σ² = 2, noise 0.1, mean 0.5: A = [[2.1, c], [c, 2.1]] with c = 2 (1 + √5 + 5/3) e^−√5, whose inverse is [[2.1, −c], [−c, 2.1]] /
    /// (2.1² − c²).
    /// </summary>
    [Fact]
    public void Two_points_give_the_closed_form()
    {
        var process = GaussianProcess.Condition(Line([0, 1], [1, 3]), new GaussianProcessPrior([1], 2, 0.1, 0.5));
        var c = 2 * Matern(1);
        var determinant = (2.1 * 2.1) - (c * c);
        var (dualZero, dualOne) = (((2.1 * 0.5) - (c * 2.5)) / determinant, ((2.1 * 2.5) - (c * 0.5)) / determinant);
        foreach (var x in new[] { -0.7, 0, 0.3, 1, 4 })
        {
            var (k0, k1) = (2 * Matern(Math.Abs(x)), 2 * Matern(Math.Abs(x - 1)));
            var prediction = process.Predict([x]);
            Assert.Equal(0.5 + (k0 * dualZero) + (k1 * dualOne), prediction.Mean, 12);
            Assert.Equal(2 - (((2.1 * k0 * k0) - (2 * c * k0 * k1) + (2.1 * k1 * k1)) / determinant), prediction.Variance, 12);
        }
    }

    [Fact]
    public void Without_noise_it_goes_through_the_points_and_far_away_it_knows_nothing()
    {
        var process = GaussianProcess.Condition(Line([0, 0.4, 1], [1, -2, 3]), new GaussianProcessPrior([0.3], 4, 1e-10, 0.25));
        Assert.Equal(-2, process.Predict([0.4]).Mean, 6);
        Assert.Equal(0, process.Predict([0.4]).Variance, 6);
        Assert.Equal(0.25, process.Predict([50]).Mean, 9);
        Assert.Equal(4, process.Predict([50]).Variance, 9);
    }

    [Fact]
    public void Leaving_one_out_is_what_fitting_without_it_gives()
    {
        double[] inputs = [0, 0.2, 0.5, 0.9, 1.3];
        double[] targets = [1, 2, 0, -1, 1];
        var prior = new GaussianProcessPrior([0.5], 1.5, 0.05, 0.2);
        var left = GaussianProcess.Condition(Line(inputs, targets), prior).LeaveOneOut();
        for (var i = 0; i < inputs.Length; i++)
        {
            var others = Enumerable.Range(0, inputs.Length).Where(j => j != i).ToArray();
            var process = GaussianProcess.Condition(Line([.. others.Select(j => inputs[j])], [.. others.Select(j => targets[j])]), prior);
            Assert.Equal(process.Predict([inputs[i]]).Mean, left[i], 10);
        }
    }

    [Fact]
    public void The_gradient_of_the_fit_agrees_with_differences()
    {
        var data = Plane(12, noise: 0.3);
        double[] at = [-0.4, 0.7, -2.5];
        var (_, gradient, _) = GaussianProcessFit.Evaluate(data, at);
        for (var i = 0; i < at.Length; i++)
        {
            double Value(double shift) => GaussianProcessFit.Evaluate(data, [.. at.Select((value, j) => j == i ? value + shift : value)]).Value;
            Assert.Equal((Value(1e-5) - Value(-1e-5)) / 2e-5, gradient[i], 5);
        }
    }

    /// <summary>The concentrated likelihood at its σ² and mean is the likelihood of the normal distribution itself; checked for two points, where that is short.</summary>
    [Fact]
    public void The_value_of_the_fit_differs_from_the_normal_density_by_its_priors_and_a_constant()
    {
        var data = Line([0, 1], [1, 3]);
        double LogDensity(double logScale, double logRatio)
        {
            var prior = GaussianProcessFit.Evaluate(data, [logScale, logRatio]).Prior;
            var (a, c) = (prior.SignalVariance + prior.NoiseVariance, prior.SignalVariance * Matern(1 / Math.Exp(logScale)));
            var (one, two) = (1 - prior.Mean, 3 - prior.Mean);
            var determinant = (a * a) - (c * c);
            var priors = Math.Pow((logScale - Math.Sqrt(2)) / Math.Sqrt(3), 2) + Math.Pow((logRatio + 6) / 2, 2);
            return (-0.5 * Math.Log(determinant)) - (0.5 * ((a * one * one) - (2 * c * one * two) + (a * two * two)) / determinant) - (0.5 * priors);
        }

        var first = LogDensity(0.2, -3) - GaussianProcessFit.Evaluate(data, [0.2, -3]).Value;
        Assert.Equal(first, LogDensity(-1, -5) - GaussianProcessFit.Evaluate(data, [-1, -5]).Value, 9);
    }

    [Fact]
    public void The_fit_finds_what_matters_and_how_much_noise_there_is()
    {
        var process = GaussianProcessFit.Of(Plane(60, noise: 0.1));

        // The function changes along the first input only.
        Assert.True(process.Prior.LengthScales[1] > 5 * process.Prior.LengthScales[0], string.Join(' ', process.Prior.LengthScales));
        Assert.InRange(Math.Sqrt(process.Prior.NoiseVariance), 0.05, 0.2);
        Assert.Equal(Math.Sin(6 * 0.37), process.Predict([0.37, 0.5]).Mean, 0.15);
    }

    private static double Matern(double distance)
    {
        var s = Math.Sqrt(5) * distance;
        return (1 + s + (s * s / 3)) * Math.Exp(-s);
    }

    private static GaussianProcessData Line(double[] inputs, double[] targets) => new([.. inputs.Select(input => ImmutableArray.Create(input))], [0], [.. targets]);

    private static GaussianProcessData Plane(int count, double noise)
    {
        var random = new CounterBasedRandom(3, 0);
        var inputs = ImmutableArray.CreateBuilder<ImmutableArray<double>>();
        var targets = ImmutableArray.CreateBuilder<double>();
        for (var i = 0; i < count; i++)
        {
            inputs.Add(SobolSequence.ScrambledPoint(2, 4, (uint)i));
            targets.Add(Math.Sin(6 * inputs[i][0]) + (noise * random.Normal()));
        }

        return new GaussianProcessData(inputs.ToImmutable(), [0, 1], targets.ToImmutable());
    }
}
