using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Security.Handshake;

/// <summary>What a side brings to a handshake.</summary>
/// <param name="Own">This process.</param>
/// <param name="Nonce">32 bytes that have never been used before.</param>
/// <param name="Secret">The cluster's; empty where there is none.</param>
/// <param name="ClientFingerprint">Of the certificate that the client has shown, as this side has seen it; empty without TLS.</param>
/// <param name="ServerFingerprint">Of the certificate that the server has shown, as this side has seen it; empty without TLS.</param>
internal sealed record HandshakeInputs(ProcessId Own, ReadOnlyMemory<byte> Nonce, ReadOnlyMemory<byte> Secret, ReadOnlyMemory<byte> ClientFingerprint, ReadOnlyMemory<byte> ServerFingerprint);

/// <summary>The side that connects.</summary>
internal sealed class HandshakeClient : Exchange
{
    public static ReadOnlySpan<byte> Magic => "disttrain"u8;

    private readonly ProcessId? expected;
    private bool hasProved;

    /// <param name="ticket">32 bytes, where the purpose needs it.</param>
    /// <param name="expected">The only process that will do; null for any of the cluster.</param>
    public HandshakeClient(HandshakeInputs inputs, ConnectionPurpose purpose, ReadOnlyMemory<byte>? ticket, ProcessId? expected)
        : base(inputs.Secret)
    {
        this.expected = expected;
        Transcript.Client = inputs.Own;
        Transcript.Purpose = purpose;
        inputs.Nonce.Span.CopyTo(Transcript.ClientNonce);
        inputs.ClientFingerprint.Span.CopyTo(Transcript.ClientFingerprint);
        inputs.ServerFingerprint.Span.CopyTo(Transcript.ServerFingerprint);

        // An empty ticket is none: null turns into empty memory all too easily.
        if (ticket is { IsEmpty: false } bytes)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, TicketBook.TicketBytes, nameof(ticket));
            Transcript.HasTicket = true;
            bytes.CopyTo(Transcript.Ticket);
        }

        SendHello();
    }

    protected override void Handle(FrameKind kind, int length, ref MessagePackReader frame)
    {
        switch (kind)
        {
            case FrameKind.Challenge when !hasProved:
                HandleChallenge(length, ref frame);
                break;
            case FrameKind.Proof when hasProved:
                if (IsProof(Prover.Server, length, ref frame))
                {
                    Succeed(Transcript.Server);
                }
                else
                {
                    Fail(ConnectionFault.WrongSecret);
                }

                break;
            case FrameKind.Refusal:
                HandleRefusal(length, ref frame);
                break;
            default:
                throw Unexpected();
        }
    }

    private void SendHello() => Send(FrameKind.Hello, 7, frame =>
    {
        Span<byte> id = stackalloc byte[ProcessIds.Bytes];
        ProcessIds.Write(Transcript.Client, id);
        frame.WriteBinary(Magic);
        frame.WriteInteger(Version);
        frame.WriteBinary(id);
        frame.WriteInteger((int)Transcript.Purpose);
        frame.WriteBinary(Transcript.ClientNonce);
        if (Transcript.HasTicket)
        {
            frame.WriteBinary(Transcript.Ticket.Span);
        }
        else
        {
            frame.WriteNil();
        }
    });

    private void HandleChallenge(int length, ref MessagePackReader frame)
    {
        // Before the rest, whose form another version may have changed.
        PeerVersion = (int)Math.Clamp(frame.ReadInteger(), 0, int.MaxValue);
        if (PeerVersion != Version)
        {
            Fail(ConnectionFault.OtherVersion);
            return;
        }

        if (length != 4)
        {
            throw Unexpected();
        }

        Transcript.Server = ProcessIds.Read(ReadBytes(ref frame, ProcessIds.Bytes));
        ReadBytes(ref frame, Transcript.NonceBytes).CopyTo(Transcript.ServerNonce);
        End(ref frame);
        if (Transcript.Server == Transcript.Client)
        {
            Fail(ConnectionFault.OwnProcess);
        }
        else if (expected is { } only && Transcript.Server != only)
        {
            Fail(ConnectionFault.OtherProcess);
        }
        else
        {
            hasProved = true;
            SendProof(Prover.Client);
        }
    }

    private void HandleRefusal(int length, ref MessagePackReader frame)
    {
        if (length < 3)
        {
            throw Unexpected();
        }

        var fault = (ConnectionFault)ReadCode(ref frame);
        PeerVersion = (int)Math.Clamp(frame.ReadInteger(), 0, int.MaxValue);
        if (!ConnectionFaults.IsTold(fault))
        {
            throw Unexpected();
        }

        Fail(fault, isTold: true);
    }
}
