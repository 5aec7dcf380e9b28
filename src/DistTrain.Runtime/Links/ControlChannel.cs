using System.Buffers.Binary;
using System.Diagnostics;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Links;

/// <summary>What a control connection tells the link, beside the messages for the handler. Called on the receiving thread.</summary>
internal interface IControlOwner : IChannelOwner
{
    void TicketWanted();

    void TicketCame(byte[] ticket);

    /// <summary>The peer ends the link in order.</summary>
    void Closed(string reason);

    /// <summary>The peer will have no more of this link.</summary>
    void Dropped(string reason);

    void HeartbeatCame(double? roundTripMilliseconds);
}

/// <summary>
/// The control conversation: sequenced frames that are kept until the peer says that they have come, and sent again on the next connection if it does not; heartbeats, tickets and the link's end beside them.
/// </summary>
internal sealed class ControlChannel : Channel
{
    /// <summary>Sequenced frames after which the sender is told at once that they have come; otherwise a heartbeat tells.</summary>
    private const int UnacknowledgedFrames = 64;

    private const int UnacknowledgedBytes = 256 << 10;

    private readonly IControlOwner owner;
    private readonly HandlerCalls handler;
    private readonly LinkLimits limits;
    private readonly WireLimits wire;
    private readonly Queue<byte[]> acknowledgeable = new();
    private readonly Queue<byte[]> unsent = new();
    private readonly Queue<byte[]> asides = new();
    private long queuedBytes;
    private long lastQueued;
    private long lastAcknowledged;
    private long lastSent;
    private long received;
    private long told;
    private long receivedBytesUntold;
    private bool isHeartbeatDue;
    private bool isAcknowledgementDue;
    private bool isClosing;
    private bool mustResume;
    private bool hasPeerResumed;
    private long peersHeartbeat;
    private long peersHeartbeatCame;

    public ControlChannel(IControlOwner owner, HandlerCalls handler, LinkLimits limits, string name)
        : base(owner, name, new ChannelBuffers(SocketBytes: 256 << 10, ReadBytes: 16 << 10, GatheredBytes: 32 << 10))
    {
        (this.owner, this.handler, this.limits) = (owner, handler, limits);
        wire = limits.Wire with { MaximumBinaryBytes = limits.Wire.MaximumFrameBytes };
    }

    /// <summary>Whether everything sequenced has been sent and has come.</summary>
    public bool IsSettled
    {
        get
        {
            lock (Gate)
            {
                return unsent.Count == 0 && acknowledgeable.Count == 0;
            }
        }
    }

    public void Send(ReadOnlySpan<byte> message)
    {
        if (message.Length > limits.Wire.MaximumFrameBytes)
        {
            throw new ArgumentException($"a message of {message.Length:N0} bytes is longer than the {limits.Wire.MaximumFrameBytes:N0} of a frame", nameof(message));
        }

        lock (Gate)
        {
            if (!IsOver && !isClosing)
            {
                Queue(ControlFrames.Message(lastQueued + 1, received, message));
                Told();
            }
        }

        Flush();
    }

    public void Close(string reason)
    {
        lock (Gate)
        {
            if (!IsOver && !isClosing)
            {
                isClosing = true;
                Queue(ControlFrames.Close(lastQueued + 1, reason));
            }
        }

        Flush();
    }

    public void SendTicketWanted() => SendAside(ControlFrames.TicketWanted());

    public void SendTicket(byte[] ticket) => SendAside(ControlFrames.Ticket(ticket));

    public void SendDrop(string reason) => SendAside(ControlFrames.Drop(reason));

    public void SendHeartbeat()
    {
        lock (Gate)
        {
            isHeartbeatDue = true;
        }

        Flush();
    }

    protected override void BeginConnection()
    {
        foreach (var frame in unsent)
        {
            acknowledgeable.Enqueue(frame);
        }

        unsent.Clear();
        while (acknowledgeable.TryDequeue(out var frame))
        {
            unsent.Enqueue(frame);
        }

        asides.Clear();
        (mustResume, hasPeerResumed) = (true, false);
        (peersHeartbeat, peersHeartbeatCame) = (0, 0);
    }

    protected override void EndConnection()
    {
    }

    protected override void Release()
    {
        acknowledgeable.Clear();
        unsent.Clear();
        asides.Clear();
    }

    protected override bool Compose(SendBatch batch, bool mayWait)
    {
        if (mustResume)
        {
            mustResume = false;
            batch.Add(ControlFrames.Resume(received));
            Told();
        }

        if (isHeartbeatDue)
        {
            isHeartbeatDue = false;
            batch.Add(ControlFrames.Heartbeat(NextHeartbeat()));
            Told();
        }

        if (isAcknowledgementDue || received - told >= UnacknowledgedFrames || receivedBytesUntold >= UnacknowledgedBytes)
        {
            isAcknowledgementDue = false;
            batch.Add(ControlFrames.Acknowledge(received));
            Told();
        }

        return !AddWhole(asides, batch, mayWait, isSequenced: false) || (IsPeerResumed && !AddWhole(unsent, batch, mayWait, isSequenced: true));
    }

    protected override void ReceiveFrame(FrameReader reader)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(reader.Take(ControlFrames.PrefixBytes));
        if (length < 1 || length > limits.Wire.MaximumFrameBytes + ControlFrames.OverheadBytes)
        {
            throw new WireFormatException($"a control frame of {(uint)length:N0} bytes is not between 1 and the {limits.Wire.MaximumFrameBytes + ControlFrames.OverheadBytes:N0} that are allowed");
        }

        var frame = new MessagePackReader(reader.Take(length), wire);
        var items = frame.ReadArrayHeader();
        var kind = items > 0 ? frame.ReadInteger() : 0;
        if (items != ItemsOf(kind))
        {
            throw new WireFormatException($"a control frame of kind {kind} with {items} items is unknown");
        }

        if (kind == (int)ControlFrameKind.Resume == hasPeerResumed)
        {
            throw new WireFormatException(hasPeerResumed ? "a connection was resumed twice" : $"a connection began with a control frame of kind {kind}");
        }

        Receive((ControlFrameKind)kind, ref frame, length);
    }

    private static int ItemsOf(long kind) => (ControlFrameKind)kind switch
    {
        ControlFrameKind.TicketWanted => 1,
        ControlFrameKind.Resume or ControlFrameKind.Acknowledge or ControlFrameKind.Ticket or ControlFrameKind.Drop => 2,
        ControlFrameKind.Close => 3,
        ControlFrameKind.Message => 4,
        ControlFrameKind.Heartbeat => 5,
        _ => -1,
    };

    private static long Microseconds(long timestamp) => (long)(timestamp * (1e6 / Stopwatch.Frequency));

    private static void RequireEnd(ref MessagePackReader frame)
    {
        frame.EndArray();
        frame.RequireEnd();
    }

    private void Receive(ControlFrameKind kind, ref MessagePackReader frame, int length)
    {
        switch (kind)
        {
            case ControlFrameKind.Resume:
                ReceiveResume(ref frame);
                break;
            case ControlFrameKind.Message:
                ReceiveMessage(ref frame, length);
                break;
            case ControlFrameKind.Close:
                ReceiveClose(ref frame);
                break;
            case ControlFrameKind.Acknowledge:
                var acknowledged = frame.ReadInteger();
                RequireEnd(ref frame);
                Acknowledge(acknowledged);
                break;
            case ControlFrameKind.Heartbeat:
                ReceiveHeartbeat(ref frame);
                break;
            case ControlFrameKind.TicketWanted:
                RequireEnd(ref frame);
                owner.TicketWanted();
                break;
            case ControlFrameKind.Ticket:
                var ticket = frame.ReadBinary().ToArray();
                RequireEnd(ref frame);
                owner.TicketCame(ticket);
                break;
            case ControlFrameKind.Drop:
                var reason = frame.ReadString();
                RequireEnd(ref frame);
                owner.Dropped(reason);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void ReceiveResume(ref MessagePackReader frame)
    {
        var arrived = frame.ReadInteger();
        RequireEnd(ref frame);
        lock (Gate)
        {
            if (arrived < lastAcknowledged || arrived > lastSent)
            {
                throw new WireFormatException($"the link was resumed at message {arrived}, but messages {lastAcknowledged} to {lastSent} are what can have come");
            }

            for (; lastAcknowledged < arrived; lastAcknowledged++)
            {
                queuedBytes -= unsent.Dequeue().Length;
            }

            hasPeerResumed = true;
            SetPeerResumed();
        }

        owner.Wake();
        Flush();
    }

    private void ReceiveMessage(ref MessagePackReader frame, int length)
    {
        var sequence = frame.ReadInteger();
        var acknowledged = frame.ReadInteger();
        var message = frame.ReadBinary();
        RequireEnd(ref frame);
        Acknowledge(acknowledged);
        Take(sequence);
        StopListening();
        handler.Received(message);
        ListenAgain();
        bool isDue;
        lock (Gate)
        {
            receivedBytesUntold += length;
            isDue = received - told >= UnacknowledgedFrames || receivedBytesUntold >= UnacknowledgedBytes;
        }

        if (isDue)
        {
            Flush();
        }
    }

    private void ReceiveClose(ref MessagePackReader frame)
    {
        var sequence = frame.ReadInteger();
        var reason = frame.ReadString();
        RequireEnd(ref frame);
        Take(sequence);
        lock (Gate)
        {
            isAcknowledgementDue = true;
        }

        // The link's end sends the acknowledgement: if it went out first, the peer could break the connections before this side knows why.
        owner.Closed(reason);
    }

    private void ReceiveHeartbeat(ref MessagePackReader frame)
    {
        var acknowledged = frame.ReadInteger();
        var sentAt = frame.ReadInteger();
        var echo = frame.ReadInteger();
        var heldFor = frame.ReadInteger();
        RequireEnd(ref frame);
        Acknowledge(acknowledged);
        var now = Stopwatch.GetTimestamp();
        double? roundTrip = null;
        lock (Gate)
        {
            (peersHeartbeat, peersHeartbeatCame) = (sentAt, now);
            var microseconds = Microseconds(now) - echo - heldFor;
            if (echo > 0 && microseconds >= 0 && echo <= Microseconds(now) && heldFor >= 0)
            {
                roundTrip = microseconds / 1000.0;
            }
        }

        owner.HeartbeatCame(roundTrip);
    }

    private Heartbeat NextHeartbeat()
    {
        var now = Stopwatch.GetTimestamp();
        return new Heartbeat(received, Microseconds(now), peersHeartbeat, peersHeartbeat == 0 ? 0 : Microseconds(now - peersHeartbeatCame));
    }

    /// <summary>The sequenced frames come in order, without a gap: each connection begins where both sides have said.</summary>
    private void Take(long sequence)
    {
        lock (Gate)
        {
            if (sequence != received + 1)
            {
                throw new WireFormatException($"message {sequence} came where message {received + 1} was due");
            }

            received = sequence;
        }
    }

    private void Acknowledge(long arrived)
    {
        lock (Gate)
        {
            if (arrived < 0 || arrived > lastSent)
            {
                throw new WireFormatException($"message {arrived} was acknowledged, but only {lastSent} were sent");
            }

            // An older number is no fault: a message carries what was known when it was queued, and may have been overtaken.
            for (; lastAcknowledged < arrived && acknowledgeable.TryDequeue(out var frame); lastAcknowledged++)
            {
                queuedBytes -= frame.Length;
            }
        }
    }

    private void Told() => (told, receivedBytesUntold) = (received, 0);

    private void Queue(byte[] frame)
    {
        lastQueued++;
        unsent.Enqueue(frame);
        queuedBytes += frame.Length;
        if (unsent.Count + acknowledgeable.Count > limits.MaximumQueuedMessages || queuedBytes > limits.MaximumQueuedBytes)
        {
            owner.Fail($"{unsent.Count + acknowledgeable.Count:N0} messages of {queuedBytes:N0} bytes wait for it, and it does not take them");
        }
    }

    private void SendAside(byte[] frame)
    {
        lock (Gate)
        {
            asides.Enqueue(frame);
        }

        Flush();
    }

    /// <returns>False if frames are left that only the sending thread can send.</returns>
    private bool AddWhole(Queue<byte[]> frames, SendBatch batch, bool mayWait, bool isSequenced)
    {
        while (frames.TryPeek(out var frame))
        {
            if (frame.Length <= batch.Room)
            {
                batch.Add(frame);
            }
            else if (!batch.IsEmpty)
            {
                return true;
            }
            else if (mayWait)
            {
                batch.End(frame);
            }
            else
            {
                return false;
            }

            frames.Dequeue();
            if (isSequenced)
            {
                acknowledgeable.Enqueue(frame);
                lastSent = Math.Max(lastSent, lastAcknowledged + acknowledgeable.Count);
            }
        }

        return true;
    }
}
