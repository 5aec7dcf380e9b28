namespace DistTrain.Actors;

/// <summary>What the coordinator knows of a worker that has joined.</summary>
internal sealed class Member(WorkerId worker, SessionNumber session)
{
    public WorkerId Worker { get; } = worker;

    public SessionNumber Session { get; } = session;

    /// <summary>What it has been assigned of steps that are not committed.</summary>
    public List<OpenRange> OpenRanges { get; } = [];

    public SpeedMeter Speed { get; } = new();

    /// <summary>Time for the same work that assignments count with, 100 for the fastest.</summary>
    public int RelativeTime { get; set; } = SpeedAssessment.FastestRelativeTime;

    /// <summary>Open micro-batches of this step and those before it.</summary>
    public int OpenMicroBatchesUpTo(StepNumber step) => OpenRanges.Where(open => open.Step <= step).Sum(open => open.Range.Count);
}

/// <summary>The median of a worker's last few times for a sample: one slow step (a compilation, a collection, a neighbour) does not move it.</summary>
internal sealed class SpeedMeter
{
    private const int Capacity = 5;
    private const int Fewest = 3;
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

    public void Clear() => last.Clear();
}
