using System.Security.Cryptography;
using DistTrain.Learning;

namespace DistTrain.Data.Tests;

public class CifarReaderTests
{
    private const int PixelBytes = 3072;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cifar10_is_read_from_its_six_files_with_channels_last(bool gzip)
    {
        using var folder = new TemporaryFolder();
        WriteTen(folder, gzip);
        folder.Write("batches.meta.txt", "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
        var data = DataSetLoader.Load($"cifar10:{folder.Path}", new DataSetOptions());
        Assert.Equal(new TensorShape(32, 32, 3), data.Train.SampleShape);
        Assert.Equal((10, 1), (data.Train.Count, data.Test.Count));
        Assert.Equal("frog", data.ClassNames[6]);
        Assert.Equal([0, 5, 1, 6, 2, 7, 3, 8, 4, 9], ((ClassLabels)data.Train.Targets).Labels.ToArray());

        // Of the file's planes: pixel (row 1, column 2) is element 34 of each.
        var pixels = Pixels(3);
        var sample = data.Train.Input(2).ToArray();
        Assert.Equal([pixels[34] / 255f, pixels[1024 + 34] / 255f, pixels[2048 + 34] / 255f], sample[(34 * 3)..((34 * 3) + 3)]);
    }

    [Fact]
    public void Cifar100_has_fine_and_coarse_labels()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train.bin", [19, 99, .. Pixels(1), 0, 1, .. Pixels(2)]);
        folder.Write("test.bin", [3, 4, .. Pixels(3)]);
        var fine = DataSetLoader.Load($"cifar100:{folder.Path}", new DataSetOptions());
        Assert.Equal([99, 1], ((ClassLabels)fine.Train.Targets).Labels.ToArray());
        Assert.Equal(100, fine.ClassNames.Length);
        var coarse = DataSetLoader.Load($"cifar100:{folder.Path}?labels=coarse", new DataSetOptions());
        Assert.Equal([19, 0], ((ClassLabels)coarse.Train.Targets).Labels.ToArray());
        Assert.Equal(20, coarse.ClassNames.Length);
        Assert.Equal(fine.Test.Input(0).ToArray(), coarse.Test.Input(0).ToArray());
    }

    [Fact]
    public void Damaged_and_missing_files_are_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        WriteTen(folder);
        AssertRefused("data_batch_3.bin has 3000 bytes", "data_batch_3.bin", new byte[3000]);
        AssertRefused("data_batch_3.bin has 0 bytes", "data_batch_3.bin", []);
        AssertRefused("label 10 of sample 1 is out of range", "data_batch_2.bin", [0, .. Pixels(1), 10, .. Pixels(1)]);
        AssertRefused("does not name 10 different classes", "batches.meta.txt", "one\ntwo\n"u8.ToArray());
        File.Delete(folder.File("test_batch.bin"));
        Assert.Contains("test_batch.bin does not exist", Refusal(folder.Path), StringComparison.Ordinal);
        Assert.Contains("does not exist", Refusal(folder.File("nowhere")), StringComparison.Ordinal);
        Assert.Contains("where a folder is needed", Refusal(folder.File("data_batch_1.bin")), StringComparison.Ordinal);

        void AssertRefused(string reason, string file, byte[] content)
        {
            var original = File.Exists(folder.File(file)) ? File.ReadAllBytes(folder.File(file)) : null;
            folder.Write(file, content);
            Assert.Contains(reason, Refusal(folder.Path), StringComparison.Ordinal);
            File.Delete(folder.File(file));
            if (original is not null)
            {
                folder.Write(file, original);
            }
        }
    }

    private static string Refusal(string folder) => Assert.Throws<InvalidInputException>(() => DataSetLoader.Load($"cifar10:{folder}", new DataSetOptions())).Message;

    /// <summary>Batch b holds two samples of the classes b − 1 and b + 4 with the pixels b and b + 100.</summary>
    internal static void WriteTen(TemporaryFolder folder, bool gzip = false)
    {
        void Write(string name, byte[] content) => folder.Write(name, gzip ? TemporaryFolder.Gzip(content) : content);
        for (var batch = 1; batch <= 5; batch++)
        {
            Write($"data_batch_{batch}.bin", [(byte)(batch - 1), .. Pixels(batch == 2 ? 3 : batch), (byte)(batch + 4), .. Pixels(batch + 100)]);
        }

        Write("test_batch.bin", [7, .. Pixels(50)]);
    }

    private static byte[] Pixels(int seed) => [.. Enumerable.Range(0, PixelBytes / 32).SelectMany(block => SHA256.HashData([(byte)seed, (byte)block]))];
}
