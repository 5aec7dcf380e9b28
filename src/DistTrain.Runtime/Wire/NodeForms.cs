using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.DataTransfer;
using DistTrain.Runtime.Security;
using Form = DistTrain.Runtime.Wire.MessageForm<DistTrain.Runtime.Cluster.NodeMessage>;

namespace DistTrain.Runtime.Wire;

/// <summary>What processes say to each other.</summary>
internal static class NodeForms
{
    private const int LongestTicket = 256;

    public static Form[] All { get; } =
    [
        Form.Of<ActorEnvelope>(64, 4,
            static (writer, envelope) =>
            {
                writer.Write(envelope.From);
                writer.Write(envelope.To);
                writer.WriteInteger(envelope.Number);
                MessageCodec.Actors.Write(writer, envelope.Message);
            },
            static (ref reader) => new ActorEnvelope(reader.ReadAddress("From"), reader.ReadAddress("To"), reader.ReadCounter("Number", least: 1), MessageCodec.Actors.Read(ref reader))),

        Form.Of<Introduction>(65, 5,
            static (writer, introduction) =>
            {
                writer.WriteString(introduction.ProgramVersion);
                writer.WriteInteger((int)introduction.Role);
                writer.WriteString(introduction.HostName);
                writer.WriteInteger(introduction.OperatingSystemId);
                writer.Write(introduction.Endpoint);
            },
            static (ref reader) => new Introduction(
                reader.ReadText("ProgramVersion"),
                (MemberRole)reader.ReadInteger("Role", (int)MemberRole.Worker, (int)MemberRole.Server),
                reader.ReadText("HostName"),
                reader.ReadInteger("OperatingSystemId"),
                reader.ReadHostAndPort())),

        Form.Of<Offer>(66, 4,
            static (writer, offer) =>
            {
                writer.WriteString(offer.Run.ProgramVersion);
                writer.WriteString(offer.Run.Configuration);
                writer.WriteInteger(offer.Run.WorkerCount);
                writer.Write(offer.Run.Data);
            },
            static (ref reader) => new Offer(
                new RunOffer(reader.ReadText("ProgramVersion"), reader.ReadDocument("Configuration"), reader.ReadInteger("WorkerCount", least: 1), reader.ReadDataOffer()))),

        Form.Of<TicketRequested>(67, 0,
            static (_, _) => { },
            static (ref _) => new TicketRequested()),

        Form.Of<TicketIssued>(68, 1,
            static (writer, issued) => writer.WriteBinary(issued.Ticket.AsSpan()),
            static (ref reader) => new TicketIssued([.. reader.ReadBytes("Ticket", 1, LongestTicket)])),

        Form.Of<Prepared>(69, 3,
            static (writer, prepared) =>
            {
                writer.WriteString(prepared.Arithmetic);
                writer.WriteString(prepared.KernelPath);
                writer.WriteString(prepared.ContentHash);
            },
            static (ref reader) => new Prepared(reader.ReadText("Arithmetic"), reader.ReadText("KernelPath"), reader.ReadText("ContentHash"))),

        Form.Of<Refusal>(70, 1,
            static (writer, refusal) => writer.WriteSentence(refusal.Sentence),
            static (ref reader) => new Refusal(reader.ReadSentence("Sentence"))),

        Form.Of<Admission>(71, 2,
            static (writer, admission) =>
            {
                writer.Write(admission.Node);
                writer.WriteOptional((long?)admission.Worker?.Value);
            },
            static (ref reader) => new Admission(reader.ReadNodeId(), reader.ReadOptionalWorker())),

        Form.Of<ShardsPlaced>(72, 2,
            static (writer, placed) =>
            {
                writer.Write(placed.Map);
                writer.WriteArray(placed.Hosts, static (writer, host) => writer.Write(host));
            },
            static (ref reader) => new ShardsPlaced(reader.ReadShardMap(), ReadHosts(ref reader))),

        Form.Of<PeerIntroduction>(73, 2,
            static (writer, introduction) =>
            {
                writer.Write(introduction.Node);
                writer.WriteOptional((long?)introduction.Worker?.Value);
            },
            static (ref reader) => new PeerIntroduction(reader.ReadNodeId(), reader.ReadOptionalWorker())),

        Form.Of<Leaving>(74, 1,
            static (writer, leaving) => writer.WriteSentence(leaving.Reason),
            static (ref reader) => new Leaving(reader.ReadSentence("Reason"))),

        Form.Of<Released>(75, 0,
            static (_, _) => { },
            static (ref _) => new Released()),

        Form.Of<RunOver>(76, 1,
            static (writer, over) => writer.WriteSentence(over.Sentence),
            static (ref reader) => new RunOver(reader.ReadSentence("Sentence"))),

        Form.Of<WorkerStatus>(77, 4,
            static (writer, status) =>
            {
                writer.WriteInteger(status.Step);
                writer.WriteDouble(status.ComputeMilliseconds);
                writer.WriteDouble(status.WaitMilliseconds);
                writer.WriteDouble(status.SamplesPerSecond);
            },
            static (ref reader) => new WorkerStatus(
                reader.ReadCounter("Step"), reader.ReadDouble("ComputeMilliseconds"), reader.ReadDouble("WaitMilliseconds"), reader.ReadDouble("SamplesPerSecond"))),

        Form.Of<MailAddress>(78, 2,
            static (writer, mail) =>
            {
                writer.WriteString(mail.Runtime);
                writer.WriteString(mail.Address);
            },
            static (ref reader) => new MailAddress(reader.ReadText("Runtime"), reader.ReadText("Address"))),
    ];

    private static WorkerId? ReadOptionalWorker(this ref FieldReader reader) => reader.ReadsNothing("Worker") ? null : reader.ReadWorker();

    private static void Write(this MessagePackWriter writer, HostAndPort endpoint)
    {
        writer.WriteArrayHeader(2);
        writer.WriteString(endpoint.Host);
        writer.WriteInteger(endpoint.Port);
    }

    private static HostAndPort ReadHostAndPort(this ref FieldReader reader)
    {
        reader.BeginGroup("Endpoint", 2);
        var endpoint = new HostAndPort(reader.ReadText("Host", least: 1), reader.ReadInteger("Port", most: ushort.MaxValue));
        reader.EndGroup();
        return endpoint;
    }

    private static void Write(this MessagePackWriter writer, ShardHost host)
    {
        Span<byte> process = stackalloc byte[16];
        host.Process.Value.TryWriteBytes(process, bigEndian: true, out _);
        writer.WriteArrayHeader(3);
        writer.Write(host.Node);
        writer.WriteBinary(process);
        writer.Write(host.Endpoint);
    }

    private static ShardHost ReadShardHost(this ref FieldReader reader)
    {
        reader.BeginGroup("Hosts", 3);
        var host = new ShardHost(reader.ReadNodeId(), new ProcessId(new Guid(reader.ReadBytes("Process", 16, 16), bigEndian: true)), reader.ReadHostAndPort());
        reader.EndGroup();
        return host;
    }

    private static ImmutableArray<ShardHost> ReadHosts(ref FieldReader reader)
    {
        var hosts = reader.ReadArray("Hosts", static (ref reader) => reader.ReadShardHost());
        for (var i = 1; i < hosts.Length; i++)
        {
            FieldReader.Require(hosts[i - 1].Node < hosts[i].Node, "the nodes are not in order");
        }

        return hosts;
    }

    private static void Write(this MessagePackWriter writer, DataOffer offer)
    {
        writer.WriteArrayHeader(4);
        writer.WriteString(offer.Name);
        writer.WriteString(offer.Source);
        writer.WriteString(offer.ContentHash);
        writer.WriteArray(offer.Files, static (writer, file) => writer.Write(file));
    }

    private static DataOffer ReadDataOffer(this ref FieldReader reader)
    {
        reader.BeginGroup("Data", 4);
        var offer = new DataOffer(
            reader.ReadText("Name"), reader.ReadDocument("Source"), reader.ReadText("ContentHash"), reader.ReadArray("Files", static (ref reader) => reader.ReadDataFile()));
        FieldReader.Require(offer.Files.DistinctBy(file => file.Name).Count() == offer.Files.Length, "two files have one name");
        reader.EndGroup();
        return offer;
    }

    private static void Write(this MessagePackWriter writer, DataFile file)
    {
        writer.WriteArrayHeader(3);
        writer.WriteString(file.Name);
        writer.WriteInteger(file.Length);
        writer.WriteHash(file.Sha256);
    }

    private static DataFile ReadDataFile(this ref FieldReader reader)
    {
        reader.BeginGroup("Files", 3);
        var name = reader.ReadText("Name", least: 1);
        FieldReader.Require(DataCache.IsFileName(name), "it is no name of a file");
        var file = new DataFile(name, reader.ReadCounter("Length"), reader.ReadHash("Sha256"));
        reader.EndGroup();
        return file;
    }
}
