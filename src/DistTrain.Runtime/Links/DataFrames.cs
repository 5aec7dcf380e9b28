using System.Buffers;
using System.Buffers.Binary;
using DistTrain.Actors;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Links;

/// <summary>What travels on a data connection: a head of 16 bytes, and a body of the length that it says. The numbers are a promise to other versions.</summary>
internal enum DataFrameKind : byte
{
    /// <summary>Number: up to which all transfers are whole; body: <see cref="DataResume"/>. The first frame of each side on each connection.</summary>
    Resume = 1,

    /// <summary>Number: the transfer's; body: <see cref="TransferBeginning"/>.</summary>
    Begin = 2,

    /// <summary>Number: the transfer's; body: its next bytes, numbers of 32 bits with the least significant byte first.</summary>
    Chunk = 3,

    /// <summary>Number: the transfer's, all of whose bytes have been sent; body: the message that they belong to.</summary>
    End = 4,

    /// <summary>Number: the transfer's, which is whole; no body.</summary>
    Acknowledge = 5,

    /// <summary>Number: bytes of chunks that may be sent, from the connection's beginning; no body.</summary>
    Credit = 6,

    /// <summary>Number 0, no body: the connection is alive.</summary>
    Pulse = 7,
}

/// <summary>Kind (1 byte), three zeros, length of the body (4 bytes), number (8 bytes); least significant byte first. Fixed, because it stands before every chunk.</summary>
internal readonly record struct DataFrameHead(DataFrameKind Kind, int Length, long Number)
{
    public const int Bytes = 16;

    /// <summary>Of a <see cref="DataFrameKind.Begin"/>'s body.</summary>
    public const int LongestBeginning = 128;

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)Kind);
        BinaryPrimitives.WriteInt32LittleEndian(destination[4..], Length);
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], Number);
    }

    /// <exception cref="WireFormatException">An unknown kind, or a length or number that nothing has.</exception>
    public static DataFrameHead Read(ReadOnlySpan<byte> source)
    {
        var kind = BinaryPrimitives.ReadUInt32LittleEndian(source);
        if (kind is < (uint)DataFrameKind.Resume or > (uint)DataFrameKind.Pulse)
        {
            throw new WireFormatException($"a data frame of kind {kind} is unknown");
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(source[4..]);
        var number = BinaryPrimitives.ReadInt64LittleEndian(source[8..]);
        var head = new DataFrameHead((DataFrameKind)kind, length, number);
        return length >= 0 && number >= 0 ? head : throw new WireFormatException($"a data frame ({head.Kind}) has a negative length or number");
    }
}

/// <param name="GrantedBytes">Of chunks that the other side may send on this connection, for a start.</param>
/// <param name="Whole">Numbers of transfers that are whole, ascending, beyond that up to which all are.</param>
internal sealed record DataResume(long GrantedBytes, long[] Whole)
{
    public byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        writer.WriteArrayHeader(2);
        writer.WriteInteger(GrantedBytes);
        writer.WriteArrayHeader(Whole.Length);
        foreach (var number in Whole)
        {
            writer.WriteInteger(number);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="WireFormatException">It is something else.</exception>
    public static DataResume Decode(ReadOnlySpan<byte> body, WireLimits limits)
    {
        var reader = new MessagePackReader(body, limits);
        if (reader.ReadArrayHeader() != 2)
        {
            throw new WireFormatException("a data connection was resumed with something else than a grant and transfers");
        }

        var granted = reader.ReadInteger();
        var whole = new long[reader.ReadArrayHeader()];
        for (var i = 0; i < whole.Length; i++)
        {
            whole[i] = reader.ReadInteger();
        }

        reader.EndArray();
        reader.EndArray();
        reader.RequireEnd();
        return new DataResume(granted, whole);
    }
}

/// <summary>What is said of a transfer before its bytes.</summary>
internal sealed record TransferBeginning(ActorAddress Receiver, TensorKey Key, long TotalBytes)
{
    private const int Weights = 1;
    private const int Gradient = 2;
    private const int State = 3;

    public byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>(DataFrameHead.LongestBeginning);
        var writer = new MessagePackWriter(output);
        var gradient = Key as GradientKey;
        writer.WriteArrayHeader(ItemsOf(KindOf(Key)));
        writer.WriteInteger(KindOf(Key));
        writer.WriteInteger((int)Receiver.Role);
        writer.WriteInteger(Receiver.Number);
        writer.WriteInteger(TotalBytes);
        writer.WriteInteger(Key.Incarnation.Value);
        writer.WriteInteger(Key.Shard.Value);
        writer.WriteInteger(Key.Version.Value);
        if (gradient is not null)
        {
            writer.WriteInteger(gradient.Worker.Value);
            writer.WriteInteger(gradient.Session.Value);
            writer.WriteInteger(gradient.Node.Level);
            writer.WriteInteger(gradient.Node.Index);
        }
        else if (Key is StateKey state)
        {
            writer.WriteInteger(state.ShardCount);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="WireFormatException">It is something else.</exception>
    public static TransferBeginning Decode(ReadOnlySpan<byte> body, WireLimits limits)
    {
        var reader = new MessagePackReader(body, limits);
        var items = reader.ReadArrayHeader();
        var kind = items > 0 ? reader.ReadInteger() : 0;
        if (kind is < Weights or > State || items != ItemsOf(kind))
        {
            throw new WireFormatException($"a transfer of kind {kind} with {items} items is unknown");
        }

        var role = Number(ref reader, (int)ActorRole.Worker, "role");
        var receiver = new ActorAddress((ActorRole)role, Number(ref reader, int.MaxValue, "receiver"));
        var totalBytes = reader.ReadInteger();
        var incarnation = new Incarnation(reader.ReadInteger());
        var shard = new ShardId(Number(ref reader, int.MaxValue, "shard"));
        var version = new WeightVersion(reader.ReadInteger());
        TensorKey key = kind switch
        {
            Weights => new WeightsKey(incarnation, shard, version),
            State => new StateKey(incarnation, shard, version, Number(ref reader, int.MaxValue, "number of shards")),
            _ => new GradientKey(incarnation, shard, version, new WorkerId(Number(ref reader, int.MaxValue, "worker")), new SessionNumber(reader.ReadInteger()), ReadNode(ref reader)),
        };
        reader.EndArray();
        reader.RequireEnd();
        return totalBytes >= 0 && totalBytes % sizeof(float) == 0
            ? new TransferBeginning(receiver, key, totalBytes)
            : throw new WireFormatException($"a transfer of {totalBytes} bytes is not one of 32-bit numbers");
    }

    private static int ItemsOf(long kind) => kind switch
    {
        Gradient => 11,
        State => 8,
        _ => 7,
    };

    private static int KindOf(TensorKey key) => key switch
    {
        WeightsKey => Weights,
        GradientKey => Gradient,
        StateKey => State,
        _ => throw new ArgumentException($"tensors of kind {key.GetType().Name} do not travel", nameof(key)),
    };

    private static TreeNode ReadNode(ref MessagePackReader reader)
    {
        var level = Number(ref reader, 30, "level");
        return new TreeNode(level, Number(ref reader, (int.MaxValue >> level) - 1, "node"));
    }

    private static int Number(ref MessagePackReader reader, int most, string name)
    {
        var value = reader.ReadInteger();
        return value >= 0 && value <= most ? (int)value : throw new WireFormatException($"the {name} of a transfer is {value}, which is not between 0 and {most}");
    }
}
