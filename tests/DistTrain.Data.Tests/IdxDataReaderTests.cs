using DistTrain.Learning;

namespace DistTrain.Data.Tests;

public class IdxDataReaderTests
{
    [Theory]
    [InlineData("-", false)]
    [InlineData("-", true)]
    [InlineData(".", false)]
    [InlineData(".", true)]
    public void Mnist_is_found_under_its_usual_names_packed_or_not_and_has_the_same_content(string separator, bool gzip)
    {
        using var folder = new TemporaryFolder();
        IdxBytes.WriteMnist(folder, separator, gzip);
        var data = DataSetLoader.Load($"mnist:{folder.Path}", new DataSetOptions());

        Assert.Equal(new TensorShape(2, 3, 1), data.Train.SampleShape);
        Assert.Equal((4, 2), (data.Train.Count, data.Test.Count));
        Assert.Equal([0, 9, 2, 1], ((ClassLabels)data.Train.Targets).Labels.ToArray());
        Assert.Equal([3, 4], ((ClassLabels)data.Test.Targets).Labels.ToArray());
        Assert.Equal(10, data.ClassNames.Length);
        Assert.Equal([0, 7 / 255f, 14 / 255f, 21 / 255f, 28 / 255f, 35 / 255f], data.Test.Input(0).ToArray());
        Assert.Null(data.Preprocessing.Split);

        // Computed by another program from the documented bytes.
        Assert.Equal("sha256:d1df310e7da0f2dc98a0c71fe126cb7604229232ab22655b903892fa3feb53e8", data.ContentHash);
    }

    [Fact]
    public void A_file_that_is_there_packed_and_unpacked_is_read_unpacked()
    {
        using var folder = new TemporaryFolder();
        IdxBytes.WriteMnist(folder);
        folder.Write("t10k-labels-idx1-ubyte.gz", "not to be read");
        Assert.Equal(2, DataSetLoader.Load($"mnist:{folder.Path}", new DataSetOptions()).Test.Count);
    }

    [Fact]
    public void A_ratio_that_is_asked_for_joins_both_parts_and_splits_them_anew()
    {
        using var folder = new TemporaryFolder();
        IdxBytes.WriteMnist(folder);
        var own = DataSetLoader.Load($"mnist:{folder.Path}", new DataSetOptions());
        var split = DataSetLoader.Load($"mnist:{folder.Path}", new DataSetOptions { TestRatio = 0.5, Seed = 3 });
        Assert.Equal((3, 3), (split.Train.Count, split.Test.Count));
        Assert.Equal(new TrainTestSplit(0.5, 3, SourcePartsJoined: true), split.Preprocessing.Split);
        Assert.Equal(own.ContentHash, split.ContentHash);
        Assert.Equal(
            own.Train.Inputs.ToArray().Concat(own.Test.Inputs.ToArray()).Order(),
            split.Train.Inputs.ToArray().Concat(split.Test.Inputs.ToArray()).Order());
    }

    [Fact]
    public void Any_pair_of_the_family_is_found_and_split_where_it_is_alone()
    {
        using var folder = new TemporaryFolder();
        folder.Write("kana-images-idx3-ubyte", IdxBytes.Images(10));
        folder.Write("kana-labels-idx1-ubyte", IdxBytes.Labels(0, 1, 2, 3, 4, 5, 6, 7, 8, 12));
        var data = DataSetLoader.Load($"idx:{folder.Path}", new DataSetOptions());
        Assert.Equal((8, 2), (data.Train.Count, data.Test.Count));
        Assert.Equal(13, data.ClassNames.Length);
    }

    [Fact]
    public void A_test_pair_is_known_by_its_name()
    {
        using var folder = new TemporaryFolder();
        folder.Write("emnist-train-images-idx4-ubyte", IdxBytes.Make([2, 1, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
        folder.Write("emnist-train-labels-idx1-ubyte", IdxBytes.Labels(1, 2));
        folder.Write("emnist-test-images-idx4-ubyte", IdxBytes.Make([1, 1, 2, 3], [1, 2, 3, 4, 5, 6]));
        folder.Write("emnist-test-labels-idx1-ubyte", IdxBytes.Labels(2));
        var data = DataSetLoader.Load($"idx:{folder.Path}", new DataSetOptions());
        Assert.Equal((2, 1), (data.Train.Count, data.Test.Count));
        Assert.Equal(new TensorShape(1, 2, 3), data.Train.SampleShape);
    }

    [Fact]
    public void Of_several_data_sets_in_a_folder_one_is_chosen_by_prefix()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "a-train", "a-test", "b-train", "b-test" })
        {
            folder.Write($"{name}-images-idx3-ubyte", IdxBytes.Images(name[0] == 'a' ? 2 : 3));
            folder.Write($"{name}-labels-idx1-ubyte", name[0] == 'a' ? IdxBytes.Labels(0, 1) : IdxBytes.Labels(0, 1, 2));
        }

        Assert.Equal(3, DataSetLoader.Load($"idx:{folder.Path}?prefix=b", new DataSetOptions()).Train.Count);
        AssertRefused($"idx:{folder.Path}", "a-test, a-train, b-test, b-train");
        AssertRefused($"idx:{folder.Path}?prefix=c", "no files named like");
    }

    [Fact]
    public void A_missing_folder_or_file_is_named()
    {
        using var folder = new TemporaryFolder();
        AssertRefused($"mnist:{folder.Path}", "has no file train-images-idx3-ubyte");
        AssertRefused($"idx:{folder.Path}", "no files named like");
        AssertRefused($"mnist:{folder.File("nowhere")}", "nowhere does not exist");
        var file = folder.Write("file", "x");
        AssertRefused($"idx:{file}", "is a file where a folder is needed");
        folder.Write("x-images-idx3-ubyte", IdxBytes.Images(1));
        AssertRefused($"idx:{folder.Path}", "no x-labels-idx1-ubyte");
    }

    [Fact]
    public void Counts_that_differ_are_refused_with_both()
    {
        using var folder = new TemporaryFolder();
        IdxBytes.WriteMnist(folder);
        folder.Write("train-labels-idx1-ubyte", IdxBytes.Labels(0, 1, 2));
        AssertRefused($"mnist:{folder.Path}", "has 4 images but");
    }

    [Fact]
    public void Labels_out_of_range_are_refused_with_the_sample()
    {
        using var folder = new TemporaryFolder();
        IdxBytes.WriteMnist(folder);
        folder.Write("t10k-labels-idx1-ubyte", IdxBytes.Labels(0, 10));
        AssertRefused($"mnist:{folder.Path}", "label 10 of sample 1 is out of range, since labels go from 0 to 9");
    }

    [Fact]
    public void Test_images_of_another_shape_are_refused()
    {
        using var folder = new TemporaryFolder();
        IdxBytes.WriteMnist(folder);
        folder.Write("t10k-images-idx3-ubyte", IdxBytes.Make([2, 1, 3], new byte[6]));
        AssertRefused($"mnist:{folder.Path}", "of shape [1, 3, 1]");
    }

    public static TheoryData<string, byte[], string> DamagedImages => new()
    {
        { "empty file", [], "shorter than the header" },
        { "no dimensions", [0, 0, 8, 3, 0, 0], "shorter than the header" },
        { "text", "train images"u8.ToArray(), "begins with 0x74726169, which is not the magic number" },
        { "floats", [0, 0, 0x0d, 3, .. new byte[40]], "begins with 0x00000D03" },
        { "labels for images", IdxBytes.Labels(1, 2, 3, 4), "begins with 0x00000801" },
        { "five dimensions", IdxBytes.Make([4, 1, 1, 1, 1], new byte[4]), "begins with 0x00000805" },
        { "truncated", IdxBytes.Images(4)[..^1], "is truncated: its header announces 4 x 2 x 3 = 24 values but ends after 23" },
        { "too long", [.. IdxBytes.Images(4), 0], "goes on after the 24 values" },
        { "no images", IdxBytes.Make([0, 2, 3], []), "is empty: its dimension 0 is 0" },
        { "no pixels", IdxBytes.Make([4, 0, 3], []), "is empty: its dimension 1 is 0" },
        { "negative", IdxBytes.Make([4, -1, 3], []), "impossible dimension of 4294967295" },
        { "absurd", IdxBytes.Make([int.MaxValue, int.MaxValue, int.MaxValue], []), "over the bound" },
        { "large", IdxBytes.Make([1000, 1000, 1000], new byte[100]), "values and is far too short for them" },
        { "large, packed", TemporaryFolder.Gzip(IdxBytes.Make([1000, 1000, 1000], new byte[100])), "values and is far too short for them" },
        { "truncated, packed", TemporaryFolder.Gzip(IdxBytes.Images(4)[..^1]), "but ends after 23" },
        { "packed and cut", TemporaryFolder.Gzip(IdxBytes.Images(4))[..^9], "does not unpack" },
        { "packed, cut in its trailer", TemporaryFolder.Gzip(IdxBytes.Images(4))[..^2], "does not unpack" },
        { "packed, checksum wrong", FlipLast(TemporaryFolder.Gzip(IdxBytes.Images(4)), 6), "does not unpack" },
        { "packed, only its first bytes", [0x1f, 0x8b], "does not unpack" },
    };

    [Theory]
    [MemberData(nameof(DamagedImages))]
    public void A_damaged_file_is_refused_with_its_fault(string what, byte[] content, string reason)
    {
        using var folder = new TemporaryFolder();
        IdxBytes.WriteMnist(folder);
        var path = folder.Write("train-images-idx3-ubyte", content);
        var message = AssertRefused($"mnist:{folder.Path}", reason);
        Assert.True(message.StartsWith(path, StringComparison.Ordinal), $"{what}: {message}");
    }

    [Fact]
    public void A_header_is_not_trusted_with_memory()
    {
        using var folder = new TemporaryFolder();

        // A gigabyte is announced and within what gzip could do, but a few bytes are there.
        var packed = TemporaryFolder.Gzip([.. IdxBytes.Make([1024, 1024, 1024], []), .. new byte[64]]);
        folder.Write("train-images-idx3-ubyte", (byte[])[.. packed, .. new byte[1 << 20]]);
        IdxBytes.WriteMnist(folder, separator: ".");
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidInputException>(() => IdxReader.Read(folder.File("train-images-idx3-ubyte"), 2, 4, new DataLimits()));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
    }

    [Fact]
    public void The_bound_on_values_holds()
    {
        using var folder = new TemporaryFolder();
        IdxBytes.WriteMnist(folder);
        AssertRefused($"mnist:{folder.Path}", "claims 24 values, over the bound of 23", new DataSetOptions { Limits = new DataLimits { MaximumValues = 23 } });
    }

    [SharedDataFact("mnist")]
    public void The_real_mnist_loads_and_is_what_it_is_known_to_be()
    {
        var folder = SharedDataFactAttribute.Find("mnist")!;
        var data = DataSetLoader.Load($"mnist:{folder}", new DataSetOptions());
        var labels = ((ClassLabels)data.Train.Targets).Labels.ToArray();
        Assert.Equal(60_000, data.Train.Count);
        Assert.Equal(new TensorShape(28, 28, 1), data.Train.SampleShape);
        Assert.Equal([5, 0, 4, 1, 9, 2, 1, 3, 1, 4], labels[..10]);
        Assert.Equal([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], Enumerable.Range(0, 10).Select(digit => labels.Count(label => label == digit)));

        // Mean and deviation of MNIST's training pixels, as every tutorial normalises by.
        var inputs = data.Train.Inputs.ToArray();
        var mean = inputs.Average(value => (double)value);
        Assert.Equal(0.1307, mean, 4);
        Assert.Equal(0.3081, Math.Sqrt(inputs.Average(value => (value - mean) * (value - mean))), 4);
        Assert.Equal((0, 1), (inputs.Min(), inputs.Max()));
        Assert.Equal([7, 2, 1, 0, 4, 1, 4, 9], ((ClassLabels)data.Test.Targets).Labels.ToArray()[..8]);
    }

    private static byte[] FlipLast(byte[] bytes, int fromEnd)
    {
        bytes[^fromEnd] ^= 1;
        return bytes;
    }

    private static string AssertRefused(string source, string reason, DataSetOptions? options = null)
    {
        var message = Assert.Throws<InvalidInputException>(() => DataSetLoader.Load(source, options ?? new DataSetOptions())).Message;
        Assert.Contains(reason, message, StringComparison.Ordinal);
        return message;
    }
}
