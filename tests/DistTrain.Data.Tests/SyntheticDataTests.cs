using DistTrain.Learning;

namespace DistTrain.Data.Tests;

public class SyntheticDataTests
{
    private static readonly DataSetOptions Half = new() { TestRatio = 0.5 };

    /// <summary>The content hash covers every bit of inputs and targets, so a hash that is written down holds all machines to the same data.</summary>
    [Theory]
    [InlineData("synthetic:spirals", "9c253be2e88c7f4e05dc")]
    [InlineData("synthetic:spirals?classes=5&samples=77&noise=0.3&turns=2&seed=9", "c93538d7804a51b43122")]
    [InlineData("synthetic:gaussian-teacher?samples=500", "256c1f33cf5935e84ed4")]
    [InlineData("synthetic:gaussian-teacher?features=3&outputs=2&samples=100&hidden=5&label-noise=0.5", "11d0eb8528593ca74284")]
    [InlineData("synthetic:gaussian-teacher?classes=3&samples=300&label-noise=0.2&seed=12345678901", "f76dbfd5b3c50a8484ad")]
    [InlineData("synthetic:strokes?samples=50", "287ea09bf85d275d5174")]
    [InlineData("synthetic:strokes?height=9&width=14&classes=3&samples=20&noise=0&seed=2", "962847bb11a13a288ef1")]
    public void The_same_words_give_the_same_bits_everywhere(string source, string hash) =>
        Assert.StartsWith($"sha256:{hash}", DataSetLoader.Load(source, Half).ContentHash, StringComparison.Ordinal);

    [Fact]
    public void A_sample_does_not_depend_on_how_many_there_are()
    {
        foreach (var source in new SyntheticSource[] { new SpiralsSource(Samples: 20), new GaussianTeacherSource(Samples: 20), new StrokesSource(Samples: 20) })
        {
            var many = SyntheticData.Read(source, new DataLimits());
            var few = SyntheticData.Read(source with { Samples = 7 }, new DataLimits());
            Assert.Equal(many.Train.Inputs[..few.Train.Inputs.Length], few.Train.Inputs);
            Assert.Equal(((ClassLabels)many.Train.Targets).Labels[..7].ToArray(), ((ClassLabels)few.Train.Targets).Labels.ToArray());
        }
    }

    [Fact]
    public void Spirals_without_noise_lie_on_their_arms()
    {
        var data = SyntheticData.Read(new SpiralsSource(Classes: 4, Samples: 100, Noise: 0, Turns: 0.25), new DataLimits());
        for (var sample = 0; sample < 100; sample++)
        {
            var (x, y) = ((double)data.Train.Inputs[sample * 2], (double)data.Train.Inputs[(sample * 2) + 1]);
            var radius = Math.Sqrt((x * x) + (y * y));
            var angle = 2 * Math.PI * (((sample % 4) / 4.0) + (0.25 * radius));
            Assert.Equal(radius * Math.Cos(angle), x, 1e-6);
            Assert.Equal(radius * Math.Sin(angle), y, 1e-6);
        }
    }

    [Fact]
    public void A_teacher_without_noise_and_with_it_differ_in_about_the_share_that_was_asked_for()
    {
        var clean = Labels(new GaussianTeacherSource(Samples: 4000));
        var noisy = Labels(new GaussianTeacherSource(Samples: 4000, LabelNoise: 0.5));
        Assert.True(clean.Distinct().Count() > 5);

        // A redrawn label is the old one again in one case of ten.
        Assert.InRange(clean.Zip(noisy).Count(pair => pair.First != pair.Second) / 4000.0, 0.42, 0.48);

        static int[] Labels(GaussianTeacherSource source) => ((ClassLabels)SyntheticData.Read(source, new DataLimits()).Train.Targets).Labels.ToArray();
    }

    [Fact]
    public void Inputs_of_a_teacher_are_standard_normal()
    {
        var inputs = SyntheticData.Read(new GaussianTeacherSource(Samples: 5000), new DataLimits()).Train.Inputs;
        var mean = inputs.Average(value => (double)value);
        Assert.InRange(mean, -0.02, 0.02);
        Assert.InRange(inputs.Average(value => (value - mean) * (value - mean)), 0.97, 1.03);
    }

    [Fact]
    public void Strokes_of_one_class_are_more_alike_than_those_of_different_classes()
    {
        const int classes = 4;
        const int samples = 400;
        var data = SyntheticData.Read(new StrokesSource(Classes: classes, Samples: samples), new DataLimits());
        Assert.All(data.Train.Inputs, value => Assert.InRange(value, 0, 1));
        var length = data.SampleShape.ElementCount;
        double[] Mean(int label) => [.. Enumerable.Range(0, length).Select(pixel =>
            Enumerable.Range(0, samples / classes / 2).Average(index => (double)data.Train.Inputs[(((index * classes) + label) * length) + pixel]))];
        var means = Enumerable.Range(0, classes).Select(Mean).ToArray();

        // The second half of the samples, each to the nearest mean of the first half.
        var right = Enumerable.Range(samples / 2, samples / 2).Count(sample =>
            Enumerable.Range(0, classes).MinBy(label => Enumerable.Range(0, length).Sum(pixel => Square(data.Train.Inputs[(sample * length) + pixel] - means[label][pixel]))) == sample % classes);
        Assert.True(right > samples / 2 * 0.45, $"{right} of {samples / 2}");

        static double Square(double x) => x * x;
    }

    [Fact]
    public void More_than_fits_is_refused_before_it_is_drawn()
    {
        foreach (var source in new[] { "synthetic:spirals?samples=1000000000", "synthetic:gaussian-teacher?features=1000000", "synthetic:gaussian-teacher?outputs=1000000", "synthetic:strokes?height=4000&width=4000" })
        {
            var refusal = Assert.Throws<InvalidInputException>(() => DataSetLoader.Load(source, Half));
            Assert.Contains("over the bound of", refusal.Message, StringComparison.Ordinal);
        }
    }
}
