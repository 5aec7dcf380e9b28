using System.Buffers.Binary;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Security.Handshake;

/// <summary>The frames of a handshake: a length of two bytes, most significant first, then a MessagePack array that begins with one of these.</summary>
internal enum FrameKind
{
    /// <summary>From the client: magic, version, process id, purpose, nonce, ticket or nil.</summary>
    Hello = 1,

    /// <summary>From the server: version, process id, nonce.</summary>
    Challenge = 2,

    /// <summary>From the client, then from the server: the proof.</summary>
    Proof = 3,

    /// <summary>From the server: the fault's number, version.</summary>
    Refusal = 4,
}

/// <summary>How a handshake ended.</summary>
/// <param name="Fault">Null when both sides have proved themselves.</param>
/// <param name="IsTold">Whether the peer has found the fault and told it, rather than this side.</param>
/// <param name="Peer">Proved, where there is no fault.</param>
/// <param name="PeerVersion">0 where the peer has not said.</param>
internal readonly record struct HandshakeResult(ConnectionFault? Fault, bool IsTold, ProcessId Peer, ConnectionPurpose Purpose, int PeerVersion);

/// <summary>
/// One side of a handshake as a state machine over bytes: whoever has the connection sends <see cref="TakeOutput"/>, and reads no more than <see cref="Wanted"/>, so that not one byte behind the handshake is
/// taken; until there is a <see cref="Result"/>. Client: Hello. Server: Challenge. Client: Proof. Server: Proof. The side that connects proves first, so that a stranger who connects learns nothing that was
/// made with the secret. Memory is fixed: <see cref="KeptBytes"/>.
/// </summary>
internal abstract class Exchange
{
    /// <summary>Of the handshake and everything that is said on the connection behind it.</summary>
    public const int Version = 1;

    public const int MaximumFrameBytes = 512;

    private const int PrefixBytes = sizeof(ushort);

    /// <summary>Everything that a peer can make this keep: one frame in, one frame out, the transcript. Beyond this there is only the object's own handful of fields.</summary>
    public const int KeptBytes = (2 * (PrefixBytes + MaximumFrameBytes)) + Transcript.KeptBytes;

    private static readonly WireLimits Limits = new() { MaximumFrameBytes = MaximumFrameBytes, MaximumDepth = 2, MaximumArrayLength = 16, MaximumStringBytes = 64, MaximumBinaryBytes = 64 };

    private readonly byte[] input = new byte[PrefixBytes + MaximumFrameBytes];
    private readonly byte[] output = new byte[PrefixBytes + MaximumFrameBytes];
    private readonly FixedBufferWriter writer;
    private int received;
    private int unsent;

    protected Exchange(ReadOnlyMemory<byte> secret)
    {
        Secret = secret;
        writer = new FixedBufferWriter(output.AsMemory(PrefixBytes));
    }

    /// <summary>Writes the rest of a frame behind its kind.</summary>
    protected delegate void FrameBody(MessagePackWriter frame);

    public HandshakeResult? Result { get; private set; }

    /// <summary>Where the next bytes of the peer go: at most so many as still belong to the handshake.</summary>
    public Memory<byte> Wanted => input.AsMemory(received, (received < PrefixBytes ? PrefixBytes : PrefixBytes + FrameLength) - received);

    protected ReadOnlyMemory<byte> Secret { get; }

    protected Transcript Transcript { get; } = new();

    protected int PeerVersion { get; set; }

    private int FrameLength => BinaryPrimitives.ReadUInt16BigEndian(input);

    /// <summary>What is to be sent now; empty for nothing. To be sent before the result is looked at.</summary>
    public ReadOnlyMemory<byte> TakeOutput()
    {
        var taken = output.AsMemory(0, unsent);
        unsent = 0;
        return taken;
    }

    /// <summary>So many bytes have been put into <see cref="Wanted"/>.</summary>
    public void Received(int count)
    {
        if (Result is not null)
        {
            throw new InvalidOperationException("the handshake is over");
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Wanted.Length);
        received += count;
        if (received == PrefixBytes && FrameLength is 0 or > MaximumFrameBytes)
        {
            Fail(ConnectionFault.NotDistTrain);
        }
        else if (received > PrefixBytes && received == PrefixBytes + FrameLength)
        {
            received = 0;
            Handle(input.AsSpan(PrefixBytes, FrameLength));
        }
    }

    /// <summary>The peer has closed the connection, or it broke.</summary>
    public void Ended() => Fail(ConnectionFault.Closed);

    /// <summary>Frames that this side may get now are handled; for others <see cref="Unexpected"/> is thrown.</summary>
    protected abstract void Handle(FrameKind kind, int length, ref MessagePackReader frame);

    protected static WireFormatException Unexpected() => new("a frame of a handshake is not the one that belongs here");

    /// <summary>A number of one of the enumerations; larger ones are none of ours and must not become one by being cut.</summary>
    protected static int ReadCode(ref MessagePackReader frame) => frame.ReadUnsigned() is var code && code <= byte.MaxValue ? (int)code : throw Unexpected();

    /// <summary>The end of a frame that has as many items as it must.</summary>
    protected static void End(ref MessagePackReader frame)
    {
        frame.EndArray();
        frame.RequireEnd();
    }

    /// <summary>So many bytes, no more and no fewer.</summary>
    protected static ReadOnlySpan<byte> ReadBytes(ref MessagePackReader frame, int count)
    {
        var bytes = frame.ReadBinary();
        return bytes.Length == count ? bytes : throw Unexpected();
    }

    protected void Send(FrameKind kind, int length, FrameBody body)
    {
        writer.Clear();
        var frame = new MessagePackWriter(writer);
        frame.WriteArrayHeader(length);
        frame.WriteInteger((int)kind);
        body(frame);
        BinaryPrimitives.WriteUInt16BigEndian(output, (ushort)writer.Written);
        unsent = PrefixBytes + writer.Written;
    }

    protected void SendProof(Prover prover) => Send(FrameKind.Proof, 2, frame =>
    {
        Span<byte> proof = stackalloc byte[Transcript.ProofBytes];
        Transcript.Prove(prover, Secret.Span, proof);
        frame.WriteBinary(proof);
    });

    protected bool IsProof(Prover prover, int length, ref MessagePackReader frame)
    {
        if (length != 2)
        {
            throw Unexpected();
        }

        var proof = ReadBytes(ref frame, Transcript.ProofBytes);
        End(ref frame);
        return Transcript.IsProof(prover, Secret.Span, proof);
    }

    protected void Succeed(ProcessId peer) => Result = new HandshakeResult(null, IsTold: false, peer, Transcript.Purpose, PeerVersion);

    protected void Fail(ConnectionFault fault, bool isTold = false) => Result ??= new HandshakeResult(fault, isTold, default, Transcript.Purpose, PeerVersion);

    private void Handle(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var frame = new MessagePackReader(bytes, Limits);
            var length = frame.ReadArrayHeader();
            Handle((FrameKind)ReadCode(ref frame), length, ref frame);
        }
        catch (WireFormatException)
        {
            Fail(ConnectionFault.NotDistTrain);
        }
    }
}
