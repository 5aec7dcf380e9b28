namespace DistTrain.Data;

/// <summary>
/// Where a data set comes from, as written on the command line: <c>digits</c>, <c>mnist:DIR</c>, <c>idx:DIR</c> or <c>csv:FILE</c>, each with
/// options after a question mark, for example <c>csv:iris.csv?label=species&amp;scaling=unit</c>. <see cref="object.ToString"/> gives that text back.
/// </summary>
/// <param name="Scaling">How inputs are scaled; null for the source's default.</param>
public abstract record DataSource(ScalingKind? Scaling)
{
    /// <summary>Reads the text form.</summary>
    /// <exception cref="Learning.InvalidInputException">An unknown kind of source or option, or an option's value that is not possible.</exception>
    public static DataSource Parse(string text) => DataSourceText.Parse(text);

    public sealed override string ToString() => DataSourceText.Format(this);
}

/// <summary>The 1,797 handwritten digits that come with the program.</summary>
public sealed record DigitsSource(ScalingKind? Scaling = null) : DataSource(Scaling);

/// <summary>A folder with the four files of MNIST or of a drop-in replacement (Fashion-MNIST, KMNIST) under their standard names.</summary>
public sealed record MnistSource(string Folder, ScalingKind? Scaling = null) : DataSource(Scaling);

/// <summary>A folder with one or two pairs of IDX image and label files.</summary>
/// <param name="Folder">Where the files lie.</param>
/// <param name="Prefix">What the names of the wanted files begin with, where a folder holds several data sets.</param>
/// <param name="Scaling">How inputs are scaled; null for the source's default.</param>
public sealed record IdxSource(string Folder, string? Prefix = null, ScalingKind? Scaling = null) : DataSource(Scaling);

/// <summary>A text file with one sample a line.</summary>
/// <param name="File">Its path; it may be compressed with gzip.</param>
/// <param name="Label">
/// The column to predict: its name, or its zero-based index, negative from the end; null for the last; <c>none</c> for a file without labels.
/// A column's name goes before its index.
/// </param>
/// <param name="HasHeader">Whether the first line names the columns; null to find out: it does when none of its fields is a number.</param>
/// <param name="Task">What the label column holds.</param>
/// <param name="Separator">Between two columns.</param>
/// <param name="Scaling">How inputs are scaled; null for the source's default.</param>
public sealed record CsvSource(
    string File,
    string? Label = null,
    bool? HasHeader = null,
    CsvTask Task = CsvTask.Classification,
    CsvSeparator Separator = CsvSeparator.Comma,
    ScalingKind? Scaling = null) : DataSource(Scaling)
{
    /// <summary>The value of <see cref="Label"/> that says that there is no label column.</summary>
    public const string NoLabel = "none";
}

public enum CsvTask
{
    /// <summary>The label column names classes.</summary>
    Classification,

    /// <summary>The label column holds values to approximate.</summary>
    Regression,
}

public enum CsvSeparator
{
    Comma,
    Semicolon,
    Tab,
}
