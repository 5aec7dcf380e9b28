using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DistTrain.Learning;

namespace DistTrain.Runtime.Storage;

/// <summary>A tensor that is to be written, and where its values come from when it is its turn.</summary>
/// <param name="Values">Gives as many values as the product of <paramref name="Shape"/>; called once, and done with before the next tensor's is called.</param>
internal sealed record TensorSource(string Name, ImmutableArray<int> Shape, Func<ReadOnlyMemory<float>> Values)
{
    public long ElementCount => Shape.Aggregate(1L, (count, extent) => checked(count * extent));
}

/// <summary>The format of <see cref="SafetensorsFile"/>, from and to any stream, a tensor at a time.</summary>
internal static class SafetensorsStream
{
    private const int LengthPrefixBytes = sizeof(ulong);

    /// <summary>Values that are moved at once; the bytes of a long tensor can be more than a span can count.</summary>
    private const int PieceLength = 1 << 20;

    /// <param name="stream">Written from where it stands.</param>
    /// <param name="tensors">With different names, in the order in which they are written.</param>
    /// <param name="metadata">Free text.</param>
    public static void Write(Stream stream, IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var header = SafetensorsHeader.Format(tensors, metadata);
        Span<byte> lengthPrefix = stackalloc byte[LengthPrefixBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(lengthPrefix, (ulong)header.Length);
        stream.Write(lengthPrefix);
        stream.Write(header);
        foreach (var tensor in tensors)
        {
            WriteValues(stream, tensor.Values().Span);
        }
    }

    /// <summary>Reads and checks the header; the first tensor's values follow.</summary>
    /// <param name="stream">Read from where it stands, which is the file's beginning.</param>
    /// <param name="fileLength">In bytes, of the whole file.</param>
    /// <param name="file">Named in messages.</param>
    /// <exception cref="InvalidInputException">It is not what the format allows.</exception>
    public static SafetensorsHeader ReadHeader(Stream stream, long fileLength, string file)
    {
        Span<byte> prefix = stackalloc byte[LengthPrefixBytes];
        if (fileLength < LengthPrefixBytes)
        {
            throw SafetensorsHeader.Refused(file, $"it has {fileLength} bytes, too few for the length of a header");
        }

        ReadExactly(stream, prefix, file);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > SafetensorsHeader.MaximumLengthBytes)
        {
            throw SafetensorsHeader.Refused(file, $"it claims a header of {length} bytes, over the bound of {SafetensorsHeader.MaximumLengthBytes}");
        }

        if ((long)length > fileLength - LengthPrefixBytes)
        {
            throw SafetensorsHeader.Refused(file, $"it claims a header of {length} bytes but has only {fileLength} bytes in all (is it truncated?)");
        }

        var header = new byte[(int)length];
        ReadExactly(stream, header, file);
        return SafetensorsHeader.Parse(header, fileLength - LengthPrefixBytes - header.Length, file);
    }

    /// <exception cref="InvalidInputException">The tensor is of a type that is not read.</exception>
    public static void CheckReadable(SafetensorsEntry entry, string file)
    {
        if (entry.ElementType != SafetensorsHeader.Float32)
        {
            throw SafetensorsHeader.Refused(file, $"tensor {SafetensorsHeader.Quote(entry.Name)} is of type {entry.ElementType}, and only F32 is read");
        }
    }

    /// <summary>Fills <paramref name="values"/> with those that come next.</summary>
    /// <exception cref="InvalidInputException">There are fewer.</exception>
    public static void ReadValues(Stream stream, Span<float> values, string file)
    {
        for (int start = 0; start < values.Length; start += PieceLength)
        {
            var piece = values.Slice(start, Math.Min(PieceLength, values.Length - start));
            ReadExactly(stream, MemoryMarshal.AsBytes(piece), file);
            if (!BitConverter.IsLittleEndian)
            {
                var bits = MemoryMarshal.Cast<float, int>(piece);
                BinaryPrimitives.ReverseEndianness(bits, bits);
            }
        }
    }

    private static void WriteValues(Stream stream, ReadOnlySpan<float> values)
    {
        int[]? swapped = BitConverter.IsLittleEndian ? null : new int[PieceLength];
        for (int start = 0; start < values.Length; start += PieceLength)
        {
            var piece = MemoryMarshal.Cast<float, int>(values.Slice(start, Math.Min(PieceLength, values.Length - start)));
            if (swapped is not null)
            {
                BinaryPrimitives.ReverseEndianness(piece, swapped);
                piece = swapped.AsSpan(0, piece.Length);
            }

            stream.Write(MemoryMarshal.AsBytes(piece));
        }
    }

    private static void ReadExactly(Stream stream, Span<byte> destination, string file)
    {
        if (stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) < destination.Length)
        {
            throw SafetensorsHeader.Refused(file, "it was cut short while it was being read");
        }
    }
}
