using System.Diagnostics;
using System.Runtime.InteropServices;
using DistTrain.Actors;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Faults;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Links;

/// <summary>
/// The conversation of tensors. A transfer is kept until the peer says that it is whole, and sent again from the beginning on the next connection if it is not. What the peer is to receive, and what this side
/// says of what it has received, share the connection: acknowledgements and credit go out between chunks.
/// </summary>
internal sealed class DataChannel : Channel
{
    private const int GatheredBytes = 32 << 10;

    /// <summary>Under which room in the batch nothing more is begun: a head and the beginning of a transfer fit in it.</summary>
    private const int LeastRoom = 512;

    private readonly IChannelOwner owner;
    private readonly HandlerCalls handler;
    private readonly LinkLimits limits;

    // Sending; guarded by the gate.
    private readonly SortedDictionary<long, OutgoingTransfer> unacknowledged = [];
    private readonly Queue<OutgoingTransfer> waiting = new();
    private readonly List<OutgoingTransfer> begun = [];
    private readonly Queue<long> acknowledgements = new();
    private readonly RateMeter sendRate = new();
    private OutgoingTransfer? chunkOf;
    private int chunkLeft;
    private long turn;
    private long lastNumber;
    private long creditBytes;
    private long spentBytes;
    private bool mustResume;
    private bool isCreditDue;
    private bool isPulseDue;

    // Receiving; touched by the receiving thread only, but for what the resumption says while nobody sends.
    private readonly Dictionary<long, IncomingTransfer> arriving = [];
    private readonly WholeTransfers whole = new();
    private CreditWindow window;
    private long lastBegun;
    private bool hasPeerResumed;

    public DataChannel(IChannelOwner owner, HandlerCalls handler, LinkLimits limits, string name)
        : base(owner, name, new ChannelBuffers(SocketBytes: 4 << 20, ReadBytes: 4 << 10, GatheredBytes))
    {
        (this.owner, this.handler, this.limits) = (owner, handler, limits);
        window = NewWindow();
    }

    public double? SentBytesPerSecond
    {
        get
        {
            lock (Gate)
            {
                return sendRate.BytesPerSecond;
            }
        }
    }

    public void Send(ActorAddress receiver, IOutgoingTensors tensors, ReadOnlySpan<byte> message)
    {
        if (message.Length > limits.Wire.MaximumFrameBytes)
        {
            throw new ArgumentException($"a message of {message.Length:N0} bytes is longer than the {limits.Wire.MaximumFrameBytes:N0} of a frame", nameof(message));
        }

        lock (Gate)
        {
            if (!IsOver)
            {
                var transfer = new OutgoingTransfer(++lastNumber, receiver, tensors, message);
                unacknowledged.Add(transfer.Number, transfer);
                waiting.Enqueue(transfer);
                if (unacknowledged.Count > limits.MaximumQueuedMessages)
                {
                    owner.Fail($"{unacknowledged.Count:N0} messages with tensors wait for it, and it does not take them");
                }

                tensors = null!;
            }
        }

        tensors?.Dispose();
        Flush();
    }

    /// <summary>Says that the connection is alive, should nothing else have said so of late.</summary>
    public void SendPulse()
    {
        lock (Gate)
        {
            isPulseDue = true;
        }

        Flush();
    }

    protected override void BeginConnection()
    {
        waiting.Clear();
        begun.Clear();
        acknowledgements.Clear();
        foreach (var transfer in unacknowledged.Values)
        {
            transfer.Restart();
            waiting.Enqueue(transfer);
        }

        (chunkOf, chunkLeft, creditBytes, spentBytes) = (null, 0, 0, 0);
        (mustResume, hasPeerResumed, isCreditDue, isPulseDue) = (true, false, false, false);
        window = NewWindow();
        lastBegun = 0;
    }

    protected override void EndConnection()
    {
        foreach (var transfer in arriving.Values)
        {
            transfer.Tensors.Abandon();
        }

        arriving.Clear();
    }

    protected override void Release()
    {
        EndConnection();
        foreach (var transfer in unacknowledged.Values)
        {
            transfer.Release();
        }

        unacknowledged.Clear();
        waiting.Clear();
        begun.Clear();
    }

    protected override bool Compose(SendBatch batch, bool mayWait)
    {
        // What was composed before has gone out.
        if (IsWatchedInGradient())
        {
            FaultPoints.Pass(FaultPoint.Gradient);
        }

        // In the middle of a chunk nothing else may come between.
        if (chunkLeft == 0)
        {
            AddAnswers(batch);
        }

        while (IsPeerResumed && batch.Room >= LeastRoom)
        {
            if (chunkLeft > 0)
            {
                AddPiece(batch);
                if (IsWatchedInGradient())
                {
                    // What there is of it goes out alone, so that a small gradient is under way for a while as well.
                    return false;
                }
            }
            else if (!AddFrame(batch, mayWait, out var isLeft))
            {
                return isLeft;
            }
        }

        return false;
    }

    protected override void ReceiveFrame(FrameReader reader)
    {
        var head = DataFrameHead.Read(reader.Take(DataFrameHead.Bytes));
        if (head.Length > LongestBody(head.Kind))
        {
            throw new WireFormatException($"a data frame ({head.Kind}) of {head.Length:N0} bytes is longer than the {LongestBody(head.Kind):N0} that are allowed");
        }

        if (head.Kind == DataFrameKind.Resume == hasPeerResumed)
        {
            throw new WireFormatException(hasPeerResumed ? "a data connection was resumed twice" : $"a data connection began with a frame of another kind ({head.Kind})");
        }

        switch (head.Kind)
        {
            case DataFrameKind.Resume:
                ReceiveResume(head.Number, DataResume.Decode(reader.Take(head.Length), limits.Wire));
                break;
            case DataFrameKind.Begin:
                ReceiveBegin(head.Number, TransferBeginning.Decode(reader.Take(head.Length), limits.Wire));
                break;
            case DataFrameKind.Chunk:
                ReceiveChunk(reader, head);
                break;
            case DataFrameKind.End:
                ReceiveEnd(head.Number, reader.Take(head.Length));
                break;
            case DataFrameKind.Acknowledge:
                ReceiveAcknowledgement(head.Number);
                break;
            case DataFrameKind.Credit:
                ReceiveCredit(head.Number);
                break;
            case DataFrameKind.Pulse:
                break;
            default:
                throw new UnreachableException();
        }
    }

    private bool IsWatchedInGradient() => FaultPoints.IsArmed && begun.Exists(transfer => transfer.IsGradientUnderWay);

    private static void AddHead(SendBatch batch, DataFrameKind kind, int length, long number) =>
        new DataFrameHead(kind, length, number).Write(batch.Add(DataFrameHead.Bytes));

    private CreditWindow NewWindow() => new(limits.SmallestCreditBytes, limits.LargestCreditBytes);

    private int LongestBody(DataFrameKind kind) => kind switch
    {
        DataFrameKind.Resume => 32 + (limits.MaximumOpenTransfers * 9),
        DataFrameKind.Begin => DataFrameHead.LongestBeginning,
        DataFrameKind.Chunk => limits.ChunkBytes,
        DataFrameKind.End => limits.Wire.MaximumFrameBytes,
        _ => 0,
    };

    /// <summary>What is said of the other direction.</summary>
    private void AddAnswers(SendBatch batch)
    {
        if (mustResume)
        {
            mustResume = false;
            var body = new DataResume(window.GrantedBytes, whole.Beyond).Encode();
            AddHead(batch, DataFrameKind.Resume, body.Length, whole.UpTo);
            batch.Add(body);
        }

        while (batch.Room >= LeastRoom && acknowledgements.TryDequeue(out var number))
        {
            AddHead(batch, DataFrameKind.Acknowledge, 0, number);
        }

        if (isCreditDue && batch.Room >= LeastRoom)
        {
            isCreditDue = false;
            AddHead(batch, DataFrameKind.Credit, 0, window.GrantedBytes);
        }

        if (isPulseDue && batch.IsEmpty)
        {
            AddHead(batch, DataFrameKind.Pulse, 0, 0);
        }

        isPulseDue = false;
    }

    /// <summary>Begins, ends, or begins a chunk of, one transfer.</summary>
    /// <returns>Whether it did; if not, <paramref name="isLeft"/> says whether the sending thread would.</returns>
    private bool AddFrame(SendBatch batch, bool mayWait, out bool isLeft)
    {
        isLeft = false;
        if (waiting.TryPeek(out var next) && next.Number < unacknowledged.First().Key + limits.MaximumOpenTransfers)
        {
            AddHead(batch, DataFrameKind.Begin, next.Beginning.Length, next.Number);
            batch.Add(next.Beginning);
            begun.Add(waiting.Dequeue());
            return true;
        }

        if (begun.Count == 0)
        {
            return false;
        }

        var transfer = TransferTurns.Next(begun, turn);
        if (transfer.RemainingBytes == 0)
        {
            return AddEnd(batch, transfer, mayWait, out isLeft);
        }

        var length = (int)Math.Min(limits.ChunkBytes, transfer.RemainingBytes);
        if (length > creditBytes - spentBytes)
        {
            return false;
        }

        // Only the sending thread has the time for more than what is gathered in one turn.
        isLeft = !mayWait && length > batch.Room - DataFrameHead.Bytes;
        if (isLeft)
        {
            return false;
        }

        turn++;
        spentBytes += length;
        sendRate.Add(Stopwatch.GetTimestamp(), length);
        AddHead(batch, DataFrameKind.Chunk, length, transfer.Number);
        (chunkOf, chunkLeft) = (transfer, length);
        return true;
    }

    private bool AddEnd(SendBatch batch, OutgoingTransfer transfer, bool mayWait, out bool isLeft)
    {
        var fits = transfer.Message.Length <= batch.Room - DataFrameHead.Bytes;
        isLeft = !fits && !mayWait;
        if (isLeft)
        {
            return false;
        }

        AddHead(batch, DataFrameKind.End, transfer.Message.Length, transfer.Number);
        if (fits)
        {
            batch.Add(transfer.Message);
        }
        else
        {
            batch.End(transfer.Message);
        }

        transfer.MarkEnded();
        begun.Remove(transfer);
        return true;
    }

    /// <summary>The next part of the chunk that has been begun: gathered if it fits, from where it lies if not.</summary>
    private void AddPiece(SendBatch batch)
    {
        var piece = chunkOf!.TakePiece(chunkLeft);
        var bytes = piece.Length * sizeof(float);
        chunkLeft -= bytes;
        if (bytes <= batch.Room)
        {
            batch.Add(MemoryMarshal.AsBytes(piece.Span));
        }
        else
        {
            batch.End(piece);
        }
    }

    private void ReceiveResume(long upTo, DataResume resume)
    {
        var arrived = new List<OutgoingTransfer>();
        lock (Gate)
        {
            hasPeerResumed = true;
            var isAscending = resume.Whole.Prepend(upTo).Zip(resume.Whole).All(pair => pair.First < pair.Second);
            if (!isAscending || resume.GrantedBytes < limits.ChunkBytes)
            {
                throw new WireFormatException("a data connection was resumed with transfers out of order, or without credit");
            }

            var oldest = unacknowledged.Count == 0 ? lastNumber + 1 : unacknowledged.First().Key;
            var last = resume.Whole.Length == 0 ? upTo : resume.Whole[^1];
            arrived.AddRange(unacknowledged.Values.Where(transfer => transfer.Number <= upTo || Array.BinarySearch(resume.Whole, transfer.Number) >= 0));
            if (upTo < oldest - 1 || last > lastNumber || arrived.Exists(transfer => !transfer.WasEnded))
            {
                throw new WireFormatException($"a data connection was resumed with transfer {last} whole, which cannot be");
            }

            arrived.ForEach(transfer => unacknowledged.Remove(transfer.Number));
            waiting.Clear();
            foreach (var transfer in unacknowledged.Values)
            {
                waiting.Enqueue(transfer);
            }

            creditBytes = resume.GrantedBytes;
            SetPeerResumed();
        }

        arrived.ForEach(transfer => transfer.Release());
        owner.Wake();
        Flush();
    }

    private void ReceiveBegin(long number, TransferBeginning beginning)
    {
        if (number != whole.NextAfter(lastBegun))
        {
            throw new WireFormatException($"transfer {number} was begun where transfer {whole.NextAfter(lastBegun)} was due");
        }

        if (number > whole.UpTo + limits.MaximumOpenTransfers)
        {
            throw new WireFormatException($"transfer {number} was begun while more than {limits.MaximumOpenTransfers} are open");
        }

        StopListening();
        var tensors = handler.Open(beginning.Receiver, beginning.Key) ?? throw new ConnectionBrokenException("the link is over");
        ListenAgain();
        arriving.Add(number, new IncomingTransfer(beginning, tensors));
        lastBegun = number;
    }

    private void ReceiveChunk(FrameReader reader, DataFrameHead head)
    {
        var transfer = Arriving(head.Number);
        if (head.Length == 0 || head.Length % sizeof(float) != 0 || head.Length > transfer.RemainingBytes)
        {
            throw new WireFormatException($"a chunk of {head.Length:N0} bytes came for transfer {head.Number}, of which {transfer.RemainingBytes:N0} are missing");
        }

        bool isDue;
        lock (Gate)
        {
            isDue = window.Receive(Stopwatch.GetTimestamp(), head.Length);
            isCreditDue |= isDue;
        }

        transfer.ReadFrom(reader, head.Length);
        if (isDue)
        {
            Flush();
        }
    }

    private void ReceiveEnd(long number, ReadOnlySpan<byte> message)
    {
        var transfer = Arriving(number);
        if (transfer.RemainingBytes > 0)
        {
            throw new WireFormatException($"transfer {number} was ended with {transfer.RemainingBytes:N0} bytes missing");
        }

        arriving.Remove(number);
        lock (Gate)
        {
            whole.Add(number);
            acknowledgements.Enqueue(number);
        }

        StopListening();
        if (!handler.Received(transfer.Receiver, transfer.Tensors, message))
        {
            transfer.Tensors.Abandon();
        }

        ListenAgain();
        Flush();
    }

    private IncomingTransfer Arriving(long number) =>
        arriving.GetValueOrDefault(number) ?? throw new WireFormatException($"bytes came for transfer {number}, which is not open");

    private void ReceiveAcknowledgement(long number)
    {
        OutgoingTransfer? transfer;
        lock (Gate)
        {
            if (!unacknowledged.TryGetValue(number, out transfer) || !transfer.IsEnded)
            {
                throw new WireFormatException($"transfer {number} was acknowledged, which was not sent");
            }

            unacknowledged.Remove(number);
        }

        transfer.Release();
        Flush();
    }

    private void ReceiveCredit(long bytes)
    {
        lock (Gate)
        {
            if (bytes < creditBytes)
            {
                throw new WireFormatException($"credit went down from {creditBytes:N0} bytes to {bytes:N0}");
            }

            creditBytes = bytes;
        }

        Flush();
    }
}
