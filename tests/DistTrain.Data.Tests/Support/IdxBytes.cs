using System.Buffers.Binary;

namespace DistTrain.Data.Tests;

/// <summary>Makes IDX files by the published layout, independently of the reader.</summary>
internal static class IdxBytes
{
    public static byte[] Make(int[] dimensions, byte[] values)
    {
        var bytes = new byte[4 + (4 * dimensions.Length) + values.Length];
        bytes[2] = 8;
        bytes[3] = (byte)dimensions.Length;
        for (var axis = 0; axis < dimensions.Length; axis++)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + (4 * axis)), dimensions[axis]);
        }

        values.CopyTo(bytes, 4 + (4 * dimensions.Length));
        return bytes;
    }

    /// <summary>Images of 2 by 3 pixels whose value tells sample and pixel apart.</summary>
    public static byte[] Images(int count) => Make([count, 2, 3], [.. Enumerable.Range(0, count * 6).Select(index => (byte)(index * 7))]);

    public static byte[] Labels(params byte[] labels) => Make([labels.Length], labels);

    /// <summary>A folder in MNIST's layout with 4 training and 2 test samples.</summary>
    public static void WriteMnist(TemporaryFolder folder, string separator = "-", bool gzip = false)
    {
        void Write(string part, string content, int rank, byte[] bytes) =>
            folder.Write($"{part}-{content}{separator}idx{rank}-ubyte{(gzip ? ".gz" : "")}", gzip ? TemporaryFolder.Gzip(bytes) : bytes);

        Write("train", "images", 3, Images(4));
        Write("train", "labels", 1, Labels(0, 9, 2, 1));
        Write("t10k", "images", 3, Images(2));
        Write("t10k", "labels", 1, Labels(3, 4));
    }
}
