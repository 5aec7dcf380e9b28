using DistTrain.Study.Statistics;

namespace DistTrain.Study.Tests.Statistics;

public class IntervalTextTests
{
    [Theory]
    [InlineData(1243.7, 1180.2, 1421.9, "1,240 (1,180 to 1,420)")]
    [InlineData(0.034217, 0.03112, 0.03991, "0.0342 (0.0311 to 0.0399)")]
    [InlineData(3.14159, 3.1, 3.2, "3.14 (3.10 to 3.20)")]
    [InlineData(12, 8, 19, "12 (8 to 19)")]
    [InlineData(5, 5, 5, "5.00 (5.00 to 5.00)")]
    [InlineData(5, 4, double.PositiveInfinity, "5.00 (above 4.00)")]
    public void Digits_of_which_the_interval_says_nothing_are_not_shown(double value, double lower, double upper, string text) => Assert.Equal(text, IntervalText.Of(value, lower, upper));

    [Fact]
    public void An_open_end_is_said_to_be_open() => Assert.Equal("300 (100 to more than 1,000)", IntervalText.Of(300, 100, 1000, isUpperOpen: true));

    [Theory]
    [InlineData(1200, "1,200")]
    [InlineData(0.012345, "0.0123")]
    [InlineData(double.NaN, "undetermined")]
    public void A_value_alone_has_three_figures_or_is_whole(double value, string text) => Assert.Equal(text, IntervalText.Of(value));
}
