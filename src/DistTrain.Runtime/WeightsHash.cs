using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Runtime;

/// <summary>The fingerprint by which two runs are compared: SHA-256 of all parameters as float32 little-endian in graph order, gaps left out, in lower-case hexadecimal.</summary>
public static class WeightsHash
{
    /// <param name="layout">Says where each tensor lies.</param>
    /// <param name="weights">Flat weights in that layout.</param>
    public static string Compute(ParameterLayout layout, TensorBuffer weights)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(weights);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in layout.Tensors)
        {
            Append(hash, weights.Span.Slice(tensor.Offset, tensor.Length));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<float> values)
    {
        // In pieces, because the bytes of a long tensor can be more than a span can count.
        const int pieceLength = 1 << 20;
        for (var start = 0; start < values.Length; start += pieceLength)
        {
            var piece = values.Slice(start, Math.Min(pieceLength, values.Length - start));
            if (BitConverter.IsLittleEndian)
            {
                hash.AppendData(MemoryMarshal.AsBytes(piece));
            }
            else
            {
                var swapped = new int[piece.Length];
                BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, int>(piece), swapped);
                hash.AppendData(MemoryMarshal.AsBytes<int>(swapped));
            }
        }
    }
}
