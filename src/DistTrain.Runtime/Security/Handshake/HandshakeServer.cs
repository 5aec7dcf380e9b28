using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Security.Handshake;

/// <summary>Takes a ticket that a peer has shown, once it has proved who it is. True at most once for one ticket.</summary>
internal delegate bool TicketRedeemer(ReadOnlySpan<byte> ticket, ProcessId peer, ConnectionPurpose purpose);

/// <summary>The side that listens.</summary>
internal sealed class HandshakeServer : Exchange
{
    private readonly ProcessId own;
    private readonly ConnectionFault? faultOfChannel;
    private readonly TicketRedeemer redeem;
    private bool hasChallenged;

    /// <param name="faultOfChannel">What was wrong already below the handshake, to be told in answer to the Hello.</param>
    public HandshakeServer(HandshakeInputs inputs, ConnectionFault? faultOfChannel, TicketRedeemer redeem)
        : base(inputs.Secret)
    {
        own = inputs.Own;
        this.faultOfChannel = faultOfChannel;
        this.redeem = redeem;
        Transcript.Server = inputs.Own;
        inputs.Nonce.Span.CopyTo(Transcript.ServerNonce);
        inputs.ClientFingerprint.Span.CopyTo(Transcript.ClientFingerprint);
        inputs.ServerFingerprint.Span.CopyTo(Transcript.ServerFingerprint);
    }

    protected override void Handle(FrameKind kind, int length, ref MessagePackReader frame)
    {
        switch (kind)
        {
            case FrameKind.Hello when !hasChallenged:
                HandleHello(length, ref frame);
                break;
            case FrameKind.Proof when hasChallenged:
                HandleProof(length, ref frame);
                break;
            default:
                throw Unexpected();
        }
    }

    private static bool NeedsTicket(ConnectionPurpose purpose) => purpose is ConnectionPurpose.Data or ConnectionPurpose.Files;

    private void HandleHello(int length, ref MessagePackReader frame)
    {
        // Magic and version before the rest, whose form another version may have changed.
        if (!frame.ReadBinary().SequenceEqual(HandshakeClient.Magic))
        {
            throw Unexpected();
        }

        PeerVersion = (int)Math.Clamp(frame.ReadInteger(), 0, int.MaxValue);
        if (PeerVersion != Version)
        {
            Refuse(ConnectionFault.OtherVersion);
            return;
        }

        if (length != 7)
        {
            throw Unexpected();
        }

        Transcript.Client = ProcessIds.Read(ReadBytes(ref frame, ProcessIds.Bytes));
        Transcript.Purpose = (ConnectionPurpose)ReadCode(ref frame);
        ReadBytes(ref frame, Transcript.NonceBytes).CopyTo(Transcript.ClientNonce);
        if (!frame.TryReadNil())
        {
            Transcript.HasTicket = true;
            ReadBytes(ref frame, TicketBook.TicketBytes).CopyTo(Transcript.Ticket.Span);
        }

        End(ref frame);
        AnswerHello();
    }

    private void AnswerHello()
    {
        if (!Enum.IsDefined(Transcript.Purpose))
        {
            throw Unexpected();
        }

        if (faultOfChannel is { } fault)
        {
            Refuse(fault);
        }
        else if (Transcript.Client == own)
        {
            Refuse(ConnectionFault.OwnProcess);
        }
        else if (NeedsTicket(Transcript.Purpose) != Transcript.HasTicket)
        {
            Refuse(ConnectionFault.TicketNotValid);
        }
        else
        {
            hasChallenged = true;
            Send(FrameKind.Challenge, 4, frame =>
            {
                Span<byte> id = stackalloc byte[ProcessIds.Bytes];
                ProcessIds.Write(own, id);
                frame.WriteInteger(Version);
                frame.WriteBinary(id);
                frame.WriteBinary(Transcript.ServerNonce);
            });
        }
    }

    private void HandleProof(int length, ref MessagePackReader frame)
    {
        if (!IsProof(Prover.Client, length, ref frame))
        {
            Refuse(ConnectionFault.WrongSecret);
        }
        else if (Transcript.HasTicket && !redeem(Transcript.Ticket.Span, Transcript.Client, Transcript.Purpose))
        {
            Refuse(ConnectionFault.TicketNotValid);
        }
        else
        {
            SendProof(Prover.Server);
            Succeed(Transcript.Client);
        }
    }

    private void Refuse(ConnectionFault fault)
    {
        Send(FrameKind.Refusal, 3, frame =>
        {
            frame.WriteInteger((int)fault);
            frame.WriteInteger(Version);
        });
        Fail(fault);
    }
}
