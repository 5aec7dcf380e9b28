using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DistTrain.Runtime.Wire;

/// <summary>
/// Writes MessagePack (the specification of 2013 at github.com/msgpack/msgpack) in its canonical form: every value in the fewest bytes, so that equal values are equal bytes. Only what messages are
/// made of: nil, booleans, integers, floating-point numbers, texts, bytes and arrays.
/// </summary>
public readonly ref struct MessagePackWriter(IBufferWriter<byte> output)
{
    public void WriteNil() => WriteByte(MessagePackCode.Nil);

    public void WriteBoolean(bool value) => WriteByte(value ? MessagePackCode.True : MessagePackCode.False);

    public void WriteInteger(long value)
    {
        switch (value)
        {
            case >= 0:
                WriteUnsigned((ulong)value);
                break;
            case >= -32:
                WriteByte((byte)value);
                break;
            case >= sbyte.MinValue:
                Write(MessagePackCode.Int8, (ulong)value, sizeof(sbyte));
                break;
            case >= short.MinValue:
                Write(MessagePackCode.Int16, (ulong)value, sizeof(short));
                break;
            case >= int.MinValue:
                Write(MessagePackCode.Int32, (ulong)value, sizeof(int));
                break;
            default:
                Write(MessagePackCode.Int64, (ulong)value, sizeof(long));
                break;
        }
    }

    public void WriteUnsigned(ulong value)
    {
        switch (value)
        {
            case <= 0x7F:
                WriteByte((byte)value);
                break;
            case <= byte.MaxValue:
                Write(MessagePackCode.UInt8, value, sizeof(byte));
                break;
            case <= ushort.MaxValue:
                Write(MessagePackCode.UInt16, value, sizeof(ushort));
                break;
            case <= uint.MaxValue:
                Write(MessagePackCode.UInt32, value, sizeof(uint));
                break;
            default:
                Write(MessagePackCode.UInt64, value, sizeof(ulong));
                break;
        }
    }

    public void WriteSingle(float value) => Write(MessagePackCode.Float32, BitConverter.SingleToUInt32Bits(value), sizeof(float));

    public void WriteDouble(double value) => Write(MessagePackCode.Float64, BitConverter.DoubleToUInt64Bits(value), sizeof(double));

    /// <exception cref="ArgumentException">The text has half a surrogate pair, which UTF-8 has no form for.</exception>
    public void WriteString(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var count = MessagePackCode.Utf8.GetByteCount(value);
        switch (count)
        {
            case <= MessagePackCode.FixStringMaximum:
                WriteByte((byte)(MessagePackCode.FixString | count));
                break;
            case <= byte.MaxValue:
                Write(MessagePackCode.String8, (ulong)count, sizeof(byte));
                break;
            case <= ushort.MaxValue:
                Write(MessagePackCode.String16, (ulong)count, sizeof(ushort));
                break;
            default:
                Write(MessagePackCode.String32, (ulong)count, sizeof(uint));
                break;
        }

        MessagePackCode.Utf8.GetBytes(value, output.GetSpan(count));
        output.Advance(count);
    }

    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        WriteBinaryHeader(value.Length);
        output.Write(value);
    }

    /// <summary>The head of a <c>bin</c> whose bytes the caller writes behind it by himself.</summary>
    public void WriteBinaryHeader(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        switch (length)
        {
            case <= byte.MaxValue:
                Write(MessagePackCode.Binary8, (ulong)length, sizeof(byte));
                break;
            case <= ushort.MaxValue:
                Write(MessagePackCode.Binary16, (ulong)length, sizeof(ushort));
                break;
            default:
                Write(MessagePackCode.Binary32, (ulong)length, sizeof(uint));
                break;
        }
    }

    /// <summary>The head of an array whose items are written behind it.</summary>
    public void WriteArrayHeader(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        switch (length)
        {
            case <= MessagePackCode.FixArrayMaximum:
                WriteByte((byte)(MessagePackCode.FixArray | length));
                break;
            case <= ushort.MaxValue:
                Write(MessagePackCode.Array16, (ulong)length, sizeof(ushort));
                break;
            default:
                Write(MessagePackCode.Array32, (ulong)length, sizeof(uint));
                break;
        }
    }

    private void WriteByte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    /// <summary>A code, then the lowest <paramref name="size"/> bytes of a number, most significant first.</summary>
    private void Write(byte code, ulong bits, int size)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(number, bits);
        var span = output.GetSpan(1 + size);
        span[0] = code;
        number[^size..].CopyTo(span[1..]);
        output.Advance(1 + size);
    }
}

/// <summary>The first bytes of MessagePack's formats, by the names of its specification.</summary>
internal static class MessagePackCode
{
    public const byte FixArray = 0x90;
    public const byte FixString = 0xA0;
    public const byte Nil = 0xC0;
    public const byte False = 0xC2;
    public const byte True = 0xC3;
    public const byte Binary8 = 0xC4;
    public const byte Binary16 = 0xC5;
    public const byte Binary32 = 0xC6;
    public const byte Float32 = 0xCA;
    public const byte Float64 = 0xCB;
    public const byte UInt8 = 0xCC;
    public const byte UInt16 = 0xCD;
    public const byte UInt32 = 0xCE;
    public const byte UInt64 = 0xCF;
    public const byte Int8 = 0xD0;
    public const byte Int16 = 0xD1;
    public const byte Int32 = 0xD2;
    public const byte Int64 = 0xD3;
    public const byte String8 = 0xD9;
    public const byte String16 = 0xDA;
    public const byte String32 = 0xDB;
    public const byte Array16 = 0xDC;
    public const byte Array32 = 0xDD;
    public const byte FixNegative = 0xE0;
    public const int FixPositiveMaximum = 0x7F;
    public const int FixStringMaximum = 31;
    public const int FixArrayMaximum = 15;

    /// <summary>Refuses what is not UTF-8 instead of putting a question mark in its place.</summary>
    public static UTF8Encoding Utf8 { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
