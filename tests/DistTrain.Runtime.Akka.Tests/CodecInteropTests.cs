using System.Buffers;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.DataTransfer;
using DistTrain.Runtime.Tests.Wire;
using DistTrain.Runtime.Wire;
using MessagePack;

namespace DistTrain.Runtime.Akka.Tests;

/// <summary>The project's codec and MessagePack-CSharp read what the other writes, to the same bytes, for every kind of message.</summary>
public class CodecInteropTests
{
    private static readonly WireLimits Limits = new();

    public static TheoryData<string, byte[]> Kinds
    {
        get
        {
            var kinds = new TheoryData<string, byte[]>();
            foreach (var message in MessageExamples.Actors)
            {
                kinds.Add(message.GetType().Name, Written(MessageCodec.Actors, message));
            }

            foreach (var message in MessageExamples.Nodes)
            {
                kinds.Add(message.GetType().Name, Written(MessageCodec.Nodes, message));
            }

            foreach (var message in MessageExamples.Files)
            {
                kinds.Add(message.GetType().Name, Written(MessageCodec.Files, message));
            }

            return kinds;
        }
    }

    [Fact]
    public void There_is_an_example_of_every_kind()
    {
        var kinds = MessageCodec.Actors.Forms.Select(form => form.Type).Concat(MessageCodec.Nodes.Forms.Select(form => form.Type)).Concat(MessageCodec.Files.Forms.Select(form => form.Type));
        Assert.Equal(kinds.Select(type => type.Name).Order(), Kinds.Select(row => (string)row[0]).Order());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_one_writes_the_other_reads_and_writes_again_to_the_same_bytes(string kind, byte[] ours)
    {
        var reader = new MessagePack.MessagePackReader(ours);
        var tree = Read(ref reader);
        Assert.True(reader.End, $"MessagePack-CSharp sees bytes behind the {kind}");

        var theirs = new ArrayBufferWriter<byte>();
        var writer = new MessagePack.MessagePackWriter(theirs);
        Write(ref writer, tree);
        writer.Flush();

        Assert.Equal(ours, theirs.WrittenSpan.ToArray());
        Assert.Equal(ours, ReadAndWritten(theirs.WrittenSpan));
    }

    private static byte[] Written<T>(MessageTable<T> table, T message)
        where T : class
    {
        var bytes = new ArrayBufferWriter<byte>();
        table.Write(new Wire.MessagePackWriter(bytes), message);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>With the project's codec.</summary>
    private static byte[] ReadAndWritten(ReadOnlySpan<byte> bytes) => new FieldReader(bytes, Limits).BeginMessage().Kind switch
    {
        < 64 => Written(MessageCodec.Actors, MessageCodec.Actors.Read(bytes, Limits)),
        < 128 => Written<NodeMessage>(MessageCodec.Nodes, MessageCodec.Nodes.Read(bytes, Limits)),
        _ => Written<FileMessage>(MessageCodec.Files, MessageCodec.Files.Read(bytes, Limits)),
    };

    private static object? Read(ref MessagePack.MessagePackReader reader)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Nil:
                reader.ReadNil();
                return null;
            case MessagePackType.Boolean:
                return reader.ReadBoolean();
            case MessagePackType.Integer:
                return reader.NextCode == MessagePack.MessagePackCode.UInt64 ? reader.ReadUInt64() : reader.ReadInt64();
            case MessagePackType.Float:
                return reader.NextCode == MessagePack.MessagePackCode.Float32 ? reader.ReadSingle() : reader.ReadDouble();
            case MessagePackType.String:
                return reader.ReadString();
            case MessagePackType.Binary:
                return reader.ReadBytes()!.Value.ToArray();
            case MessagePackType.Array:
                var items = new object?[reader.ReadArrayHeader()];
                for (var i = 0; i < items.Length; i++)
                {
                    items[i] = Read(ref reader);
                }

                return items;
            default:
                throw new InvalidOperationException($"{reader.NextMessagePackType} is used by no message");
        }
    }

    private static void Write(ref MessagePack.MessagePackWriter writer, object? item)
    {
        switch (item)
        {
            case null:
                writer.WriteNil();
                break;
            case bool value:
                writer.Write(value);
                break;
            case long value:
                writer.Write(value);
                break;
            case ulong value:
                writer.Write(value);
                break;
            case float value:
                writer.Write(value);
                break;
            case double value:
                writer.Write(value);
                break;
            case string value:
                writer.Write(value);
                break;
            case byte[] value:
                writer.Write(value);
                break;
            case object?[] items:
                writer.WriteArrayHeader(items.Length);
                foreach (var inner in items)
                {
                    Write(ref writer, inner);
                }

                break;
        }
    }
}
