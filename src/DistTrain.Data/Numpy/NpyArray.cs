using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>An array as found in an NPY file, in row-major order.</summary>
/// <param name="Path">Where it was read from.</param>
/// <param name="Values">Numbers as float32, where they were wanted so.</param>
/// <param name="WholeNumbers">Numbers as they are, where they were wanted so.</param>
internal sealed record NpyArray(string Path, NpyType Type, ImmutableArray<int> Shape, float[]? Values, long[]? WholeNumbers)
{
    private const int PieceBytes = 1 << 16;

    public int Count => Shape[0];

    /// <summary>Elements for each step along the first axis.</summary>
    public int RowLength => (Values?.Length ?? WholeNumbers!.Length) / Count;

    /// <summary>Reads an array; whole numbers stay whole if <paramref name="keepWhole"/> says so, everything else becomes float32.</summary>
    /// <exception cref="InvalidInputException">It is no whole NPY file of numbers, or has a value that is not finite as float32.</exception>
    public static NpyArray Read(InputStream input, bool keepWhole, DataLimits limits)
    {
        var header = NpyHeader.Read(input, limits);
        if (keepWhole && header.Type.IsWhole)
        {
            return new NpyArray(input.Path, header.Type, header.Shape, null, ReadAll<long>(input, header));
        }

        var values = ReadAll<float>(input, header);
        var wrong = Array.FindIndex(values, value => !float.IsFinite(value));
        return wrong < 0
            ? new NpyArray(input.Path, header.Type, header.Shape, values, null)
            : throw new InvalidInputException($"{input.Path}: value {wrong % (values.Length / header.Shape[0])} of sample {wrong / (values.Length / header.Shape[0])} is not finite as float32.");
    }

    private static TValue[] ReadAll<TValue>(InputStream input, NpyHeader header)
        where TValue : unmanaged, INumberBase<TValue>
    {
        var values = ReadInFileOrder<TValue>(input, header);
        if (!input.IsAtEnd())
        {
            throw new InvalidInputException($"{input.Path} goes on after the {header.Count} values that its header announces, so it is damaged or not an NPY file.");
        }

        return header.IsFortranOrder && header.Shape.Length > 1 ? ToRowMajor(values, header.Shape) : values;
    }

    /// <summary>In pieces, so that the memory taken follows what is really there, not what the header announces.</summary>
    private static TValue[] ReadInFileOrder<TValue>(InputStream input, NpyHeader header)
        where TValue : unmanaged, INumberBase<TValue>
    {
        var piece = new byte[PieceBytes];
        var values = GC.AllocateUninitializedArray<TValue>((int)Math.Min(header.Count, Math.Max(PieceBytes, input.UsualBytes / header.Type.Bytes)));
        var filled = 0;
        while (filled < header.Count)
        {
            var wanted = Math.Min(PieceBytes / header.Type.Bytes, header.Count - filled);
            var bytes = piece.AsSpan(0, input.Fill(piece.AsSpan(0, wanted * header.Type.Bytes)));
            var found = bytes.Length / header.Type.Bytes;
            if (found < wanted)
            {
                throw new InvalidInputException($"{input.Path} is truncated: its header announces {header.Count} values but it ends after {filled + found}.");
            }

            if (filled + found > values.Length)
            {
                Array.Resize(ref values, (int)Math.Min(header.Count, Math.Max(filled + found, values.Length * 2L)));
            }

            Decode(header.Type, bytes, values.AsSpan(filled, found));
            filled += found;
        }

        return values;
    }

    private static void Decode<TValue>(NpyType type, Span<byte> bytes, Span<TValue> values)
        where TValue : INumberBase<TValue>
    {
        if (type.Bytes > 1 && type.IsBigEndian == BitConverter.IsLittleEndian)
        {
            ReverseElements(bytes, type.Bytes);
        }

        switch (type)
        {
            case { Kind: 'b' }:
                for (var index = 0; index < values.Length; index++)
                {
                    values[index] = bytes[index] == 0 ? TValue.Zero : TValue.One;
                }

                break;
            case { Kind: 'u', Bytes: 1 }:
                Convert<byte, TValue>(bytes, values);
                break;
            case { Kind: 'u', Bytes: 2 }:
                Convert<ushort, TValue>(bytes, values);
                break;
            case { Kind: 'u', Bytes: 4 }:
                Convert<uint, TValue>(bytes, values);
                break;
            case { Kind: 'u' }:
                Convert<ulong, TValue>(bytes, values);
                break;
            case { Kind: 'i', Bytes: 1 }:
                Convert<sbyte, TValue>(bytes, values);
                break;
            case { Kind: 'i', Bytes: 2 }:
                Convert<short, TValue>(bytes, values);
                break;
            case { Kind: 'i', Bytes: 4 }:
                Convert<int, TValue>(bytes, values);
                break;
            case { Kind: 'i' }:
                Convert<long, TValue>(bytes, values);
                break;
            case { Bytes: 2 }:
                Convert<Half, TValue>(bytes, values);
                break;
            case { Bytes: 4 }:
                Convert<float, TValue>(bytes, values);
                break;
            default:
                Convert<double, TValue>(bytes, values);
                break;
        }
    }

    private static void Convert<TElement, TValue>(Span<byte> bytes, Span<TValue> values)
        where TElement : unmanaged, INumberBase<TElement>
        where TValue : INumberBase<TValue>
    {
        var elements = MemoryMarshal.Cast<byte, TElement>(bytes);
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = TValue.CreateSaturating(elements[index]);
        }
    }

    private static void ReverseElements(Span<byte> bytes, int elementBytes)
    {
        switch (elementBytes)
        {
            case 2:
                var words = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(words, words);
                break;
            case 4:
                var doubleWords = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(doubleWords, doubleWords);
                break;
            default:
                var quadWords = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(quadWords, quadWords);
                break;
        }
    }

    /// <summary>From the first index changing fastest to the last one.</summary>
    private static TValue[] ToRowMajor<TValue>(TValue[] values, ImmutableArray<int> shape)
    {
        var result = GC.AllocateUninitializedArray<TValue>(values.Length);
        var strides = new int[shape.Length];
        strides[0] = 1;
        for (var axis = 1; axis < shape.Length; axis++)
        {
            strides[axis] = strides[axis - 1] * shape[axis - 1];
        }

        var index = new int[shape.Length];
        var source = 0;
        for (var target = 0; target < result.Length; target++)
        {
            result[target] = values[source];
            for (var axis = shape.Length - 1; axis >= 0; axis--)
            {
                source += strides[axis];
                if (++index[axis] < shape[axis])
                {
                    break;
                }

                source -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }

        return result;
    }
}
