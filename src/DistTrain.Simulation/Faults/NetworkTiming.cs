namespace DistTrain.Simulation.Faults;

/// <summary>How fast messages are, and how long processes look for each other. All times in microseconds.</summary>
/// <param name="SmallestDelay">Of a message.</param>
/// <param name="LargestDelay">Of a message.</param>
/// <param name="Silence">After which a peer that says nothing is looked for anew; each side notices up to half as much later.</param>
/// <param name="Reconnect">How long a peer is looked for before it is given up.</param>
public sealed record NetworkTiming(long SmallestDelay, long LargestDelay, long Silence, long Reconnect)
{
    /// <summary>The longest interruption that a link is sure to survive.</summary>
    public long SurvivedInterruption => Silence + Reconnect;
}
