using System.Collections.Frozen;

namespace DistTrain.Runtime.Wire;

/// <summary>How one kind of message is written and read. The two stand together, so that they do not drift apart.</summary>
/// <param name="Number">What stands for the kind on the wire; a promise.</param>
/// <param name="FieldCount">How many fields follow the number.</param>
internal sealed record MessageForm<TBase>(int Number, Type Type, int FieldCount, ItemWriting<TBase> Write, ItemReading<TBase> Read)
    where TBase : class
{
    public static MessageForm<TBase> Of<T>(int number, int fieldCount, ItemWriting<T> write, ItemReading<T> read)
        where T : TBase => new(number, typeof(T), fieldCount, (writer, message) => write(writer, (T)message), (ref reader) => read(ref reader));
}

/// <summary>All kinds of messages of a family.</summary>
internal sealed class MessageTable<TBase>
    where TBase : class
{
    private readonly FrozenDictionary<Type, MessageForm<TBase>> byType;
    private readonly FrozenDictionary<int, MessageForm<TBase>> byNumber;

    public MessageTable(params IEnumerable<MessageForm<TBase>> forms)
    {
        Forms = [.. forms.OrderBy(form => form.Number)];
        byType = Forms.ToFrozenDictionary(form => form.Type);
        byNumber = Forms.ToFrozenDictionary(form => form.Number);
    }

    /// <summary>By number.</summary>
    public IReadOnlyList<MessageForm<TBase>> Forms { get; }

    public void Write(MessagePackWriter writer, TBase message)
    {
        var form = byType.GetValueOrDefault(message.GetType()) ?? throw new InvalidOperationException($"no wire format is known for {message.GetType().Name}");
        writer.WriteArrayHeader(1 + form.FieldCount);
        writer.WriteInteger(form.Number);
        form.Write(writer, message);
    }

    /// <summary>A message within what <paramref name="reader"/> reads.</summary>
    /// <exception cref="WireFormatException">There is none, or it means nothing.</exception>
    public TBase Read(ref FieldReader reader)
    {
        var (fieldCount, number) = reader.BeginMessage();
        var form = byNumber.GetValueOrDefault(number) ?? throw new WireFormatException($"there is no message of kind {number} here");
        reader.BeginFields(form.Type.Name, fieldCount, form.FieldCount);
        var message = form.Read(ref reader);
        reader.EndMessage();
        return message;
    }

    /// <summary>A message that is all of <paramref name="bytes"/>.</summary>
    /// <exception cref="WireFormatException">It is anything else.</exception>
    public TBase Read(ReadOnlySpan<byte> bytes, WireLimits limits)
    {
        if (bytes.Length > limits.MaximumFrameBytes)
        {
            throw new WireFormatException($"a message of {bytes.Length:N0} bytes is longer than the {limits.MaximumFrameBytes:N0} that are allowed");
        }

        var reader = new FieldReader(bytes, limits);
        try
        {
            var message = Read(ref reader);
            reader.RequireEnd();
            return message;
        }
        catch (WireFormatException refusal) when (reader.Kind is not null)
        {
            throw new WireFormatException($"{reader.Kind}{(reader.Field.Length > 0 ? "." : "")}{reader.Field}: {refusal.Message}");
        }
    }
}
