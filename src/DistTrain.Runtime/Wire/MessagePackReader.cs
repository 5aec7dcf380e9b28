using System.Buffers.Binary;
using System.Text;

namespace DistTrain.Runtime.Wire;

/// <summary>
/// Reads what <see cref="MessagePackWriter"/> writes, and refuses everything else in one sentence: other types, longer forms of the same value, lengths beyond the limits or beyond the bytes that are
/// there. Nothing is allocated but texts, and those only after their length has been checked.
/// </summary>
/// <param name="bytes">One whole value.</param>
/// <param name="limits">Bounds on lengths and nesting.</param>
public ref struct MessagePackReader(ReadOnlySpan<byte> bytes, WireLimits limits)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private readonly WireLimits limits = limits;
    private int position;
    private int depth;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => position;

    /// <summary>Whether a nil comes next; it is read if so.</summary>
    /// <exception cref="WireFormatException">No more bytes.</exception>
    public bool TryReadNil()
    {
        if (Peek() != MessagePackCode.Nil)
        {
            return false;
        }

        position++;
        return true;
    }

    /// <exception cref="WireFormatException">Something else comes next.</exception>
    public bool ReadBoolean() => TakeByte() switch
    {
        MessagePackCode.True => true,
        MessagePackCode.False => false,
        var code => throw Unexpected("a boolean", code),
    };

    /// <exception cref="WireFormatException">Something else comes next, or a number above <see cref="long.MaxValue"/>.</exception>
    public long ReadInteger()
    {
        var code = Peek();
        if (code <= MessagePackCode.FixPositiveMaximum || code is >= MessagePackCode.UInt8 and <= MessagePackCode.UInt64)
        {
            var value = ReadUnsigned();
            return value <= long.MaxValue ? (long)value : throw new WireFormatException("an integer is larger than any that a message may hold");
        }

        position++;
        return code switch
        {
            >= MessagePackCode.FixNegative => (sbyte)code,
            MessagePackCode.Int8 => Canonical((sbyte)TakeNumber(sizeof(sbyte)), below: -32),
            MessagePackCode.Int16 => Canonical((short)TakeNumber(sizeof(short)), below: sbyte.MinValue),
            MessagePackCode.Int32 => Canonical((int)TakeNumber(sizeof(int)), below: short.MinValue),
            MessagePackCode.Int64 => Canonical((long)TakeNumber(sizeof(long)), below: int.MinValue),
            _ => throw Unexpected("an integer", code),
        };
    }

    /// <exception cref="WireFormatException">Something else comes next.</exception>
    public ulong ReadUnsigned()
    {
        var code = TakeByte();
        return code switch
        {
            <= MessagePackCode.FixPositiveMaximum => code,
            MessagePackCode.UInt8 => Canonical(TakeNumber(sizeof(byte)), above: MessagePackCode.FixPositiveMaximum),
            MessagePackCode.UInt16 => Canonical(TakeNumber(sizeof(ushort)), above: byte.MaxValue),
            MessagePackCode.UInt32 => Canonical(TakeNumber(sizeof(uint)), above: ushort.MaxValue),
            MessagePackCode.UInt64 => Canonical(TakeNumber(sizeof(ulong)), above: uint.MaxValue),
            _ => throw Unexpected("a whole number from 0 on", code),
        };
    }

    /// <exception cref="WireFormatException">Something else comes next.</exception>
    public float ReadSingle()
    {
        Expect(MessagePackCode.Float32, "a 32-bit number");
        return BitConverter.UInt32BitsToSingle((uint)TakeNumber(sizeof(float)));
    }

    /// <exception cref="WireFormatException">Something else comes next.</exception>
    public double ReadDouble()
    {
        Expect(MessagePackCode.Float64, "a 64-bit number");
        return BitConverter.UInt64BitsToDouble(TakeNumber(sizeof(double)));
    }

    /// <exception cref="WireFormatException">Something else comes next, it is too long, or it is not UTF-8.</exception>
    public string ReadString() => ReadString(limits.MaximumStringBytes);

    /// <exception cref="WireFormatException">Something else comes next, it is too long, or it is not UTF-8.</exception>
    public string ReadString(int maximumBytes)
    {
        var code = TakeByte();
        var length = code switch
        {
            >= MessagePackCode.FixString and <= (MessagePackCode.FixString | MessagePackCode.FixStringMaximum) => (ulong)(code & MessagePackCode.FixStringMaximum),
            MessagePackCode.String8 => Canonical(TakeNumber(sizeof(byte)), above: MessagePackCode.FixStringMaximum),
            MessagePackCode.String16 => Canonical(TakeNumber(sizeof(ushort)), above: byte.MaxValue),
            MessagePackCode.String32 => Canonical(TakeNumber(sizeof(uint)), above: ushort.MaxValue),
            _ => throw Unexpected("a text", code),
        };
        var text = Take(Bounded("a text", length, maximumBytes, "bytes"));
        try
        {
            return MessagePackCode.Utf8.GetString(text);
        }
        catch (DecoderFallbackException)
        {
            throw new WireFormatException("a text is not UTF-8");
        }
    }

    /// <summary>The bytes where they lie: no copy is made.</summary>
    /// <exception cref="WireFormatException">Something else comes next, or it is too long.</exception>
    public ReadOnlySpan<byte> ReadBinary()
    {
        var code = TakeByte();
        var length = code switch
        {
            MessagePackCode.Binary8 => TakeNumber(sizeof(byte)),
            MessagePackCode.Binary16 => Canonical(TakeNumber(sizeof(ushort)), above: byte.MaxValue),
            MessagePackCode.Binary32 => Canonical(TakeNumber(sizeof(uint)), above: ushort.MaxValue),
            _ => throw Unexpected("bytes", code),
        };
        return Take(Bounded("a run of bytes", length, limits.MaximumBinaryBytes, "bytes"));
    }

    /// <summary>Begins an array; <see cref="EndArray"/> belongs behind its items.</summary>
    /// <returns>The number of its items.</returns>
    /// <exception cref="WireFormatException">Something else comes next, it is too long, or nested too deep.</exception>
    public int ReadArrayHeader()
    {
        var code = TakeByte();
        var length = code switch
        {
            >= MessagePackCode.FixArray and <= (MessagePackCode.FixArray | MessagePackCode.FixArrayMaximum) => (ulong)(code & MessagePackCode.FixArrayMaximum),
            MessagePackCode.Array16 => Canonical(TakeNumber(sizeof(ushort)), above: MessagePackCode.FixArrayMaximum),
            MessagePackCode.Array32 => Canonical(TakeNumber(sizeof(uint)), above: ushort.MaxValue),
            _ => throw Unexpected("an array", code),
        };
        if (++depth > limits.MaximumDepth)
        {
            throw new WireFormatException($"a message is nested more than {limits.MaximumDepth} deep");
        }

        var items = Bounded("an array", length, limits.MaximumArrayLength, "items");

        // Every item takes a byte at least, so whoever takes memory by the number of items takes no more than was sent.
        return items <= bytes.Length - position ? items : throw TooShort();
    }

    public void EndArray() => depth--;

    /// <exception cref="WireFormatException">Bytes are left.</exception>
    public readonly void RequireEnd()
    {
        if (position != bytes.Length)
        {
            throw new WireFormatException($"{bytes.Length - position} bytes follow the end of a message");
        }
    }

    private static WireFormatException Unexpected(string wanted, byte code) => new($"{wanted} was expected, but the byte 0x{code:X2} begins something else");

    private static WireFormatException TooShort() => new("a message ends before it is complete");

    private static ulong Canonical(ulong value, ulong above) => value > above ? value : throw NotCanonical();

    private static long Canonical(long value, long below) => value < below ? value : throw NotCanonical();

    private static WireFormatException NotCanonical() => new("a number or length is written in more bytes than it needs");

    private static int Bounded(string what, ulong length, int most, string unit) =>
        length <= (ulong)most ? (int)length : throw new WireFormatException($"{what} of {length:N0} {unit} is longer than the {most:N0} that are allowed");

    private readonly byte Peek() => position < bytes.Length ? bytes[position] : throw TooShort();

    private byte TakeByte()
    {
        var value = Peek();
        position++;
        return value;
    }

    private void Expect(byte code, string wanted)
    {
        var actual = TakeByte();
        if (actual != code)
        {
            throw Unexpected(wanted, actual);
        }
    }

    private ulong TakeNumber(int size)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        number.Clear();
        Take(size).CopyTo(number[^size..]);
        return BinaryPrimitives.ReadUInt64BigEndian(number);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > bytes.Length - position)
        {
            throw TooShort();
        }

        var taken = bytes.Slice(position, count);
        position += count;
        return taken;
    }
}
