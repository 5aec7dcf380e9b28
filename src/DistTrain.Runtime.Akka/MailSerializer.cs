using System.Buffers;
using System.Globalization;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Akka;

/// <summary>
/// Writes mail with the project's own MessagePack codec. The manifest is the kind and the version of what is written: the number of a message's kind for letters, a name for the rest. No manifest names a type,
/// and one that is unknown is refused.
/// </summary>
internal sealed class MailSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const string Version = ".1";
    private const string ReceiptManifest = "receipt" + Version;
    private const string AskedManifest = "coordinator-asked" + Version;
    private const string ListensManifest = "coordinator-listens" + Version;
    private const int ProcessIdBytes = 16;

    /// <summary>A letter is a message and a few numbers around it.</summary>
    private static readonly WireLimits Message = new();
    private static readonly WireLimits Envelope = Message with { MaximumFrameBytes = Message.MaximumFrameBytes + 256, MaximumBinaryBytes = Message.MaximumFrameBytes };

    public override int Identifier => 7301;

    public override string Manifest(object o) => o switch
    {
        Letter letter => KindOf(letter.Message).ToString(CultureInfo.InvariantCulture) + Version,
        Receipt => ReceiptManifest,
        CoordinatorAsked => AskedManifest,
        CoordinatorListens => ListensManifest,
        _ => throw new SerializationException($"{o.GetType().Name} is no mail"),
    };

    public override byte[] ToBinary(object obj)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(bytes);
        switch (obj)
        {
            case Letter letter:
                writer.WriteArrayHeader(5);
                Write(writer, letter.From);
                Write(writer, letter.To);
                writer.WriteInteger(letter.Number);
                writer.WriteInteger(letter.Received);
                writer.WriteBinary(letter.Message);
                break;
            case Receipt receipt:
                writer.WriteArrayHeader(3);
                Write(writer, receipt.From);
                Write(writer, receipt.To);
                writer.WriteInteger(receipt.Received);
                break;
            case CoordinatorAsked:
                writer.WriteArrayHeader(0);
                break;
            case CoordinatorListens listens:
                writer.WriteArrayHeader(2);
                writer.WriteString(listens.Endpoint.Host);
                writer.WriteInteger(listens.Endpoint.Port);
                break;
            default:
                throw new SerializationException($"{obj.GetType().Name} is no mail");
        }

        return bytes.WrittenSpan.ToArray();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return Read(bytes, manifest);
        }
        catch (WireFormatException refusal)
        {
            throw new SerializationException($"mail '{manifest}' cannot be read: {refusal.Message}", refusal);
        }
    }

    private static Mail Read(byte[] bytes, string manifest)
    {
        var reader = new FieldReader(bytes, Envelope);
        Mail mail;
        switch (manifest)
        {
            case ReceiptManifest:
                reader.BeginGroup("Receipt", 3);
                mail = new Receipt(ReadProcess(ref reader), ReadProcess(ref reader), reader.ReadCounter("Received"));
                break;
            case AskedManifest:
                reader.BeginGroup("CoordinatorAsked", 0);
                mail = new CoordinatorAsked();
                break;
            case ListensManifest:
                reader.BeginGroup("CoordinatorListens", 2);
                mail = new CoordinatorListens(new HostAndPort(reader.ReadText("Host", least: 1), reader.ReadInteger("Port", least: 1, most: ushort.MaxValue)));
                break;
            default:
                mail = ReadLetter(ref reader, manifest);
                break;
        }

        reader.EndGroup();
        reader.RequireEnd();
        return mail;
    }

    private static Letter ReadLetter(ref FieldReader reader, string manifest)
    {
        if (!MessageCodec.Nodes.Forms.Any(form => manifest == form.Number.ToString(CultureInfo.InvariantCulture) + Version))
        {
            throw new WireFormatException("no such kind of message, or of another version, is known");
        }

        reader.BeginGroup("Letter", 5);
        var letter = new Letter(ReadProcess(ref reader), ReadProcess(ref reader), reader.ReadCounter("Number", least: 1), reader.ReadCounter("Received"), reader.ReadBytes("Message", 1, Message.MaximumFrameBytes).ToArray());
        FieldReader.Require(manifest == KindOf(letter.Message).ToString(CultureInfo.InvariantCulture) + Version, "the message within is of another kind");
        return letter;
    }

    private static int KindOf(ReadOnlySpan<byte> message) => new FieldReader(message, Message).BeginMessage().Kind;

    private static void Write(MessagePackWriter writer, ProcessId process)
    {
        Span<byte> bytes = stackalloc byte[ProcessIdBytes];
        process.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        writer.WriteBinary(bytes);
    }

    private static ProcessId ReadProcess(ref FieldReader reader) => new(new Guid(reader.ReadBytes("Process", ProcessIdBytes, ProcessIdBytes), bigEndian: true));
}
