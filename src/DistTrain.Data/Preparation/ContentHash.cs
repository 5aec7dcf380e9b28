using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>
/// SHA-256 over what a data set says: class names, and for the training and the test part of the source the sample shape, the inputs before scaling as
/// little-endian float32, and the targets. How the files were called, compressed or laid out does not enter, nor do split and scaling.
/// </summary>
internal static class ContentHash
{
    private const string Version = "disttrain-data-1";
    private const byte ClassKind = 1;
    private const byte ValueKind = 2;
    private const byte NoKind = 3;

    /// <summary><c>sha256:</c> and 64 hexadecimal digits.</summary>
    public static string Compute(RawData data)
    {
        // Each part by itself, so that two processors share the work.
        var test = data.Test is null ? null : Task.Run(() => HashPart(data.SampleShape, data.Test));
        var train = HashPart(data.SampleShape, data.Train);

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendText(hash, Version);
        var classNames = data.Train.Targets is ClassLabels labels ? labels.ClassNames : [];
        AppendNumber(hash, classNames.Length);
        foreach (var name in classNames)
        {
            AppendText(hash, name);
        }

        AppendNumber(hash, test is null ? 1 : 2);
        hash.AppendData(train);
        if (test is not null)
        {
            hash.AppendData(test.GetAwaiter().GetResult());
        }

        return $"sha256:{Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    private static byte[] HashPart(TensorShape sampleShape, RawPart part)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendNumber(hash, part.Count);
        AppendNumber(hash, sampleShape.Rank);
        foreach (var extent in sampleShape.Dimensions)
        {
            AppendNumber(hash, extent);
        }

        AppendWords(hash, MemoryMarshal.Cast<float, int>(part.Inputs));
        switch (part.Targets)
        {
            case ClassLabels labels:
                hash.AppendData([ClassKind]);
                if (labels.LabelsPerSample != 1)
                {
                    AppendNumber(hash, labels.LabelsPerSample);
                }

                AppendWords(hash, labels.Labels.Span);
                break;
            case TargetValues values:
                hash.AppendData([ValueKind]);
                AppendNumber(hash, values.Width);
                AppendWords(hash, MemoryMarshal.Cast<float, int>(values.Values.Span));
                break;
            default:
                hash.AppendData([NoKind]);
                break;
        }

        return hash.GetHashAndReset();
    }

    private static void AppendText(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        AppendNumber(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void AppendNumber(IncrementalHash hash, int number) => AppendWords(hash, [number]);

    private static void AppendWords(IncrementalHash hash, ReadOnlySpan<int> words)
    {
        // In pieces, because the bytes of a long array can be more than a span can count.
        const int pieceLength = 1 << 16;
        var swapped = BitConverter.IsLittleEndian ? null : new int[Math.Min(pieceLength, words.Length)];
        for (var start = 0; start < words.Length; start += pieceLength)
        {
            var piece = words.Slice(start, Math.Min(pieceLength, words.Length - start));
            if (swapped is not null)
            {
                BinaryPrimitives.ReverseEndianness(piece, swapped);
                piece = swapped.AsSpan(0, piece.Length);
            }

            hash.AppendData(MemoryMarshal.AsBytes(piece));
        }
    }
}
