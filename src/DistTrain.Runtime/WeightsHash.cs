using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Runtime;

/// <summary>The fingerprint of a model's weights, by which anybody can check that two runs ended in the same bits.</summary>
public static class WeightsHash
{
    /// <summary>SHA-256 in lower-case hexadecimal of all parameters as float32 little-endian in graph order, without the layout's gaps.</summary>
    public static string Compute(ParameterLayout layout, TensorBuffer weights)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(weights);
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("weights are hashed as they lie in memory, which must be little-endian");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in layout.Tensors)
        {
            hash.AppendData(MemoryMarshal.AsBytes(weights.Span.Slice(tensor.Offset, tensor.Length)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
