using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Numerics;
using DistTrain.Learning.Reduction;
using DistTrain.Learning.Sampling;

namespace DistTrain.Learning.Tests.Diagnostics;

public class NoiseScaleTests
{
    private const int Parameters = 50;

    /// <summary>Of the mean gradient G, and of one sample's noise in each direction: |G|² = 5.5 and tr Σ = 60.</summary>
    private static readonly double[] Gradient = [.. Enumerable.Range(0, Parameters).Select(i => i < 22 ? 0.5 : 0)];
    private static readonly double[] Deviations = [.. Enumerable.Range(0, Parameters).Select(i => i % 2 == 0 ? Math.Sqrt(2) : Math.Sqrt(0.4))];
    private static readonly double SquaredNorm = Gradient.Sum(x => x * x);
    private static readonly double Variance = Deviations.Sum(x => x * x);

    public static TheoryData<int[]> Cuts { get; } = [[8, 8], [8, 8, 8, 8], [4, 5, 4, 5], [1, 2, 30, 31], [3, 1]];

    [Theory]
    [MemberData(nameof(Cuts))]
    public void The_means_of_the_estimates_are_the_true_values_within_two_percent(int[] sizes)
    {
        var random = new CounterBasedRandom(11, (ulong)sizes.Length);
        var (squaredNorm, variance) = Mean(25_000, () => Estimate([.. sizes.Select(size => Sum(ref random, size))], sizes));
        AssertWithin(0.02, SquaredNorm, squaredNorm);
        AssertWithin(0.02, Variance, variance);
    }

    /// <summary>All mini-batches of many epochs over the same few samples, as a run takes them. The gradient and the variance are those of the samples that there are.</summary>
    [Fact]
    public void Drawing_without_replacement_is_corrected_for()
    {
        const int Population = 40;
        int[] sizes = [4, 4];
        var random = new CounterBasedRandom(5, 1);
        double[][] samples = [.. Enumerable.Range(0, Population).Select(_ => Sum(ref random, 1))];
        double[] mean = [.. Enumerable.Range(0, Parameters).Select(i => samples.Average(sample => sample[i]))];
        var squaredNorm = mean.Sum(x => x * x);
        var variance = samples.Sum(sample => sample.Zip(mean, (x, m) => (x - m) * (x - m)).Sum()) / (Population - 1);
        var all = new NoiseAverage();
        const int Epochs = 3_000;
        for (var epoch = 1; epoch <= Epochs; epoch++)
        {
            var order = EpochOrder.Create(1, epoch, Population);
            for (var first = 0; first < Population; first += sizes.Sum())
            {
                var parts = new[] { order.AsSpan(first, 4).ToArray(), order.AsSpan(first + 4, 4).ToArray() };
                // With a decay so near to 1 the moving mean is a plain one.
                all = all.Add(Estimate([.. parts.Select(part => AddUp(part.Select(index => samples[index])))], sizes), 1 - 1e-9);
            }
        }

        var read = all.Read(Population);
        Assert.Equal(Epochs * Population / 8, read.Steps);
        AssertWithin(0.02, variance, read.GradientVariance!.Value);
        AssertWithin(0.02, squaredNorm, read.GradientSquaredNorm!.Value);
        AssertWithin(0.03, variance / squaredNorm, read.Samples!.Value);
        // The correction is what makes it so.
        Assert.True(all.Read(int.MaxValue).GradientSquaredNorm < 0.95 * squaredNorm, $"{all.Read(int.MaxValue)} against {squaredNorm}");
    }

    [Fact]
    public void A_gradient_that_the_noise_hides_has_no_noise_scale_instead_of_a_wrong_one()
    {
        var hidden = new NoiseAverage().Add(new NoiseSample(-1, 8), 0.9).Read(1000);
        Assert.Null(hidden.Samples);
        Assert.Equal(-1 + 0.008, hidden.GradientSquaredNorm!.Value, 12);
        Assert.Equal(8, hidden.GradientVariance!.Value, 12);
        Assert.Contains("not positive", hidden.WhyUndetermined, StringComparison.Ordinal);
        var without = new NoiseAverage().Read(1000);
        Assert.Equal(((double?)null, (double?)null, (double?)null, 0L), (without.Samples, without.GradientSquaredNorm, without.GradientVariance, without.Steps));
        Assert.Contains("no step", without.WhyUndetermined, StringComparison.Ordinal);
        Assert.Contains("negative", new NoiseAverage().Add(new NoiseSample(4, -2), 0.9).Read(1000).WhyUndetermined, StringComparison.Ordinal);
        Assert.Null(new NoiseAverage().Add(new NoiseSample(4, 0), 0.9).Read(1000).WhyUndetermined);
    }

    [Fact]
    public void The_moving_mean_of_a_constant_is_the_constant_from_the_first_on_and_forgets_at_its_pace()
    {
        var average = new NoiseAverage();
        for (var i = 0; i < 100; i++)
        {
            average = average.Add(new NoiseSample(2, 30), 0.9);
            AssertWithin(1e-12, 15, average.Read(int.MaxValue).Samples!.Value * (average.Read(int.MaxValue).GradientSquaredNorm!.Value / 2));
            AssertWithin(1e-12, 30, average.Read(int.MaxValue).GradientVariance!.Value);
        }

        Assert.Equal(average, average.Add(new NoiseSample(double.NaN, 1), 0.9));
        Assert.Equal(average, average.Add(new NoiseSample(1, double.PositiveInfinity), 0.9));
        var moved = average;
        for (var i = 0; i < 10; i++)
        {
            moved = moved.Add(new NoiseSample(2, 0), 0.9);
        }

        AssertWithin(1e-3, 30 * Math.Pow(0.9, 10), moved.Read(int.MaxValue).GradientVariance!.Value);
        Assert.Equal(0.5, NoiseAverage.Decay(32, 32));
        Assert.Equal(0.9, NoiseAverage.Decay(90, 10));
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(2, 0, 2)]
    [InlineData(4, 0, 4)]
    [InlineData(16, 2, 4)]
    [InlineData(64, 4, 4)]
    public void The_nodes_are_those_of_one_level_and_at_most_four(int microBatches, int level, int count)
    {
        var partition = MiniBatchPartition.Create(200, microBatches);
        Assert.Equal((level, count), (NoiseNodes.LevelOf(partition), NoiseNodes.CountOf(partition)));
        Assert.Equal(microBatches, count << level);
    }

    /// <summary>Chunk sums are added in the order of the chunks, whichever shard has them: another order gives other bits here.</summary>
    [Fact]
    public void Norms_do_not_depend_on_how_chunks_are_spread_over_shards()
    {
        var node = new TreeNode(2, 0);
        double[] sums = [1e16, 1, 1, 1, 1, -1e16, 3];
        double Norm(params int[][] cut) => ShardSquares.Norms([.. cut.Select(chunks => new ShardSquares([.. chunks], [new NodeSquares(node, [.. chunks.Select(chunk => sums[chunk])])]))])[node];
        var whole = Norm([0, 1, 2, 3, 4, 5, 6]);
        Assert.Equal(ShardSquares.Sum(sums), whole);
        Assert.NotEqual(whole, ShardSquares.Sum(sums.Reverse()));
        Assert.Equal(whole, Norm([0, 3, 6], [1, 2, 4, 5]));
        Assert.Equal(whole, Norm([4, 5], [], [0, 1, 2, 3, 6]));
        Assert.Empty(ShardSquares.Norms([new ShardSquares([0], [new NodeSquares(node, [1])]), new ShardSquares([1], [])]));
        Assert.Empty(ShardSquares.Norms([new ShardSquares([0, 1], [new NodeSquares(node, [1])])]));
        Assert.Empty(ShardSquares.Norms([]));
    }

    private static NoiseSample Estimate(double[][] sums, int[] sizes) =>
        NoiseSample.Estimate([.. sums.Select(sum => sum.Sum(x => x * x))], sizes, AddUp(sums).Sum(x => x * x));

    private static double[] AddUp(IEnumerable<double[]> vectors) => vectors.Aggregate((sum, next) => [.. sum.Zip(next, (x, y) => x + y)]);

    /// <summary>The sum of so many samples' gradients.</summary>
    private static double[] Sum(ref CounterBasedRandom random, int size)
    {
        var sum = new double[Parameters];
        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] = (size * Gradient[i]) + (Math.Sqrt(size) * Deviations[i] * random.Normal());
        }

        return sum;
    }

    private static (double SquaredNorm, double Variance) Mean(int draws, Func<NoiseSample> draw)
    {
        double squaredNorm = 0, variance = 0;
        for (var i = 0; i < draws; i++)
        {
            var sample = draw();
            squaredNorm += sample.SquaredNorm / draws;
            variance += sample.Variance / draws;
        }

        return (squaredNorm, variance);
    }

    private static void AssertWithin(double share, double expected, double actual) => Assert.InRange(actual, expected * (1 - share), expected * (1 + share));
}
