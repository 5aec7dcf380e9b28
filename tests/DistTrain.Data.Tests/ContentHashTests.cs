using System.Security.Cryptography;
using System.Text;
using DistTrain.Learning;

namespace DistTrain.Data.Tests;

public class ContentHashTests
{
    private static readonly RawData Data = new()
    {
        Name = "name",
        Description = "description",
        SampleShape = new TensorShape(2, 1),
        Train = new RawPart([1, 2, 3, 4], Classes("ab", 0, 1)),
        Test = null,
        DefaultScaling = ScalingKind.None,
        KnownMaximum = null,
    };

    [Fact]
    public void It_is_sha256_over_the_documented_bytes()
    {
        var part = SHA256.HashData(Bytes(2, 2, 2, 1, 1f, 2f, 3f, 4f, (byte)1, 0, 1));
        var whole = SHA256.HashData([.. Bytes(16, "disttrain-data-1", 2, 1, "a", 1, "b", 1), .. part]);
        Assert.Equal($"sha256:{Convert.ToHexStringLower(whole)}", ContentHash.Compute(Data));
    }

    [Fact]
    public void What_the_data_says_changes_it()
    {
        var labels = Classes("ab", 0, 1);
        RawData[] all =
        [
            Data,
            Data with { SampleShape = new TensorShape(1, 2) },
            Data with { SampleShape = new TensorShape(2) },
            Data with { Train = new RawPart([1, 2, 3, 5], labels) },
            Data with { Train = new RawPart([1, 2, 3, 4], Classes("ab", 1, 0)) },
            Data with { Train = new RawPart([1, 2, 3, 4], Classes("ac", 0, 1)) },
            Data with { Train = new RawPart([1, 2, 3, 4], new TargetValues(new float[] { 0, 1 }, 1)) },
            Data with { Train = new RawPart([1, 2, 3, 4], new Unlabelled(2)) },
            Data with { Test = Data.Train },
        ];
        Assert.Equal(all.Length, all.Select(ContentHash.Compute).Distinct().Count());
    }

    [Fact]
    public void Names_split_and_scaling_do_not_change_it()
    {
        var plain = DataSetLoader.Load("digits", new DataSetOptions());
        var other = DataSetLoader.Load("digits?scaling=standard", new DataSetOptions { TestRatio = 0.5, Seed = 3 });
        Assert.Equal(plain.ContentHash, other.ContentHash);
        Assert.Equal(ContentHash.Compute(Data), ContentHash.Compute(Data with { Name = "x", Description = "y", KnownMaximum = 4, DefaultScaling = ScalingKind.Unit }));
    }

    private static ClassLabels Classes(string names, params int[] labels) => new(labels, [.. names.Select(name => $"{name}")]);

    private static byte[] Bytes(params object[] items)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (var item in items)
        {
            switch (item)
            {
                case int number:
                    writer.Write(number);
                    break;
                case float number:
                    writer.Write(number);
                    break;
                case byte number:
                    writer.Write(number);
                    break;
                default:
                    writer.Write(Encoding.UTF8.GetBytes((string)item));
                    break;
            }
        }

        writer.Flush();
        return stream.ToArray();
    }
}
