using DistTrain.Learning;

namespace DistTrain.Data.Tests;

public class DataSourceTests
{
    public static TheoryData<string, DataSource> Sources => new()
    {
        { "digits", new DigitsSource() },
        { "digits?scaling=none", new DigitsSource(ScalingKind.None) },
        { "mnist:/data/mnist", new MnistSource("/data/mnist") },
        { @"mnist:C:\data", new MnistSource(@"C:\data") },
        { "idx:letters?prefix=emnist-letters", new IdxSource("letters", "emnist-letters") },
        { "csv:iris.csv", new CsvSource("iris.csv") },
        { "csv:iris.csv?label=species&header=true&scaling=unit", new CsvSource("iris.csv", "species", true, Scaling: ScalingKind.Unit) },
        { "csv:a.csv?label=-2&header=false&task=regression&separator=tab", new CsvSource("a.csv", "-2", false, CsvTask.Regression, CsvSeparator.Tab) },
        { "csv:what?.csv?label=a%26b%3Dc", new CsvSource("what?.csv", "a&b=c") },
    };

    [Theory]
    [MemberData(nameof(Sources))]
    public void Text_form_and_source_say_the_same(string text, DataSource source)
    {
        Assert.Equal(source, DataSource.Parse(text));
        Assert.Equal(text, source.ToString());
    }

    [Theory]
    [InlineData("", "unknown kind")]
    [InlineData("digitz", "unknown kind")]
    [InlineData("parquet:x", "unknown kind")]
    [InlineData("mnist", "not complete")]
    [InlineData("mnist:", "not complete")]
    [InlineData("csv:?label=1", "not complete")]
    [InlineData("digits:x", "a path too many")]
    [InlineData("csv:x?lable=1", "no option 'lable': it takes header, label, scaling, separator, task")]
    [InlineData("digits?label=1", "no option 'label'")]
    [InlineData("csv:x?label", "key=value")]
    [InlineData("csv:x?label=", "key=value")]
    [InlineData("csv:x?label=1&label=2", "twice")]
    [InlineData("csv:x?header=maybe", "use one of true, false")]
    [InlineData("csv:x?scaling=minmax", "use one of none, unit, standard")]
    public void Text_that_means_nothing_is_refused_with_what_is_possible(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidInputException>(() => DataSource.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_question_mark_in_a_path_survives_the_text_form()
    {
        var source = new CsvSource("what?.csv");
        Assert.Equal(source, DataSource.Parse(source.ToString()));
    }
}
