using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using DistTrain.Learning;

namespace DistTrain.Data.Tests;

public sealed class SourceFileTests : IDisposable
{
    private readonly TemporaryFolder original = new();
    private readonly TemporaryFolder copy = new();

    public static TheoryData<string, string> Kinds => new()
    {
        { "mnist:FOLDER", "train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte" },
        { "idx:FOLDER?prefix=train", "train-images-idx3-ubyte train-labels-idx1-ubyte" },
        { "idx:FOLDER", "train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte" },
        { "cifar100:FOLDER", "train.bin test.bin" },
        { "cifar100:FOLDER?labels=coarse&scaling=standard", "train.bin test.bin coarse_label_names.txt" },
        { "csv:FOLDER/iris.csv.gz?label=species", "iris.csv.gz" },
        { "csv:FOLDER/a:b.csv", "a_b.csv" },
        { "npy:FOLDER/x.npy?labels=FOLDER/y.npy", "x.npy y.npy" },
        { "npy:FOLDER/x.npy?labels=FOLDER/labels/x.npy", "x.npy labels-x.npy" },
        { "npz:FOLDER/all.npz", "all.npz" },
        { "text:FOLDER/words.txt?steps=4", "words.txt" },
        { "digits", "" },
        { "synthetic:spirals", "" },
        { "synthetic:strokes", "" },
        { "synthetic:gaussian-teacher", "" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Copies_of_a_sources_files_in_one_folder_are_the_same_data(string text, string names)
    {
        WriteAll(original);
        var source = DataSource.Parse(text.Replace("FOLDER", original.Path, StringComparison.Ordinal));
        var files = source.Files();
        foreach (var file in files)
        {
            var bytes = File.ReadAllBytes(file.Path);
            Assert.Equal((bytes.LongLength, Convert.ToHexStringLower(SHA256.HashData(bytes))), (file.Length, file.Sha256));
            copy.Write(file.Name, bytes);
        }

        Assert.Equal(names, string.Join(' ', files.Select(file => file.Name)));
        var moved = source.In(copy.Path);
        Assert.DoesNotContain(original.Path, moved.ToString(), StringComparison.Ordinal);
        Assert.Equal(Load(source).ContentHash, Load(moved).ContentHash);
        Assert.Equal(source.Scaling, moved.Scaling);
    }

    [Fact]
    public void Every_kind_of_source_is_among_these()
    {
        var kinds = typeof(DataSource).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(DataSource)) && !type.IsAbstract).Select(type => type.Name);
        var tried = Kinds.Select(row => DataSource.Parse((string)row[0]).GetType().Name).Distinct();
        Assert.Equal(kinds.Order(StringComparer.Ordinal), tried.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_file_that_has_changed_is_read_again()
    {
        var source = new TextSource(original.Write("words.txt", "one two three"));
        var before = Assert.Single(source.Files());
        Assert.Equal(before, Assert.Single(source.Files()));
        original.Write("words.txt", "one two thr33");
        File.SetLastWriteTimeUtc(source.File, DateTime.UtcNow.AddMinutes(1));
        Assert.NotEqual(before.Sha256, Assert.Single(source.Files()).Sha256);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Contains("words.txt does not exist", Assert.Throws<InvalidInputException>(() => new TextSource(original.File("words.txt")).Files()).Message, StringComparison.Ordinal);

    public void Dispose()
    {
        original.Dispose();
        copy.Dispose();
    }

    private static DataSet Load(DataSource source) => DataSetLoader.Load(source, new DataSetOptions());

    private static void WriteAll(TemporaryFolder folder)
    {
        IdxBytes.WriteMnist(folder);
        folder.Write("train.bin", [19, 99, .. new byte[3072], 0, 1, .. new byte[3072]]);
        folder.Write("test.bin", [3, 4, .. new byte[3072]]);
        folder.Write("coarse_label_names.txt", string.Join('\n', Enumerable.Range(0, 20).Select(index => $"group {index}")));
        folder.Write("iris.csv.gz", TemporaryFolder.Gzip(Encoding.UTF8.GetBytes("species,length\na,1\nb,2\na,3\nb,4\na,5\n")));
        folder.Write("a:b.csv", "1,2,a\n3,4,b\n5,6,a\n7,8,b\n9,9,a\n");
        folder.Write("words.txt", "the quick brown fox jumps over the lazy dog");
        Directory.CreateDirectory(folder.File("labels"));
        var inputs = Npy("<f4", "5, 2", Enumerable.Range(0, 10).SelectMany(value => BitConverter.GetBytes((float)value)));
        var labels = Npy("|u1", "5,", [0, 1, 0, 1, 1]);
        folder.Write("x.npy", inputs);
        folder.Write("y.npy", labels);
        folder.Write("labels/x.npy", labels);
        using var archive = ZipFile.Open(folder.File("all.npz"), ZipArchiveMode.Create);
        archive.CreateEntryFromFile(folder.File("x.npy"), "x.npy");
        archive.CreateEntryFromFile(folder.File("y.npy"), "y.npy");
    }

    /// <summary>NumPy's format 1.0: magic, version, length of the header, header, values.</summary>
    private static byte[] Npy(string type, string shape, IEnumerable<byte> values)
    {
        var header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({shape}), }}".PadRight(117) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), .. values];
    }
}
