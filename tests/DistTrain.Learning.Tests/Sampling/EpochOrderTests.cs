using DistTrain.Learning.Sampling;

namespace DistTrain.Learning.Tests.Sampling;

public class EpochOrderTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1797)]
    public void An_epochs_order_visits_every_sample_exactly_once(int count) =>
        Assert.Equal(Enumerable.Range(0, count), EpochOrder.Create(5, 1, count).Order());

    [Fact]
    public void The_order_is_pinned_and_depends_on_seed_and_epoch()
    {
        var order = EpochOrder.Create(1, 1, 8);
        Assert.Equal(order, EpochOrder.Create(1, 1, 8));
        Assert.NotEqual(EpochOrder.Create(1, 1, 100), EpochOrder.Create(1, 2, 100));
        Assert.NotEqual(EpochOrder.Create(1, 1, 100), EpochOrder.Create(2, 1, 100));
        Assert.Equal("1 7 0 5 2 4 3 6", string.Join(' ', order));
    }

    [Fact]
    public void Every_position_is_equally_likely_for_a_sample()
    {
        const int Epochs = 6000;
        var counts = new int[6];
        for (var epoch = 1; epoch <= Epochs; epoch++)
        {
            counts[Array.IndexOf(EpochOrder.Create(3, epoch, counts.Length), 0)]++;
        }

        // Chi-squared with 5 degrees of freedom stays below 20.5 with probability 0.999; the seed is fixed, so this either holds for ever or fails for ever.
        var expected = (double)Epochs / counts.Length;
        Assert.InRange(counts.Sum(count => (count - expected) * (count - expected) / expected), 0, 20.5);
    }
}
