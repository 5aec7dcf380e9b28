using System.Diagnostics;

namespace DistTrain.Runtime.Compute;

/// <summary>
/// The threads on which engines run: one for each worker, with a queue of its own. Work that can be cut into parts (reduction and update over chunks) is shared out
/// among all threads that are free, ahead of their own queues.
/// </summary>
internal sealed class ComputePool : IDisposable
{
    /// <summary>How long a thread looks for work before it sleeps, one millisecond: longer than the gap between two phases of a step. Waking up takes some fifty microseconds.</summary>
    private static readonly long SpinTicks = Stopwatch.Frequency / 1_000;

    private readonly Lane[] lanes;
    private readonly Action<Exception> failed;
    private readonly bool spins;
    private readonly object sharedGate = new();
    private readonly Queue<SharedWork> sharedQueue = new();
    private volatile SharedWork? shared;
    private volatile bool stopping;

    /// <param name="threadCount">At least 1.</param>
    /// <param name="failed">Receives what a piece of work throws; the thread goes on.</param>
    /// <param name="spins">Whether idle threads look for work for a while before they sleep.</param>
    public ComputePool(int threadCount, Action<Exception> failed, bool spins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threadCount, 1);
        this.failed = failed;
        this.spins = spins;
        lanes = [.. Enumerable.Range(0, threadCount).Select(index => new Lane(index))];
        foreach (var lane in lanes)
        {
            lane.Thread = new Thread(() => Run(lane)) { IsBackground = true, Name = $"compute-{lane.Index + 1}" };
            lane.Thread.Start();
        }
    }

    /// <summary>Queues work for one thread; its pieces run in order.</summary>
    public void Enqueue(int thread, Action work)
    {
        var lane = lanes[thread];
        lock (lane.Gate)
        {
            lane.Queue.Enqueue(work);
            lane.Waiting = true;
        }

        Wake(lane);
    }

    /// <summary>Runs <paramref name="part"/>(0 … partCount − 1), each once, on the threads that are free, then <paramref name="completed"/> on the thread that ended last.</summary>
    public void Share(int partCount, Action<int> part, Action completed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partCount, 1);
        lock (sharedGate)
        {
            sharedQueue.Enqueue(new SharedWork(partCount, part, completed));
            shared ??= sharedQueue.Peek();
        }

        // More sleepers than processors would only take turns.
        foreach (var lane in lanes.Take(Math.Min(Environment.ProcessorCount, partCount)))
        {
            Wake(lane);
        }
    }

    /// <summary>Ends the threads after the piece that each is running.</summary>
    public void Dispose()
    {
        stopping = true;
        foreach (var lane in lanes)
        {
            Wake(lane);
        }

        foreach (var lane in lanes)
        {
            if (lane.Thread != Thread.CurrentThread)
            {
                lane.Thread!.Join();
            }
        }
    }

    private static void Wake(Lane lane)
    {
        lock (lane.Gate)
        {
            lane.Signalled = true;
            Monitor.Pulse(lane.Gate);
        }
    }

    private void Run(Lane lane)
    {
        while (!stopping)
        {
            if (!HelpShared(lane) && !RunOwn(lane))
            {
                WaitForWork(lane);
            }
        }
    }

    private bool RunOwn(Lane lane)
    {
        Action? work;
        lock (lane.Gate)
        {
            if (!lane.Queue.TryDequeue(out work))
            {
                lane.Waiting = false;
                return false;
            }
        }

        Guard(work);
        return true;
    }

    private bool HelpShared(Lane lane)
    {
        var work = shared;
        if (work is null)
        {
            return false;
        }

        // Each thread starts at its own share, so that the same thread updates the same chunks step after step while they are in its cache.
        var start = (int)((long)lane.Index * work.PartCount / lanes.Length);
        var helped = false;
        for (var i = 0; i < work.PartCount; i++)
        {
            var part = start + i < work.PartCount ? start + i : start + i - work.PartCount;
            if (work.Claim(part))
            {
                helped = true;
                RunPart(work, part);
            }
        }

        return helped;
    }

    private void RunPart(SharedWork work, int part)
    {
        try
        {
            work.Part(part);
        }
        catch (Exception failure)
        {
            failed(failure);
        }

        if (work.EndPart())
        {
            Complete(work);
        }
    }

    private void Complete(SharedWork work)
    {
        lock (sharedGate)
        {
            sharedQueue.Dequeue();
            shared = sharedQueue.TryPeek(out var next) ? next : null;
        }

        Guard(work.Completed);
    }

    private void WaitForWork(Lane lane)
    {
        if (spins)
        {
            var end = Stopwatch.GetTimestamp() + SpinTicks;
            while (Stopwatch.GetTimestamp() < end)
            {
                if (lane.Waiting || (shared is { } work && work.HasUnclaimed) || stopping)
                {
                    return;
                }

                Thread.SpinWait(8);
            }
        }

        lock (lane.Gate)
        {
            while (!lane.Signalled && lane.Queue.Count == 0 && !stopping)
            {
                Monitor.Wait(lane.Gate);
            }

            lane.Signalled = false;
        }
    }

    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (Exception failure)
        {
            failed(failure);
        }
    }

    private sealed class Lane(int index)
    {
        private volatile bool waiting;

        public int Index { get; } = index;

        public object Gate { get; } = new();

        public Queue<Action> Queue { get; } = new();

        /// <summary>Whether the queue may hold work; read without the lock by the spinning thread.</summary>
        public bool Waiting
        {
            get => waiting;
            set => waiting = value;
        }

        public bool Signalled { get; set; }

        public Thread? Thread { get; set; }
    }

    private sealed class SharedWork(int partCount, Action<int> part, Action completed)
    {
        private readonly int[] claimed = new int[partCount];
        private int unclaimed = partCount;
        private int open = partCount;

        public int PartCount => claimed.Length;

        public Action<int> Part => part;

        public Action Completed => completed;

        public bool HasUnclaimed => Volatile.Read(ref unclaimed) > 0;

        public bool Claim(int index)
        {
            if (Volatile.Read(ref claimed[index]) != 0 || Interlocked.Exchange(ref claimed[index], 1) != 0)
            {
                return false;
            }

            Interlocked.Decrement(ref unclaimed);
            return true;
        }

        /// <returns>Whether this was the last part.</returns>
        public bool EndPart() => Interlocked.Decrement(ref open) == 0;
    }
}
