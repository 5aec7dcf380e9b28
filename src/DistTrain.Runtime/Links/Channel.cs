using System.Diagnostics;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Links;

/// <summary>What a channel needs of the link that it belongs to.</summary>
internal interface IChannelOwner
{
    /// <summary>A channel has a connection that both sides have resumed, or has lost it: time to look.</summary>
    void Wake();

    /// <summary>The peer does what it must not do, or our own queue is full: the link ends.</summary>
    void Fail(string sentence);
}

/// <summary>
/// One of a link's two conversations, over connections that follow each other. Two threads of its own: one receives, one sends what cannot be sent at once. A message that finds nobody sending and room in
/// the operating system's buffer is sent by the thread that brings it, so that it never waits for another thread to wake up; no caller ever waits for the peer.
/// On each new connection both sides first say how far they have come; only then does anything follow that must arrive once.
/// </summary>
internal abstract class Channel
{
    private readonly IChannelOwner owner;
    private readonly int socketBufferBytes;
    private readonly int readBufferBytes;
    private readonly SendBatch batch;
    private readonly Thread receiver;
    private readonly Thread sender;
    private LinkConnection? offered;
    private LinkConnection? current;
    private bool isSending;
    private bool isSenderWanted;
    private bool isLeaving;
    private volatile bool isListening;
    private bool isOver;
    private long sentBefore;
    private long receivedBefore;

    protected Channel(IChannelOwner owner, string name, ChannelBuffers buffers)
    {
        this.owner = owner;
        (socketBufferBytes, readBufferBytes) = (buffers.SocketBytes, buffers.ReadBytes);
        batch = new SendBatch(buffers.GatheredBytes);
        receiver = new Thread(RunReceiver) { IsBackground = true, Name = $"{name} receiver" };
        sender = new Thread(RunSender) { IsBackground = true, Name = $"{name} sender" };
    }

    /// <summary>Why there is no connection at the moment; null while there is one or none has been yet.</summary>
    public string? BreakReason { get; private set; }

    /// <summary>Connections that have been resumed by both sides so far.</summary>
    public int ResumedCount { get; private set; }

    /// <summary>Whether there is a connection, or is about to be, even if the peer has not resumed it yet.</summary>
    public bool HasConnection
    {
        get
        {
            lock (Gate)
            {
                return offered is not null || current is { Reason: null };
            }
        }
    }

    /// <summary>Whether both sides have said how far they have come.</summary>
    public bool IsUp
    {
        get
        {
            lock (Gate)
            {
                return IsPeerResumed;
            }
        }
    }

    public long BytesSent
    {
        get
        {
            lock (Gate)
            {
                return sentBefore + (current?.BytesSent ?? 0);
            }
        }
    }

    public long BytesReceived
    {
        get
        {
            lock (Gate)
            {
                return receivedBefore + (current?.BytesReceived ?? 0);
            }
        }
    }

    /// <summary>Guards everything that both the sending and the receiving side touch.</summary>
    protected object Gate { get; } = new();

    protected bool IsOver => isOver;

    /// <summary>Whether what must arrive once may be sent.</summary>
    protected bool IsPeerResumed { get; private set; }

    public void Start()
    {
        receiver.Start();
        sender.Start();
    }

    /// <summary>Takes a connection in place of the one that it has, if any.</summary>
    public void Attach(Security.SecureConnection connection)
    {
        var next = new LinkConnection(connection, socketBufferBytes);
        LinkConnection? unused;
        lock (Gate)
        {
            unused = isOver ? next : offered;
            offered = isOver ? null : next;
            current?.Abort("a new connection took its place");
            Monitor.PulseAll(Gate);
        }

        unused?.Abort("a new connection took its place");
    }

    /// <summary>The connection, for as long as somebody listens to it; null while there is none or what has come is being worked on, in which time nothing can be heard.</summary>
    public LinkConnection? Listening()
    {
        lock (Gate)
        {
            return isListening ? current : null;
        }
    }

    public void Break(string reason)
    {
        lock (Gate)
        {
            current?.Abort(reason);
        }
    }

    /// <summary>Sends what is due, and waits a moment until nothing is being sent, so that the last word is not cut off.</summary>
    public void Settle(TimeSpan atMost)
    {
        Flush();
        var deadline = Stopwatch.GetElapsedTime(0) + atMost;
        lock (Gate)
        {
            isLeaving = true;
            while ((isSending || isSenderWanted) && current is { Reason: null } && Stopwatch.GetElapsedTime(0) < deadline)
            {
                Monitor.Wait(Gate, TimeSpan.FromMilliseconds(10));
            }
        }
    }

    /// <summary>Ends both threads. What they were about to do is left; nothing of the channel is called any more when this returns.</summary>
    public void End(string reason)
    {
        lock (Gate)
        {
            isOver = true;
            current?.Abort(reason);
            offered?.Abort(reason);
            Monitor.PulseAll(Gate);
        }

        receiver.Join();
        sender.Join();
        Release();
    }

    /// <summary>Lets go of everything that was under way, arriving or leaving. Both threads have ended.</summary>
    protected abstract void Release();

    /// <summary>A new connection: what was under way on the one before begins anew, and the first thing to say is how far this side has come. The gate is held, and nobody is sending.</summary>
    protected abstract void BeginConnection();

    /// <summary>The connection has ended. On the receiving thread.</summary>
    protected abstract void EndConnection();

    /// <summary>Reads one frame and does what it says. On the receiving thread, without the gate.</summary>
    /// <exception cref="WireFormatException">The peer must not send this.</exception>
    protected abstract void ReceiveFrame(FrameReader reader);

    /// <summary>Puts what is to be sent next into the batch, as much as belongs into one turn; nothing if there is nothing. The gate is held.</summary>
    /// <param name="mayWait">Whether large amounts may go out: only on the sending thread, which may wait for the peer.</param>
    /// <returns>Whether something was left for the sending thread.</returns>
    protected abstract bool Compose(SendBatch batch, bool mayWait);

    /// <summary>The peer has said how far it has come: everything may flow. The gate is held.</summary>
    protected void SetPeerResumed()
    {
        IsPeerResumed = true;
        ResumedCount++;
        BreakReason = null;
    }

    /// <summary>Sends what can be sent at once; wakes the sending thread for the rest. Never waits. Called without the gate.</summary>
    protected void Flush()
    {
        lock (Gate)
        {
            if (isSending || current is null || isOver)
            {
                return;
            }

            isSending = true;
        }

        SendPending(mayWait: false);
    }

    /// <summary>Has the sending thread look. Called with the gate.</summary>
    protected void WantSender()
    {
        isSenderWanted = true;
        Monitor.PulseAll(Gate);
    }

    /// <summary>The link's handler is about to be called; meanwhile the peer cannot be heard, which is not its fault.</summary>
    protected void StopListening() => isListening = false;

    protected void ListenAgain()
    {
        current?.BeginListening();
        isListening = true;
    }

    private void RunReceiver()
    {
        while (TakeOffered() is { } connection)
        {
            owner.Wake();
            try
            {
                Flush();
                var reader = new FrameReader(connection, readBufferBytes);
                while (connection.Reason is null)
                {
                    ReceiveFrame(reader);
                }
            }
            catch (ConnectionBrokenException broken)
            {
                connection.Abort(broken.Message);
            }
            catch (WireFormatException violation)
            {
                // The link ends this channel, once it has told the peer why.
                owner.Fail(violation.Message);
                return;
            }

            Leave(connection);
            owner.Wake();
        }
    }

    private LinkConnection? TakeOffered()
    {
        lock (Gate)
        {
            while (!isOver && offered is null)
            {
                Monitor.Wait(Gate);
            }

            if (isOver)
            {
                return null;
            }

            current = offered;
            offered = null;
            isListening = true;
            current!.BeginListening();
            BeginConnection();
            return current;
        }
    }

    private void Leave(LinkConnection connection)
    {
        lock (Gate)
        {
            isListening = false;
            IsPeerResumed = false;
            BreakReason = connection.Reason;

            // Whoever is sending reads memory that may be let go of as soon as another connection says what has arrived.
            isLeaving = true;
            while (isSending)
            {
                Monitor.Wait(Gate);
            }

            isLeaving = false;
            sentBefore += connection.BytesSent;
            receivedBefore += connection.BytesReceived;
            current = null;
        }

        EndConnection();
    }

    private void RunSender()
    {
        while (true)
        {
            lock (Gate)
            {
                while (!isOver && (!isSenderWanted || isSending || current is null))
                {
                    Monitor.Wait(Gate);
                }

                if (isOver)
                {
                    return;
                }

                isSenderWanted = false;
                isSending = true;
            }

            SendPending(mayWait: true);
        }
    }

    /// <summary>Sends until nothing is left that may be sent. The caller has made itself the one who is sending.</summary>
    private void SendPending(bool mayWait)
    {
        while (true)
        {
            LinkConnection connection;
            lock (Gate)
            {
                if (!ComposeNext(mayWait))
                {
                    isSending = false;
                    if (isSenderWanted || isLeaving)
                    {
                        Monitor.PulseAll(Gate);
                    }

                    return;
                }

                connection = current!;
            }

            try
            {
                batch.SendTo(connection);
            }
            catch (ConnectionBrokenException)
            {
                // The receiving thread sees it too, and is the one that tells.
            }
        }
    }

    private bool ComposeNext(bool mayWait)
    {
        batch.Clear();
        if (isOver || current is not { Reason: null } connection)
        {
            return false;
        }

        if (!mayWait && !connection.IsWritable)
        {
            isSenderWanted = true;
            return false;
        }

        isSenderWanted |= Compose(batch, mayWait);
        return !batch.IsEmpty;
    }
}

/// <param name="SocketBytes">Of the operating system, for each direction.</param>
/// <param name="ReadBytes">In which small frames are gathered on arrival.</param>
/// <param name="GatheredBytes">In which small frames are gathered for sending.</param>
internal readonly record struct ChannelBuffers(int SocketBytes, int ReadBytes, int GatheredBytes);
