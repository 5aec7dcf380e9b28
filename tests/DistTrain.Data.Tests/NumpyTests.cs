using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using DistTrain.Learning;

namespace DistTrain.Data.Tests;

/// <summary>NPY and NPZ files: those that NumPy wrote (see <c>Recorded/record_numpy.py</c>), and damaged or hostile ones.</summary>
public class NumpyTests
{
    private static readonly JsonElement Recorded = JsonDocument.Parse(typeof(NumpyTests).Assembly.GetManifestResourceStream("numpy.json")!).RootElement;

    public static TheoryData<string> Arrays => [.. Recorded.GetProperty("arrays").EnumerateArray().Select(array => array.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Arrays))]
    public void An_array_that_numpy_wrote_is_read_as_it_was(string name)
    {
        var array = Recorded.GetProperty("arrays").EnumerateArray().Single(array => array.GetProperty("name").GetString() == name);
        int[] shape = [.. array.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt32())];
        float[] values = [.. array.GetProperty("values").EnumerateArray().Select(value => value.GetSingle())];
        using var folder = new TemporaryFolder();
        var path = folder.Write("x.npy", array.GetProperty("bytes").GetBytesFromBase64());
        var data = DataSetLoader.LoadForModel(new NpySource(path), Preprocessing(shape.Length == 1 ? [1] : shape[1..]), new DataSetOptions());
        Assert.Equal(values, data.Samples.Inputs.ToArray());
        Assert.Equal(new Unlabelled(shape[0]), data.Samples.Targets);

        // As labels, whole numbers name classes and others are values.
        if (shape.Length == 1)
        {
            var labelled = DataSetLoader.Load(new NpySource(path, path, Scaling: ScalingKind.None), new DataSetOptions());
            Assert.Equal(values.Length, labelled.Train.Count + labelled.Test.Count);
            Assert.Equal(values.Any(value => value % 1 != 0), labelled.Train.Targets is TargetValues { Width: 1 });
        }
    }

    [Theory]
    [InlineData("objects", "Python objects")]
    [InlineData("texts", "elements of type '<U1'")]
    [InlineData("complex", "elements of type '<c16'")]
    [InlineData("records", "several fields")]
    [InlineData("scalar", "0 axes")]
    [InlineData("empty", "is empty")]
    [InlineData("infinite", "value 0 of sample 1 is not finite")]
    [InlineData("too large", "value 0 of sample 1 is not finite as float32")]
    public void What_is_no_array_of_finite_numbers_is_refused(string name, string reason) =>
        AssertRefused(reason, Recorded.GetProperty("refused").GetProperty(name).GetBytesFromBase64());

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000000000000, 4000000000000000000), }", "impossible extent")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2000000000, 2000000000), }", "over the bound")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000), }", "far too short")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "cannot be understood")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "cannot be understood")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,2,3,4,5,6,7,8,9), }", "9 axes")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, }", "'shape' is missing")]
    [InlineData("{'descr': '<f4', 'fortran_order': 1, 'shape': (1,), }", "cannot be understood")]
    [InlineData("{'descr': '<f4', 'fortran_order': 'True', 'shape': (1,), }", "'fortran_order' is missing or not what it should be")]
    [InlineData("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "cannot be understood")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } and more", "cannot be understood")]
    [InlineData("__import__('os').system('id')", "cannot be understood")]
    [InlineData("{'descr': '|O8', 'fortran_order': False, 'shape': (1,), }", "Python objects")]
    [InlineData("{'descr': '<f4'", "cannot be understood")]
    [InlineData("", "cannot be understood")]
    public void A_hostile_header_is_refused_before_memory_is_taken(string header, string reason)
    {
        var bytes = Npy(header, [0, 0, 128, 63]);
        using var folder = new TemporaryFolder();
        var source = new NpySource(folder.Write("x.npy", bytes));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refusal = Assert.Throws<InvalidInputException>(() => DataSetLoader.Load(source, new DataSetOptions()));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_of_an_absurd_length_or_version_is_refused()
    {
        AssertRefused("claims a header of 4294967295 bytes", [0x93, .. "NUMPY"u8, 2, 0, 255, 255, 255, 255]);
        AssertRefused("version 4", [0x93, .. "NUMPY"u8, 4, 0, 0, 0]);
        AssertRefused("shorter than the header", [0x93, .. "NUMPY"u8, 1, 0, 118, 0, (byte)'{']);
        AssertRefused("magic string", "not an array at all"u8.ToArray());
    }

    [Fact]
    public void Too_few_and_too_many_values_are_refused()
    {
        const string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }";
        AssertRefused("ends after 1", Npy(header, [1]), gzip: false);
        AssertRefused("ends after 3", Npy(header, [1, 2, 3]), gzip: true);
        AssertRefused("goes on after the 4 values", Npy(header, [1, 2, 3, 4, 5]), gzip: false);
    }

    [Theory]
    [InlineData("stored")]
    [InlineData("packed")]
    public void An_archive_in_the_usual_layout_has_both_parts_and_the_classes_of_both(string name)
    {
        using var folder = new TemporaryFolder();
        var data = DataSetLoader.Load($"npz:{Archive(folder, name)}", new DataSetOptions());
        Assert.Equal(new TensorShape(2, 3), data.Train.SampleShape);
        Assert.Equal((4, 2), (data.Train.Count, data.Test.Count));
        Assert.Equal("-1, 3, 7", string.Join(", ", data.ClassNames));
        Assert.Equal([1, 2, 2, 1], ((ClassLabels)data.Train.Targets).Labels.ToArray());
        Assert.Equal([0, 1], ((ClassLabels)data.Test.Targets).Labels.ToArray());

        // Bytes count as pixels.
        Assert.Equal([100 / 255f, 101 / 255f, 102 / 255f, 103 / 255f, 104 / 255f, 105 / 255f], data.Test.Input(0).ToArray());
        Assert.Null(data.Preprocessing.Split);
    }

    [Fact]
    public void An_archive_of_one_part_is_split_and_floating_point_labels_are_values()
    {
        using var folder = new TemporaryFolder();
        var path = Archive(folder, "one part");
        var data = DataSetLoader.Load($"npz:{path}", new DataSetOptions { TestRatio = 0.25 });
        Assert.Equal((3, 1), (data.Train.Count, data.Test.Count));
        Assert.Equal(2, Assert.IsType<TargetValues>(data.Train.Targets).Width);
        Assert.Equal(ScalingKind.None, data.Preprocessing.Scaling.Kind);
        Assert.Contains("2 numbers a sample", Refusal($"npz:{path}?task=classification"), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_that_do_not_belong_to_the_samples_are_refused()
    {
        using var folder = new TemporaryFolder();
        var inputs = folder.Write("x.npy", Npy("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2), }", [1, 2, 3, 4, 5, 6]));
        var fewer = folder.Write("y.npy", Npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", [0, 1]));
        var deep = folder.Write("z.npy", Npy("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 1, 1), }", [0, 1, 2]));
        var halves = folder.Write("h.npy", Npy("{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }", [0, 0x38, 0, 0x3c, 0, 0x40]));
        Assert.Contains("3 samples but", Refusal($"npy:{inputs}?labels={fewer}"), StringComparison.Ordinal);
        Assert.Contains("has the shape (3, 1, 1)", Refusal($"npy:{inputs}?labels={deep}"), StringComparison.Ordinal);
        Assert.Contains("has a label 0.5, which is no class", Refusal($"npy:{inputs}?labels={halves}&task=classification"), StringComparison.Ordinal);
        Assert.Contains("has no labels to learn from", Refusal($"npy:{inputs}"), StringComparison.Ordinal);
        Assert.Contains("does not exist", Refusal($"npy:{inputs}?labels={inputs}.missing"), StringComparison.Ordinal);
        Assert.Contains("not an NPZ file", Refusal($"npz:{inputs}"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_without_the_arrays_that_are_needed_says_what_it_has()
    {
        using var folder = new TemporaryFolder();
        using (var archive = ZipFile.Open(folder.File("a.npz"), ZipArchiveMode.Create))
        {
            archive.CreateEntry("images.npy");
        }

        Assert.Contains("neither an array 'x_train' nor 'x', only images", Refusal($"npz:{folder.File("a.npz")}"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_small_archive_that_unpacks_to_much_takes_no_more_memory_than_it_has_a_right_to()
    {
        // 1 MB of zeros behind a header that announces 1 GB: a thousandth of it packed, so that the announcement could be true.
        var content = Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (250000, 1000), }", new byte[1 << 20]);
        using var folder = new TemporaryFolder();
        using (var archive = ZipFile.Open(folder.File("a.npz"), ZipArchiveMode.Create))
        {
            using var entry = archive.CreateEntry("x.npy", CompressionLevel.SmallestSize).Open();
            entry.Write(content);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("truncated", Refusal($"npz:{folder.File("a.npz")}"), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 23);
    }

    private static Preprocessing Preprocessing(int[] shape) => new(new TensorShape([.. shape]), [], new InputScaling(ScalingKind.None, [0], [1]), null);

    internal static string Archive(TemporaryFolder folder, string name) => folder.Write("a.npz", Recorded.GetProperty("archives").GetProperty(name).GetBytesFromBase64());

    private static byte[] Npy(string header, byte[] values)
    {
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)header.Length);
        return [0x93, .. "NUMPY"u8, 1, 0, .. length, .. Encoding.ASCII.GetBytes(header), .. values];
    }

    private static string Refusal(string source) => Assert.Throws<InvalidInputException>(() => DataSetLoader.Load(source, new DataSetOptions())).Message;

    private static void AssertRefused(string reason, byte[] bytes, bool gzip = false)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(reason, Refusal($"npy:{folder.Write("x.npy", gzip ? TemporaryFolder.Gzip(bytes) : bytes)}"), StringComparison.Ordinal);
    }
}
