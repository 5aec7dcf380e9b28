namespace DistTrain.Actors;

/// <summary>What the coordinator knows of a worker that has joined.</summary>
internal sealed class Member(WorkerId worker, NodeId node, SessionNumber session)
{
    public WorkerId Worker { get; } = worker;

    public NodeId Node { get; } = node;

    public SessionNumber Session { get; } = session;

    /// <summary>What it has been assigned of steps that are not committed.</summary>
    public List<OpenRange> OpenRanges { get; } = [];

    public SpeedMeter Speed { get; } = new();

    /// <summary>Time for the same work that assignments count with, 100 for the fastest.</summary>
    public int RelativeTime { get; set; } = SpeedAssessment.FastestRelativeTime;

    /// <summary>Open micro-batches of this step and those before it.</summary>
    public int OpenMicroBatchesUpTo(StepNumber step) => OpenRanges.Where(open => open.Step <= step).Sum(open => open.Range.Count);
}

/// <summary>
/// The median of a worker's last times for a sample. Slow steps (a compilation, a collection, a neighbour on the same machine) come in bursts of many; the window is long enough
/// that a burst of half of it does not move the median, and a worker that really is slow is known for it after a few steps.
/// </summary>
internal sealed class SpeedMeter
{
    private const int Capacity = 63;
    private const int Fewest = 7;
    private readonly Queue<double> last = new(Capacity);

    /// <summary>Null while there are too few measurements.</summary>
    public double? MicrosecondsPerSample => last.Count < Fewest ? null : last.Order().ElementAt(last.Count / 2);

    public void Add(long microseconds, long samples)
    {
        if (last.Count == Capacity)
        {
            last.Dequeue();
        }

        // A time below the clock's resolution is not zero.
        last.Enqueue(Math.Max(1, microseconds) / (double)samples);
    }
}
