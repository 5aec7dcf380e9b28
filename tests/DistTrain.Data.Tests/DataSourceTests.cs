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
        { "csv:a.csv?label=-2&header=false&task=regression&separator=tab", new CsvSource("a.csv", "-2", false, LabelTask.Regression, CsvSeparator.Tab) },
        { "csv:what?.csv?label=a%26b%3Dc", new CsvSource("what?.csv", "a&b=c") },
        { "cifar10:/data", new CifarSource("/data") },
        { "cifar100:/data", new CifarSource("/data", CifarLabels.Fine) },
        { "cifar100:/data?labels=coarse&scaling=standard", new CifarSource("/data", CifarLabels.Coarse, ScalingKind.Standard) },
        { "npy:/a/x.npy", new NpySource("/a/x.npy") },
        { "npy:x?.npy?labels=/a/y%3F%25.npy&task=regression", new NpySource("x?.npy", "/a/y?%.npy", LabelTask.Regression) },
        { "npz:a.npz?task=classification", new NpzSource("a.npz", LabelTask.Classification) },
        { "text:a.txt", new TextSource("a.txt") },
        { "text:a.txt?steps=9&tokens=bytes", new TextSource("a.txt", 9, TextTokens.Bytes) },
        { "synthetic:spirals", new SpiralsSource() },
        { "synthetic:spirals?classes=5&samples=2000&noise=0.25&turns=1.5&seed=18446744073709551615", new SpiralsSource(5, 2000, 0.25, 1.5, ulong.MaxValue) },
        { "synthetic:gaussian-teacher", new GaussianTeacherSource() },
        { "synthetic:gaussian-teacher?features=3&classes=4&label-noise=0.1", new GaussianTeacherSource(3, 4, LabelNoise: 0.1) },
        { "synthetic:gaussian-teacher?outputs=1&samples=9&hidden=2&seed=0", new GaussianTeacherSource(Classes: null, Samples: 9, Hidden: 2, Seed: 0) },
        { "synthetic:strokes?height=16&width=20&noise=0&scaling=unit", new StrokesSource(16, 20, Noise: 0, Scaling: ScalingKind.Unit) },
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
    [InlineData("npy:", "not complete")]
    [InlineData("cifar10:x?labels=fine", "no option 'labels'")]
    [InlineData("cifar100:x?labels=some", "use one of fine, coarse")]
    [InlineData("synthetic", "not complete")]
    [InlineData("text:", "not complete")]
    [InlineData("text:a?steps=0", "use a whole number from 1")]
    [InlineData("text:a?tokens=words", "use one of characters, bytes")]
    [InlineData("synthetic:moons", "spirals, gaussian-teacher or strokes")]
    [InlineData("synthetic:spirals?classes=1", "use a whole number from 2")]
    [InlineData("synthetic:spirals?samples=1e3", "use a whole number from 2")]
    [InlineData("synthetic:spirals?noise=NaN", "use a number from 0")]
    [InlineData("synthetic:spirals?seed=-1", "use a whole number of at least 0")]
    [InlineData("synthetic:spirals?height=3", "no option 'height'")]
    [InlineData("synthetic:gaussian-teacher?classes=3&outputs=1", "both classes and outputs")]
    [InlineData("synthetic:gaussian-teacher?label-noise=1.5", "use a number from 0 to 1")]
    [InlineData("synthetic:strokes?width=4", "use a whole number from 8")]
    public void Text_that_means_nothing_is_refused_with_what_is_possible(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidInputException>(() => DataSource.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_question_mark_in_a_path_survives_the_text_form()
    {
        var source = new CsvSource("what?.csv");
        Assert.Equal(source, DataSource.Parse(source.ToString()));
    }
}
