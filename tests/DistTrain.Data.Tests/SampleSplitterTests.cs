using DistTrain.Learning;

namespace DistTrain.Data.Tests;

public class SampleSplitterTests
{
    [Theory]
    [InlineData(10, 0.2, 2)]
    [InlineData(10, 0.25, 3)]
    [InlineData(10, 0.001, 1)]
    [InlineData(10, 0.999, 9)]
    [InlineData(2, 0.5, 1)]
    [InlineData(1797, 0.2, 359)]
    public void The_test_part_is_the_nearest_whole_share_but_never_nothing_or_all(int count, double ratio, int expected)
    {
        var (train, test) = SampleSplitter.Split(Samples(count), ratio, 1, "x");
        Assert.Equal((count - expected, expected), (train.Count, test.Count));
    }

    [Fact]
    public void Every_sample_goes_to_exactly_one_part_with_its_target_and_in_order()
    {
        var (train, test) = SampleSplitter.Split(Samples(100), 0.3, 7, "x");
        Assert.Equal(Enumerable.Range(0, 100), Labels(train).Concat(Labels(test)).Order());
        foreach (var part in new[] { train, test })
        {
            Assert.Equal(Labels(part).Order(), Labels(part));
            Assert.Equal(Labels(part).SelectMany(label => new float[] { label, -label }), part.Inputs);
        }
    }

    [Fact]
    public void The_seed_decides_and_nothing_else()
    {
        Assert.Equal(Labels(SampleSplitter.Split(Samples(100), 0.3, 7, "x").Test), Labels(SampleSplitter.Split(Samples(100), 0.3, 7, "x").Test));
        Assert.NotEqual(Labels(SampleSplitter.Split(Samples(100), 0.3, 7, "x").Test), Labels(SampleSplitter.Split(Samples(100), 0.3, 8, "x").Test));
    }

    [Fact]
    public void Values_keep_their_width()
    {
        var samples = new RawPart([0, 1, 2], new TargetValues(new float[] { 0, 10, 1, 11, 2, 12 }, 2));
        var (train, test) = SampleSplitter.Split(samples, 0.34, 1, "x");
        foreach (var part in new[] { train, test })
        {
            Assert.Equal(part.Inputs.SelectMany(input => new[] { input, input + 10 }), ((TargetValues)part.Targets).Values.ToArray());
        }
    }

    [Fact]
    public void One_sample_cannot_be_split() =>
        Assert.Contains("x holds 1 sample", Assert.Throws<InvalidInputException>(() => SampleSplitter.Split(Samples(1), 0.5, 1, "x")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void A_ratio_out_of_range_is_refused(double ratio) =>
        Assert.Contains(
            "test ratio",
            Assert.Throws<InvalidInputException>(() => DataSetLoader.Load("digits", new DataSetOptions { TestRatio = ratio })).Message,
            StringComparison.Ordinal);

    private static RawPart Samples(int count) => new(
        [.. Enumerable.Range(0, count).SelectMany(sample => new float[] { sample, -sample })],
        new ClassLabels(Enumerable.Range(0, count).ToArray(), [.. Enumerable.Range(0, count).Select(label => $"{label}")]));

    private static int[] Labels(RawPart part) => ((ClassLabels)part.Targets).Labels.ToArray();
}
