using DistTrain.Learning;
using DistTrain.Study.Sampling;

namespace DistTrain.Study.Tests.Sampling;

public class SearchSpaceTextTests
{
    [Theory]
    [InlineData("learning-rate=log(1e-4,1)", "learning-rate=log(0.0001,1)")]
    [InlineData("learning-rate = log( 1e-4 .. 1 )", "learning-rate=log(0.0001,1)")]
    [InlineData("momentum=log1m(0.5,0.99)", "momentum=log1m(0.5,0.99)")]
    [InlineData("model.dropout=0.1..0.5", "model.dropout=0.1..0.5")]
    [InlineData("x=linear(-1,1)", "x=-1..1")]
    [InlineData("x=.1...5", "x=0.1..0.5")]
    [InlineData("batch=int(16..256)", "batch=int(16..256)")]
    [InlineData("batch=int(16,256)", "batch=int(16..256)")]
    [InlineData("x=int-log(8,1024)", "x=int-log(8..1024)")]
    [InlineData("optimizer=sgd, adam", "optimizer=sgd,adam")]
    [InlineData("optimizer={sgd,adam}", "optimizer=sgd,adam")]
    [InlineData("rate=0.1,0.01", "rate=0.1,0.01")]
    [InlineData("model=mlp:128|mlp:512,512", "model=mlp:128|mlp:512,512")]
    public void What_is_read_has_one_text_which_reads_as_the_same(string text, string canonical)
    {
        var dimension = SearchSpaceText.ParseDimension(text);
        Assert.Equal(canonical, dimension.Text);
        Assert.Equal(dimension, SearchSpaceText.ParseDimension(dimension.Text));
    }

    [Theory]
    [InlineData("learning-rate", "is no setting with a range")]
    [InlineData("=log(1,2)", "is no setting with a range")]
    [InlineData("x=", "is no setting with a range")]
    [InlineData("x=log(0,1)", "starts above 0, but this one starts at 0")]
    [InlineData("x=log(1,0.1)", "the range 1 to 0.1 is empty")]
    [InlineData("x=1..1", "the range 1 to 1 is empty")]
    [InlineData("x=log1m(0.5,1)", "lies from 0 to below 1, but this one is 0.5 to 1")]
    [InlineData("x=int(0.5..3)", "needs whole ends of ordinary size, but has 0.5 and 3")]
    [InlineData("x=int(0..1e12)", "needs whole ends of ordinary size")]
    [InlineData("x=int-log(0..8)", "starts at 1 or above, but this one starts at 0")]
    [InlineData("x=normal(0,1)", "there is no range normal(...); write log(a,b)")]
    [InlineData("x=log(1)", "a range has two ends, but '1' has not")]
    [InlineData("x=log(a,b)", "'a' is no number")]
    [InlineData("x=0..inf", "'inf' is no number")]
    [InlineData("x=adam", "'adam' is a single value, so there is nothing to search")]
    [InlineData("x=sgd,,adam", "one of the choices in 'sgd,,adam' is empty")]
    [InlineData("x=sgd,adam,sgd", "names a choice twice")]
    public void What_cannot_be_read_is_refused_in_one_sentence(string text, string sentence)
    {
        var refusal = Assert.Throws<InvalidInputException>(() => SearchSpaceText.ParseDimension(text));
        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }
}
