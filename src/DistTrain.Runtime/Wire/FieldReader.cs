using System.Collections.Immutable;

namespace DistTrain.Runtime.Wire;

/// <summary>Reads one item of an array.</summary>
internal delegate T ItemReading<out T>(ref FieldReader reader);

/// <summary>
/// Reads the fields of a message and checks that they mean something. Whoever catches a <see cref="WireFormatException"/> of it finds in <see cref="Kind"/> and <see cref="Field"/> where that was.
/// </summary>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes, WireLimits limits)
{
    /// <summary>Of anything that is counted: far beyond what a run can reach, and far from where sums overflow.</summary>
    private const long LargestCounter = 1L << 53;

    /// <summary>Items that memory is taken for before they have been seen.</summary>
    private const int ItemsTakenOnTrust = 64;

    private MessagePackReader reader = new(bytes, limits);

    /// <summary>The kind of message that is being read, once that is known.</summary>
    public string? Kind { get; private set; }

    /// <summary>The field that is being read.</summary>
    public string Field { get; private set; } = "";

    public long ReadCounter(string field, long least = 0)
    {
        Field = field;
        return InRange(reader.ReadInteger(), least, LargestCounter);
    }

    public int ReadInteger(string field, int least = 0, int most = int.MaxValue)
    {
        Field = field;
        return (int)InRange(reader.ReadInteger(), least, most);
    }

    public int? ReadOptionalInteger(string field) => ReadsNothing(field) ? null : ReadInteger(field);

    public long? ReadOptionalCounter(string field, long least = 0) => ReadsNothing(field) ? null : ReadCounter(field, least);

    public double ReadDouble(string field)
    {
        Field = field;
        return reader.ReadDouble();
    }

    public double? ReadOptionalDouble(string field) => ReadsNothing(field) ? null : ReadDouble(field);

    public bool ReadBoolean(string field)
    {
        Field = field;
        return reader.ReadBoolean();
    }

    public string ReadText(string field, int least = 0)
    {
        Field = field;
        var text = reader.ReadString();
        Require(text.Length >= least, "it is empty");
        return text;
    }

    /// <summary>A text as long as <see cref="WireLimits.MaximumDocumentBytes"/>.</summary>
    public string ReadDocument(string field)
    {
        Field = field;
        return reader.ReadString(limits.MaximumDocumentBytes);
    }

    /// <summary>The bytes where they lie.</summary>
    public ReadOnlySpan<byte> ReadBytes(string field, int least, int most)
    {
        Field = field;
        var value = reader.ReadBinary();
        return value.Length >= least && value.Length <= most
            ? value
            : throw new WireFormatException(least == most ? $"it must be {least} bytes long" : $"it must be {least} to {most} bytes long");
    }

    /// <summary>Whether a nil stands for a value that is not there; it is read if so.</summary>
    public bool ReadsNothing(string field)
    {
        Field = field;
        return reader.TryReadNil();
    }

    /// <summary>Begins a group of a fixed number of fields; <see cref="EndGroup"/> belongs behind them.</summary>
    public void BeginGroup(string field, int fieldCount)
    {
        Field = field;
        RequireFieldCount(reader.ReadArrayHeader(), fieldCount);
    }

    /// <summary>Begins a group whose last fields may be missing; <see cref="EndGroup"/> belongs behind those that are there.</summary>
    /// <returns>How many fields follow.</returns>
    public int BeginGroup(string field, int least, int most)
    {
        Field = field;
        var count = reader.ReadArrayHeader();
        Require(count >= least && count <= most, $"it has {count} fields instead of {least} to {most}");
        return count;
    }

    public void EndGroup() => reader.EndArray();

    public ImmutableArray<T> ReadArray<T>(string field, ItemReading<T> readItem)
    {
        Field = field;
        var count = reader.ReadArrayHeader();
        var items = ImmutableArray.CreateBuilder<T>(Math.Min(count, ItemsTakenOnTrust));
        for (var i = 0; i < count; i++)
        {
            Field = field;
            items.Add(readItem(ref this));
        }

        Field = field;
        reader.EndArray();
        return items.DrainToImmutable();
    }

    /// <summary>Begins a message: an array with the number of its kind first. <see cref="EndMessage"/> belongs behind its fields.</summary>
    /// <returns>How many fields follow, and the kind's number.</returns>
    public (int FieldCount, int Kind) BeginMessage()
    {
        (Kind, Field) = (null, "");
        var count = reader.ReadArrayHeader();
        Require(count > 0, "a message is empty");
        return (count - 1, (int)InRange(reader.ReadInteger(), 0, int.MaxValue));
    }

    public void BeginFields(string kind, int fieldCount, int expected)
    {
        Kind = kind;
        RequireFieldCount(fieldCount, expected);
    }

    public void EndMessage() => reader.EndArray();

    /// <exception cref="WireFormatException">Bytes are left.</exception>
    public readonly void RequireEnd() => reader.RequireEnd();

    /// <exception cref="WireFormatException">The condition is not met.</exception>
    public static void Require(bool isMet, string otherwise)
    {
        if (!isMet)
        {
            throw new WireFormatException(otherwise);
        }
    }

    private static void RequireFieldCount(int actual, int expected)
    {
        if (actual != expected)
        {
            throw new WireFormatException($"it has {actual} fields instead of {expected}");
        }
    }

    private static long InRange(long value, long least, long most) =>
        value >= least && value <= most ? value : throw new WireFormatException($"{value} is outside of {least} to {most}");
}
