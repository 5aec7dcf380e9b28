using System.Text;
using DistTrain.Learning;

namespace DistTrain.Data.Tests;

/// <summary>Whatever happens to a file, loading it ends in a sound data set or in an <see cref="InvalidInputException"/> of one line.</summary>
public class DamagedInputTests
{
    private const int Rounds = 400;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Idx_files(bool gzip)
    {
        using var folder = new TemporaryFolder();
        IdxBytes.WriteMnist(folder, gzip: gzip);
        var files = Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(4, files.Length);
        Check(files, new MnistSource(folder.Path));
    }

    [Theory]
    [InlineData("?label=name", false)]
    [InlineData("?label=-1", true)]
    [InlineData("?task=regression&label=1&scaling=unit", false)]
    public void Csv_files(string options, bool gzip)
    {
        const string named = "height,width,\"the,name\",name\r\n1.5,2,\"7\",a\r\n-3e2,1,8,\"b \"\"c\"\"\"\r\n0.25,9999999,9,\"d\"\r\n1,2,3,a\r\n";
        const string numbers = "1.5,2,\"7\",0\r\n-3e2,1,8,1\r\n0.25,9999999,9,\"1\"\r\n1,2,3,0\r\n";
        using var folder = new TemporaryFolder();
        var content = Encoding.UTF8.GetBytes(options.Contains("regression", StringComparison.Ordinal) ? numbers : named);
        var path = folder.Write("x.csv", gzip ? TemporaryFolder.Gzip(content) : content);
        Check([path], DataSource.Parse($"csv:{path}{options}"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Npy_files(bool gzip)
    {
        using var folder = new TemporaryFolder();
        string[] files = [Write("x.npy", "'<f4', 'fortran_order': True, 'shape': (6, 2)", new byte[48]), Write("y.npy", "'>i2', 'fortran_order': False, 'shape': (6,)", new byte[12])];
        Check(files, new NpySource(files[0], files[1]));

        string Write(string name, string header, byte[] values)
        {
            byte[] content = [0x93, .. "NUMPY"u8, 1, 0, 80, 0, .. Encoding.ASCII.GetBytes($"{{'descr': {header}}}".PadRight(80)), .. values];
            return folder.Write(name, gzip ? TemporaryFolder.Gzip(content) : content);
        }
    }

    [Theory]
    [InlineData("stored")]
    [InlineData("packed")]
    public void Npz_files(string name)
    {
        using var folder = new TemporaryFolder();
        var path = NumpyTests.Archive(folder, name);
        Check([path], new NpzSource(path));
    }

    [Fact]
    public void Cifar_files()
    {
        using var folder = new TemporaryFolder();
        CifarReaderTests.WriteTen(folder);
        Check([.. Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal)], new CifarSource(folder.Path));
    }

    private static void Check(string[] files, DataSource source)
    {
        var random = new Random(20240607);
        var sound = 0;
        var refused = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var file = files[round % files.Length];
            var original = File.ReadAllBytes(file);
            File.WriteAllBytes(file, Damage(original, random));
            try
            {
                RequireSound(DataSetLoader.Load(source, new DataSetOptions { Seed = (ulong)round }));
                sound++;
            }
            catch (InvalidInputException exception)
            {
                Assert.DoesNotContain('\n', exception.Message);
                Assert.EndsWith(".", exception.Message, StringComparison.Ordinal);
                refused++;
            }

            File.WriteAllBytes(file, original);
        }

        // Damage that never shows, or that always does, would mean that nothing was tested.
        Assert.True(sound > 0 && refused > 0, $"{sound} sound, {refused} refused");
    }

    private static byte[] Damage(byte[] bytes, Random random)
    {
        var damaged = bytes.ToArray();
        switch (random.Next(4))
        {
            case 0:
                return damaged[..random.Next(damaged.Length)];
            case 1:
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                return damaged;
            case 2:
                var from = random.Next(damaged.Length);
                var to = random.Next(from, damaged.Length);
                return [.. damaged[..to], .. damaged[from..]];
            default:
                for (var count = random.Next(1, 5); count > 0; count--)
                {
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                }

                return damaged;
        }
    }

    private static void RequireSound(DataSet data)
    {
        foreach (var part in new[] { data.Train, data.Test })
        {
            Assert.True(part.Count > 0);
            Assert.All(part.Inputs.ToArray(), value => Assert.True(float.IsFinite(value)));
            if (part.Targets is ClassLabels labels)
            {
                Assert.All(labels.Labels.ToArray(), label => Assert.InRange(label, 0, data.ClassNames.Length - 1));
            }
        }
    }
}
