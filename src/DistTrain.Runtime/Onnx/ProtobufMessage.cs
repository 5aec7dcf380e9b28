using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace DistTrain.Runtime.Onnx;

/// <summary>
/// A protocol-buffers message that is put together field by field and written once: the part of the format that ONNX files need, without generated code. Fields are written in the order in which
/// they were added. Format: https://protobuf.dev/programming-guides/encoding.
/// </summary>
internal sealed class ProtobufMessage
{
    private readonly List<Field> fields = [];

    /// <summary>Bytes of the message's content.</summary>
    public long Size => fields.Sum(entry => entry.Size);

    public ProtobufMessage Add(int number, long value)
    {
        fields.Add(new Field(number, WireFormat.WireType.Varint, CodedOutputStream.ComputeInt64Size(value), output => output.WriteInt64(value)));
        return this;
    }

    public ProtobufMessage Add(int number, float value)
    {
        fields.Add(new Field(number, WireFormat.WireType.Fixed32, sizeof(float), output => output.WriteFloat(value)));
        return this;
    }

    public ProtobufMessage Add(int number, string value)
    {
        fields.Add(new Field(number, WireFormat.WireType.LengthDelimited, CodedOutputStream.ComputeStringSize(value), output => output.WriteString(value)));
        return this;
    }

    public ProtobufMessage Add(int number, ProtobufMessage message)
    {
        // The size is asked for once the message is whole, which is when it is written.
        fields.Add(new Field(number, WireFormat.WireType.LengthDelimited, null, output =>
        {
            output.WriteLength((int)message.Size);
            message.WriteTo(output);
        }) { Message = message });
        return this;
    }

    /// <summary>Numbers as little-endian bytes.</summary>
    public ProtobufMessage AddBytes(int number, ReadOnlyMemory<float> values)
    {
        var length = (long)values.Length * sizeof(float);
        fields.Add(new Field(number, WireFormat.WireType.LengthDelimited, LengthSize(length) + length, output => output.WriteBytes(LittleEndian(values.Span))));
        return this;
    }

    public void WriteTo(CodedOutputStream output)
    {
        foreach (var field in fields)
        {
            output.WriteTag(field.Number, field.Type);
            field.Write(output);
        }
    }

    private static long LengthSize(long length) => CodedOutputStream.ComputeUInt64Size((ulong)length);

    private static ByteString LittleEndian(ReadOnlySpan<float> values)
    {
        if (BitConverter.IsLittleEndian)
        {
            return ByteString.CopyFrom(MemoryMarshal.AsBytes(values));
        }

        var words = new int[values.Length];
        BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, int>(values), words);
        return ByteString.CopyFrom(MemoryMarshal.AsBytes<int>(words));
    }

    private sealed record Field(int Number, WireFormat.WireType Type, long? FixedSize, Action<CodedOutputStream> Write)
    {
        public ProtobufMessage? Message { get; init; }

        public long Size => CodedOutputStream.ComputeTagSize(Number) + (Message is { Size: var size } ? LengthSize(size) + size : FixedSize!.Value);
    }
}
