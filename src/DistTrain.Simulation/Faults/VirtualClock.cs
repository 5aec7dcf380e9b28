namespace DistTrain.Simulation.Faults;

/// <summary>Something that is going to happen.</summary>
/// <param name="Process">To which it happens, if it still lives; null for the world.</param>
internal readonly record struct Happening(SimulatedProcess? Process, Action Act);

/// <summary>Virtual time: what is going to happen, in order of time, and of two at the same time in the order in which they were said.</summary>
internal sealed class VirtualClock
{
    private readonly PriorityQueue<Happening, (long Time, long Number)> ahead = new();
    private long count;

    /// <summary>In microseconds.</summary>
    public long Now { get; private set; }

    public void At(long time, SimulatedProcess? process, Action act) => ahead.Enqueue(new Happening(process, act), (Math.Max(time, Now), count++));

    /// <summary>Moves time on to the next happening; false when nothing is ahead.</summary>
    public bool TryTake(out Happening next)
    {
        if (!ahead.TryDequeue(out next, out var priority))
        {
            return false;
        }

        Now = priority.Time;
        return true;
    }
}
