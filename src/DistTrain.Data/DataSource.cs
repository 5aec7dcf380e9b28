using System.Collections.Immutable;

namespace DistTrain.Data;

/// <summary>
/// Where a data set comes from, as written on the command line: <c>digits</c>, <c>mnist:FOLDER</c>, <c>csv:FILE</c>, <c>synthetic:spirals</c> and so on, each with
/// options after a question mark, for example <c>csv:iris.csv?label=species&amp;scaling=unit</c>. <see cref="object.ToString"/> gives that text back.
/// </summary>
/// <param name="Scaling">How inputs are scaled; null for the source's default.</param>
public abstract record DataSource(ScalingKind? Scaling)
{
    /// <summary>Reads the text form.</summary>
    /// <exception cref="Learning.InvalidInputException">An unknown kind of source or option, or an option's value that is not possible.</exception>
    public static DataSource Parse(string text) => DataSourceText.Parse(text);

    /// <summary>The same source with its paths made independent of the current folder.</summary>
    public virtual DataSource WithFullPaths() => this;

    /// <summary>The files that it is read from, each with its hash; none where the program makes or has the samples itself.</summary>
    /// <exception cref="Learning.InvalidInputException">One is missing or cannot be read.</exception>
    public ImmutableArray<SourceFile> Files() => [.. Places().Select(place => SourceFile.Read(place.Path, place.Name))];

    /// <summary>The same source, read from copies of its <see cref="Files"/> that lie in one folder under their names.</summary>
    public virtual DataSource In(string folder) => this;

    /// <summary>Where the files lie that it is read from, and their names in another folder.</summary>
    private protected virtual IReadOnlyList<(string Path, string Name)> Places() => [];

    private protected static (string Path, string Name) Place(string path) => (path, SourceFile.PortableName(path));

    public sealed override string ToString() => DataSourceText.Format(this);
}

/// <summary>The 1,797 handwritten digits that come with the program.</summary>
public sealed record DigitsSource(ScalingKind? Scaling = null) : DataSource(Scaling);

/// <summary>A folder with the four files of MNIST or of a drop-in replacement (Fashion-MNIST, KMNIST) under their standard names.</summary>
public sealed record MnistSource(string Folder, ScalingKind? Scaling = null) : DataSource(Scaling)
{
    public override DataSource WithFullPaths() => this with { Folder = Path.GetFullPath(Folder) };

    public override DataSource In(string folder) => this with { Folder = folder };

    private protected override IReadOnlyList<(string Path, string Name)> Places()
    {
        var (train, test) = IdxFolder.FindMnist(Folder);
        return [Place(train.ImagesPath), Place(train.LabelsPath), Place(test.ImagesPath), Place(test.LabelsPath)];
    }
}

/// <summary>A folder with one or two pairs of IDX image and label files.</summary>
/// <param name="Folder">Where the files lie.</param>
/// <param name="Prefix">What the names of the wanted files begin with, where a folder holds several data sets.</param>
/// <param name="Scaling">How inputs are scaled; null for the source's default.</param>
public sealed record IdxSource(string Folder, string? Prefix = null, ScalingKind? Scaling = null) : DataSource(Scaling)
{
    public override DataSource WithFullPaths() => this with { Folder = Path.GetFullPath(Folder) };

    public override DataSource In(string folder) => this with { Folder = folder };

    private protected override IReadOnlyList<(string Path, string Name)> Places()
    {
        var (train, test) = IdxFolder.Find(Folder, Prefix);
        return [Place(train.ImagesPath), Place(train.LabelsPath), .. test is null ? [] : new[] { Place(test.ImagesPath), Place(test.LabelsPath) }];
    }
}

/// <summary>A folder with the binary files of CIFAR-10 or CIFAR-100 (A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009).</summary>
/// <param name="Folder">Where the files lie.</param>
/// <param name="Labels">Which data set it is and which of its labels are learned.</param>
/// <param name="Scaling">How inputs are scaled; null for the source's default.</param>
public sealed record CifarSource(string Folder, CifarLabels Labels = CifarLabels.Ten, ScalingKind? Scaling = null) : DataSource(Scaling)
{
    public override DataSource WithFullPaths() => this with { Folder = Path.GetFullPath(Folder) };

    public override DataSource In(string folder) => this with { Folder = folder };

    private protected override IReadOnlyList<(string Path, string Name)> Places() => [.. CifarReader.FindFiles(this).Select(Place)];
}

/// <summary>The labels of the two CIFAR data sets.</summary>
public enum CifarLabels
{
    /// <summary>The 10 classes of CIFAR-10.</summary>
    Ten,

    /// <summary>The 100 classes of CIFAR-100.</summary>
    Fine,

    /// <summary>The 20 groups of classes of CIFAR-100.</summary>
    Coarse,
}

/// <summary>Samples in a NumPy file, the first axis counting them, with their labels in another.</summary>
/// <param name="Inputs">The file of the samples.</param>
/// <param name="Labels">The file of the labels, one for each sample; null for samples without labels.</param>
/// <param name="Task">What the labels are; null for classes where they are whole numbers and values where they are not.</param>
/// <param name="Scaling">How inputs are scaled; null for the source's default.</param>
public sealed record NpySource(string Inputs, string? Labels = null, LabelTask? Task = null, ScalingKind? Scaling = null) : DataSource(Scaling)
{
    public override DataSource WithFullPaths() => this with { Inputs = Path.GetFullPath(Inputs), Labels = Labels is null ? null : Path.GetFullPath(Labels) };

    public override DataSource In(string folder) => this with { Inputs = Path.Combine(folder, InputsName), Labels = Labels is null ? null : Path.Combine(folder, LabelsName(Labels)) };

    private protected override IReadOnlyList<(string Path, string Name)> Places() => [(Inputs, InputsName), .. Labels is null ? [] : new[] { (Labels, LabelsName(Labels)) }];

    private string InputsName => SourceFile.PortableName(Inputs);

    /// <summary>The two files may have one name in different folders.</summary>
    private string LabelsName(string labels) => SourceFile.PortableName(labels) is var name && name == InputsName ? $"labels-{name}" : name;
}

/// <summary>A NumPy archive with the arrays <c>x_train</c>, <c>y_train</c>, <c>x_test</c>, <c>y_test</c>, or <c>x</c> and <c>y</c>; with <c>x</c> alone, samples without labels.</summary>
/// <param name="File">The archive.</param>
/// <param name="Task">What the labels are; null for classes where they are whole numbers and values where they are not.</param>
/// <param name="Scaling">How inputs are scaled; null for the source's default.</param>
public sealed record NpzSource(string File, LabelTask? Task = null, ScalingKind? Scaling = null) : DataSource(Scaling)
{
    public override DataSource WithFullPaths() => this with { File = Path.GetFullPath(File) };

    public override DataSource In(string folder) => this with { File = Path.Combine(folder, SourceFile.PortableName(File)) };

    private protected override IReadOnlyList<(string Path, string Name)> Places() => [Place(File)];
}

/// <summary>A text for next-step prediction: every sample is a piece of it as token numbers, every label the token behind.</summary>
/// <param name="File">Its path; it may be compressed with gzip.</param>
/// <param name="Steps">Tokens of a sample.</param>
/// <param name="Tokens">What a token is.</param>
/// <param name="Scaling">Null or none: token numbers are no quantities.</param>
public sealed record TextSource(string File, int Steps = 64, TextTokens Tokens = TextTokens.Characters, ScalingKind? Scaling = null) : DataSource(Scaling)
{
    public override DataSource WithFullPaths() => this with { File = Path.GetFullPath(File) };

    public override DataSource In(string folder) => this with { File = Path.Combine(folder, SourceFile.PortableName(File)) };

    private protected override IReadOnlyList<(string Path, string Name)> Places() => [Place(File)];
}

public enum TextTokens
{
    /// <summary>Characters of UTF-8 text (Unicode scalar values), numbered in order among those that occur.</summary>
    Characters,

    /// <summary>Bytes, each its own number.</summary>
    Bytes,
}

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
    LabelTask Task = LabelTask.Classification,
    CsvSeparator Separator = CsvSeparator.Comma,
    ScalingKind? Scaling = null) : DataSource(Scaling)
{
    /// <summary>The value of <see cref="Label"/> that says that there is no label column.</summary>
    public const string NoLabel = "none";

    public override DataSource WithFullPaths() => this with { File = Path.GetFullPath(File) };

    public override DataSource In(string folder) => this with { File = Path.Combine(folder, SourceFile.PortableName(File)) };

    private protected override IReadOnlyList<(string Path, string Name)> Places() => [Place(File)];
}

/// <summary>What labels are there for.</summary>
public enum LabelTask
{
    /// <summary>They name classes.</summary>
    Classification,

    /// <summary>They are values to approximate.</summary>
    Regression,
}

public enum CsvSeparator
{
    Comma,
    Semicolon,
    Tab,
}
