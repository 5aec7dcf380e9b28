using DistTrain.Study.Reports.Plotting;
using FsCheck;
using FsCheck.Fluent;

namespace DistTrain.Study.Tests.Reports;

public class TicksTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(500).WithReplay(20260127, 1);

    [Fact]
    public void Marks_of_a_linear_axis_rise_evenly_within_it_and_are_few() => Check.One(Many, Ranges((least, length, atMost) =>
    {
        var most = least + length;
        var ticks = Ticks.Linear(least, most, atMost).Major;
        Assert.InRange(ticks.Length, 2, atMost);
        Assert.All(ticks, value => Assert.InRange(value, least - (length * 1e-8), most + (length * 1e-8)));
        var gaps = ticks.Zip(ticks.Skip(1), (one, other) => other - one).ToArray();
        Assert.All(gaps, gap => Assert.True(gap > 0 && Math.Abs(gap - gaps[0]) <= length * 1e-8));
    }));

    [Fact]
    public void Marks_of_a_logarithmic_axis_rise_within_it_and_none_is_both_major_and_minor() => Check.One(Many, Ranges((exponent, decades, atMost) =>
    {
        var least = Math.Pow(10, exponent / 1000);
        var most = least * Math.Pow(10, decades / 1000);
        var ticks = Ticks.Logarithmic(least, most, atMost);
        Assert.InRange(ticks.Major.Length, 2, Math.Max(atMost, 2));
        Assert.Equal(ticks.Major.Order(), ticks.Major);
        Assert.Equal(ticks.Minor.Order(), ticks.Minor);
        Assert.Empty(ticks.Major.Intersect(ticks.Minor));
        Assert.All(ticks.Major.Concat(ticks.Minor), value => Assert.InRange(value, least * (1 - 1e-8), most * (1 + 1e-8)));
    }));

    [Fact]
    public void Powers_of_ten_are_marked_on_a_wide_axis_and_halves_on_a_narrow_one()
    {
        Assert.Equal([0.001, 0.01, 0.1, 1], Ticks.Logarithmic(0.0005, 2, 8).Major.AsEnumerable());
        Assert.Equal([1, 2, 5, 10, 20, 50], Ticks.Logarithmic(1, 60, 8).Major.AsEnumerable());
        Assert.Contains(30, Ticks.Logarithmic(1, 60, 8).Minor);
        Assert.Equal([0, 0.1, 0.2, 0.3, 0.4, 0.5], Ticks.Linear(0, 0.5, 6).Major.AsEnumerable());
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.3, "0.3")]
    [InlineData(20000, "20k")]
    [InlineData(1500, "1.5k")]
    [InlineData(2.5e9, "2.5G")]
    [InlineData(0.001, "0.001")]
    [InlineData(1e-5, "10⁻⁵")]
    [InlineData(2e-12, "2·10⁻¹²")]
    [InlineData(-0.05, "-0.05")]
    public void Numbers_at_axes_are_short(double value, string expected) => Assert.Equal(expected, NumberText.OfAxis(value));

    [Theory]
    [InlineData(1234.4, "1,234")]
    [InlineData(0.012345, "0.0123")]
    [InlineData(214.7, "215")]
    [InlineData(9.996, "10")]
    [InlineData(0.000012, "1.2·10⁻⁵")]
    [InlineData(double.NaN, "not a number")]
    public void Figures_have_three_digits_that_count(double value, string expected) => Assert.Equal(expected, NumberText.Figure(value));

    [Fact]
    public void Thinning_keeps_first_last_least_and_greatest_of_each_column()
    {
        var points = Enumerable.Range(0, 1000).Select(i => (i / 100.0, Math.Sin(i * 0.37) * i)).ToArray();
        var kept = Thinning.Visible([.. points]);
        Assert.True(kept.Length <= 40);
        Assert.All(points.GroupBy(point => Math.Floor(point.Item1)), column =>
        {
            var own = kept.Where(point => Math.Floor(point.X) == column.Key).ToArray();
            Assert.Equal(column.First(), own[0]);
            Assert.Equal(column.Last(), own[^1]);
            Assert.Equal(column.Min(point => point.Item2), own.Min(point => point.Y));
            Assert.Equal(column.Max(point => point.Item2), own.Max(point => point.Y));
        });
    }

    [Fact]
    public void What_cannot_be_drawn_on_a_logarithmic_axis_breaks_the_line_and_stays_off_the_drawing()
    {
        var plot = new Plot("losses", new PlotAxis("step"), PlotAxis.Logarithmic("loss"), [new Curve([(1, 1), (2, 0.5), (3, double.NaN), (4, 0), (5, 0.1), (6, 0.05)])]);
        var path = System.Text.RegularExpressions.Regex.Match(plot.Svg(DrawingSize.Wide), "<path d=\"([^\"]*)\"").Groups[1].Value;
        Assert.Equal(2, path.Count(letter => letter == 'M'));
        Assert.DoesNotContain("NaN", path, StringComparison.Ordinal);
    }

    private static Property Ranges(Action<double, double, int> check) => Prop.ForAll(
        Gen.Choose(-6000, 6000).SelectMany(least => Gen.Choose(1, 9000).SelectMany(length => Gen.Choose(3, 12).Select(atMost => (least, length, atMost)))).ToArbitrary(),
        range => check(range.least, range.length, range.atMost));
}
