using System.Diagnostics;
using Akka.Actor;
using DistTrain.Actors;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Akka;

/// <summary>
/// A link whose control messages are letters through Akka.Remote; tensors use a link of the TCP runtime, the carrier, which also ends both. It is lost when the cluster has given the peer's node up, or when the carrier is
/// lost: not when the peer cannot be reached for a while.
/// </summary>
internal sealed class AkkaLink : ILink
{
    /// <summary>What has no receipt by then is sent again.</summary>
    private static readonly TimeSpan ResendInterval = TimeSpan.FromSeconds(1);

    /// <summary>For the last letters before the end, if the peer does not say that they have come.</summary>
    private static readonly TimeSpan PatienceAtTheEnd = TimeSpan.FromSeconds(2);

    private readonly Link carrier;
    private readonly ProcessId own;
    private readonly LinkLimits limits;
    private readonly HandlerCalls handler;
    private readonly object gate = new();

    // Guarded by the gate.
    private readonly LetterBox box;
    private readonly Queue<(ActorAddress Receiver, IOutgoingTensors Tensors, byte[] Message)> held = new();
    private ICanTell? peer;
    private TimeSpan lastProgress;
    private TimeSpan? closesBy;
    private string? closeReason;
    private bool isOver;

    public AkkaLink(Link carrier, ProcessId own, LinkLimits limits, ILinkHandler handler)
    {
        (this.carrier, this.own, this.limits) = (carrier, own, limits);
        this.handler = new HandlerCalls(this, handler);
        box = new LetterBox(limits);
    }

    public Link Carrier => carrier;

    public ProcessId Peer => carrier.Peer;

    public string PeerName
    {
        get => carrier.PeerName;
        set => carrier.PeerName = value;
    }

    public LinkStatistics Statistics => carrier.Statistics;

    /// <summary>Where the peer's letters go; null before that is known.</summary>
    public PeerMail? Mail { get; private set; }

    /// <summary>Whether nothing of what was sent is under way.</summary>
    public bool IsSettled
    {
        get
        {
            lock (gate)
            {
                return isOver || box.IsSettled;
            }
        }
    }

    private static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <summary>From now on letters go out, those first that have waited.</summary>
    public void Bind(PeerMail mail, ICanTell receiver)
    {
        lock (gate)
        {
            (Mail, peer) = (mail, receiver);
            SendAgain();
        }
    }

    public void Send(ReadOnlySpan<byte> message)
    {
        if (message.Length > limits.Wire.MaximumFrameBytes)
        {
            throw new ArgumentException($"a message of {message.Length:N0} bytes is longer than the {limits.Wire.MaximumFrameBytes:N0} of a frame", nameof(message));
        }

        string? overflow;
        lock (gate)
        {
            if (isOver || closeReason is not null)
            {
                return;
            }

            if (box.IsSettled)
            {
                lastProgress = Now;
            }

            var bytes = message.ToArray();
            Tell(box.Add(bytes), bytes);
            overflow = box.Overflow;
        }

        if (overflow is not null)
        {
            Drop($"{PeerName} is dropped: {overflow}");
        }
    }

    /// <summary>Tensors have a way of their own, and must not be there before the peer knows whose they are: until its first receipt they wait.</summary>
    public void Send(ActorAddress receiver, IOutgoingTensors tensors, ReadOnlySpan<byte> message)
    {
        lock (gate)
        {
            if (isOver)
            {
                tensors.Dispose();
            }
            else if (box.IsHeard)
            {
                carrier.Send(receiver, tensors, message);
            }
            else
            {
                held.Enqueue((receiver, tensors, message.ToArray()));
            }
        }
    }

    /// <summary>Letters that were sent before arrive first, if the peer takes them in time.</summary>
    public void Close(string reason)
    {
        lock (gate)
        {
            closeReason ??= reason;
            closesBy ??= Now + PatienceAtTheEnd;
        }

        CloseIfSettled();
    }

    /// <summary>Ends the link at once.</summary>
    public void Drop(string reason) => carrier.Drop(reason);

    /// <summary>A letter of the peer has come. On the thread of the mail actor.</summary>
    public void Arrived(Letter letter)
    {
        try
        {
            Arrival arrival;
            lock (gate)
            {
                arrival = box.Arrive(letter.Number);
                Acknowledge(letter.Received);
                SendReceipt(atOnce: true);
            }

            if (arrival == Arrival.Due)
            {
                handler.Received(letter.Message);
            }

            CloseIfSettled();
        }
        catch (WireFormatException violation)
        {
            Drop($"{PeerName} is dropped: {violation.Message}");
        }
    }

    public void Arrived(Receipt receipt)
    {
        try
        {
            lock (gate)
            {
                Acknowledge(receipt.Received);
            }

            CloseIfSettled();
        }
        catch (WireFormatException violation)
        {
            Drop($"{PeerName} is dropped: {violation.Message}");
        }
    }

    /// <summary>Time has passed: receipts and letters that are due go out.</summary>
    public void Tick()
    {
        lock (gate)
        {
            SendReceipt(atOnce: false);
            if (!box.IsSettled && Now - lastProgress > ResendInterval)
            {
                SendAgain();
            }
        }

        CloseIfSettled();
    }

    /// <summary>The cluster cannot reach the peer at the moment, or can again.</summary>
    public void Suspect(bool isReachable)
    {
        lock (gate)
        {
            if (isReachable)
            {
                SendAgain();
            }
        }

        handler.Changed(isReachable
            ? $"{PeerName} is no longer suspected: the cluster reaches it again"
            : $"{PeerName} is suspected: the cluster does not reach it at the moment, and waits for it");
    }

    public IIncomingTensors Open(ActorAddress receiver, TensorKey key) => handler.Open(receiver, key) ?? throw new WireFormatException("the link is over");

    public void Received(ActorAddress receiver, IIncomingTensors tensors, ReadOnlySpan<byte> message)
    {
        if (!handler.Received(receiver, tensors, message))
        {
            throw new WireFormatException("the link is over");
        }
    }

    public void Changed(string sentence) => handler.Changed(sentence);

    /// <summary>The carrier is lost, and the link with it.</summary>
    public void Lost(string reason, bool isOrderly)
    {
        lock (gate)
        {
            isOver = true;
            while (held.TryDequeue(out var waiting))
            {
                waiting.Tensors.Dispose();
            }
        }

        handler.Stop();
        handler.Lost(reason, isOrderly);
    }

    private void CloseIfSettled()
    {
        string? reason = null;
        lock (gate)
        {
            if (closesBy is { } deadline && (box.IsSettled || Now > deadline))
            {
                (reason, closesBy) = (closeReason, null);
            }
        }

        if (reason is not null)
        {
            carrier.Close(reason);
        }
    }

    /// <summary>Called with the gate.</summary>
    private void Acknowledge(long received)
    {
        if (box.Acknowledge(received))
        {
            lastProgress = Now;
        }

        while (box.IsHeard && held.TryDequeue(out var waiting))
        {
            carrier.Send(waiting.Receiver, waiting.Tensors, waiting.Message);
        }
    }

    /// <summary>Called with the gate.</summary>
    private void SendReceipt(bool atOnce)
    {
        if (peer is not null && box.IsReceiptDue(atOnce))
        {
            peer.Tell(new Receipt(own, Peer, box.Received), ActorRefs.NoSender);
            box.Told();
        }
    }

    /// <summary>Called with the gate.</summary>
    private void SendAgain()
    {
        lastProgress = Now;
        foreach (var (number, message) in box.Unreceived())
        {
            Tell(number, message);
        }
    }

    /// <summary>Called with the gate.</summary>
    private void Tell(long number, byte[] message)
    {
        if (peer is not null)
        {
            peer.Tell(new Letter(own, Peer, number, box.Received, message), ActorRefs.NoSender);
            box.Told();
        }
    }
}
