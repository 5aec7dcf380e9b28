using DistTrain.Learning;
using DistTrain.Study.Sampling;

namespace DistTrain.Study.Tests.Sampling;

public class SearchSpaceTests
{
    private static readonly SearchSpace Space = SearchSpaceText.Parse(
    [
        "learning-rate=log(1e-4,1)", "momentum=log1m(0.5,0.999)", "dropout=0.1..0.5", "layers=int(1..4)", "width=int-log(8..1024)", "optimizer=sgd,adam,lamb", "offset=linear(1000,1001)",
    ]);

    [Fact]
    public void Every_value_lies_in_its_range_and_its_text_and_point_lead_back_to_it()
    {
        for (var i = 0; i < 2000; i++)
        {
            var values = Space.Values(RandomSampler.Point(Space, 1, i));
            Assert.Equal(values.AsEnumerable(), Space.Values(Space.Point(values)));
            Assert.All(values.Where(value => value.Number is not null), value => Assert.Equal(value.Number!.Value, double.Parse(value.Text, System.Globalization.CultureInfo.InvariantCulture)));
            Assert.InRange(values[0].Number!.Value, 1e-4, 1);
            Assert.InRange(values[1].Number!.Value, 0.5, 0.999);
            Assert.InRange(values[2].Number!.Value, 0.1, 0.5);
            Assert.InRange(values[3].Number!.Value, 1, 4);
            Assert.Equal(Math.Floor(values[3].Number!.Value), values[3].Number!.Value);
            Assert.InRange(values[4].Number!.Value, 8, 1024);
            Assert.Equal(Math.Floor(values[4].Number!.Value), values[4].Number!.Value);
            Assert.True(values[5] is { Text: "sgd" or "adam" or "lamb", Number: null });
        }
    }

    [Theory]
    [InlineData(0, "0.0001", "0.5", "0.1", "1", "8", "sgd", "1000")]
    [InlineData(0.5, "0.01", "0.9776393", "0.3", "3", "88", "adam", "1000.5")]
    [InlineData(1, "1", "0.999", "0.5", "4", "1024", "lamb", "1001")]
    public void Values_are_even_in_the_measure_of_their_range(double unit, params string[] texts)
    {
        var values = Space.Values(new UnitPoint([.. Enumerable.Repeat(unit, 7)]));
        Assert.Equal(texts, values.Select(value => value.Text));
    }

    [Fact]
    public void A_value_has_six_figures()
    {
        var texts = Enumerable.Range(0, 200).Select(i => Space.Values(RandomSampler.Point(Space, 1, i))[0].Text).ToArray();
        Assert.All(texts, text => Assert.InRange(text.Replace("0.", "", StringComparison.Ordinal).TrimStart('0').Split('E')[0].Length, 1, 7));

        // A range of a thousandth of its place still has a million values.
        var narrow = Enumerable.Range(0, 200).Select(i => Space.Values(RandomSampler.Point(Space, 1, i))[6].Text).Distinct();
        Assert.Equal(200, narrow.Count());
    }

    [Fact]
    public void Whole_numbers_and_choices_are_drawn_equally_often()
    {
        var values = Enumerable.Range(0, 4000).Select(i => Space.Values(RandomSampler.Point(Space, 2, i))).ToArray();
        Assert.All(values.CountBy(value => value[3].Text), count => Assert.InRange(count.Value, 880, 1120));
        Assert.All(values.CountBy(value => value[5].Text), count => Assert.InRange(count.Value, 1200, 1470));

        // Of widths uniform in the logarithm, 8 to 90 are half: log(90.5/7.5)/log(1024.5/7.5) = 0.5065.
        Assert.InRange(values.Count(value => value[4].Number <= 90), 1880, 2180);
    }

    [Fact]
    public void Equal_configurations_have_equal_points()
    {
        var one = Space.Snap(new UnitPoint([0.5, 0.5, 0.5, 0.30, 0.5, 0.40, 0.5]));
        var other = Space.Snap(new UnitPoint([0.5, 0.5, 0.5, 0.45, 0.5, 0.60, 0.5]));
        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
    }

    [Fact]
    public void A_space_of_whole_numbers_and_choices_is_counted()
    {
        Assert.Null(Space.ConfigurationCount);
        Assert.Equal(15, SearchSpaceText.Parse(["a=int(1..5)", "b=x,y,z"]).ConfigurationCount);
    }

    [Fact]
    public void A_value_out_of_range_is_our_fault()
    {
        Assert.Throws<ArgumentException>(() => Space.Dimensions[0].Unit(SearchValue.Of(2)));
        Assert.Throws<ArgumentException>(() => Space.Dimensions[5].Unit(new SearchValue("rmsprop", null)));
    }

    [Fact]
    public void Nothing_to_search_and_a_name_given_twice_are_refused()
    {
        Assert.Contains("nothing to search", Assert.Throws<InvalidInputException>(() => SearchSpaceText.Parse([])).Message, StringComparison.Ordinal);
        Assert.Contains("a is given twice", Assert.Throws<InvalidInputException>(() => SearchSpaceText.Parse(["a=0..1", "a=1,2"])).Message, StringComparison.Ordinal);
    }
}
