using System.Buffers.Binary;
using System.Collections.Immutable;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>What an IDX file holds.</summary>
/// <param name="Path">Where it was read from.</param>
/// <param name="Dimensions">Extents, the number of samples first.</param>
/// <param name="Values">In row-major order.</param>
internal sealed record IdxFile(string Path, ImmutableArray<int> Dimensions, byte[] Values)
{
    public int Count => Dimensions[0];
}

/// <summary>
/// Reads IDX files of unsigned bytes: two zero bytes, the element type (0x08), the number of dimensions, each dimension as a big-endian
/// 32-bit integer, then the values. Format: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
/// </summary>
internal static class IdxReader
{
    private const byte UnsignedByte = 0x08;
    private const int MagicBytes = 4;
    private const int MaximumRank = 4;

    /// <param name="path">The file, compressed with gzip or not.</param>
    /// <param name="leastRank">Fewest dimensions that make sense here, the number of samples included.</param>
    /// <param name="mostRank">Most dimensions that make sense here.</param>
    /// <param name="limits">Bounds on the number of values.</param>
    /// <exception cref="InvalidInputException">The file cannot be read or is not a whole IDX file of bytes.</exception>
    public static IdxFile Read(string path, int leastRank, int mostRank, DataLimits limits) => InputFile.Read(path, input =>
    {
        var dimensions = ReadHeader(input, leastRank, mostRank);
        var length = CheckLength(dimensions, input, limits);
        var values = input.ReadUpTo(length);
        if (values.Length < length)
        {
            throw Truncated(path, dimensions, values.Length, length);
        }

        return input.IsAtEnd()
            ? new IdxFile(path, dimensions, values)
            : throw new InvalidInputException($"{path} goes on after the {length} values that its header announces, so it is damaged or not an IDX file.");
    });

    private static ImmutableArray<int> ReadHeader(InputStream input, int leastRank, int mostRank)
    {
        Span<byte> header = stackalloc byte[MagicBytes + (MaximumRank * sizeof(int))];
        var magic = header[..MagicBytes];
        if (input.Fill(magic) < MagicBytes)
        {
            throw new InvalidInputException($"{input.Path} is shorter than the header of an IDX file.");
        }

        if (magic[0] != 0 || magic[1] != 0 || magic[2] != UnsignedByte || magic[3] < leastRank || magic[3] > mostRank)
        {
            var dimensions = leastRank == mostRank ? $"{leastRank}" : $"{leastRank} to {mostRank}";
            throw new InvalidInputException(
                $"{input.Path} begins with 0x{BinaryPrimitives.ReadUInt32BigEndian(magic):X8}, "
                + $"which is not the magic number of an IDX file of bytes with {dimensions} dimensions.");
        }

        var extents = header.Slice(MagicBytes, magic[3] * sizeof(int));
        if (input.Fill(extents) < extents.Length)
        {
            throw new InvalidInputException($"{input.Path} is shorter than the header of an IDX file.");
        }

        var builder = ImmutableArray.CreateBuilder<int>(magic[3]);
        for (var axis = 0; axis < magic[3]; axis++)
        {
            var extent = BinaryPrimitives.ReadUInt32BigEndian(extents[(axis * sizeof(int))..]);
            builder.Add(extent switch
            {
                0 => throw new InvalidInputException($"{input.Path} is empty: its dimension {axis} is 0."),
                > int.MaxValue => throw new InvalidInputException($"{input.Path} claims an impossible dimension of {extent}."),
                _ => (int)extent,
            });
        }

        return builder.MoveToImmutable();
    }

    private static int CheckLength(ImmutableArray<int> dimensions, InputStream input, DataLimits limits)
    {
        UInt128 length = 1;
        foreach (var extent in dimensions)
        {
            length *= (UInt128)extent;
        }

        if (length > (UInt128)Math.Min(limits.MaximumValues, Array.MaxLength))
        {
            throw new InvalidInputException($"{input.Path} claims {length} values, over the bound of {limits.MaximumValues}.");
        }

        // Refused here, before any memory is taken for values that cannot be there.
        return length > (UInt128)input.MostBytes
            ? throw Truncated(input.Path, dimensions, null, (int)length)
            : (int)length;
    }

    private static InvalidInputException Truncated(string path, ImmutableArray<int> dimensions, int? found, int expected)
    {
        var end = found is null ? "and is far too short for them" : $"but ends after {found}";
        return new InvalidInputException($"{path} is truncated: its header announces {string.Join(" x ", dimensions)} = {expected} values {end}.");
    }
}
