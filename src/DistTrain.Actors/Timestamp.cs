namespace DistTrain.Actors;

/// <summary>
/// A reading of the runtime's monotonic clock (or of a virtual one), handed to an actor with each message. Actors have no clock of their own, and a time never
/// decides anything that reaches the weights.
/// </summary>
public readonly record struct Timestamp(long Microseconds)
{
    public double SecondsSince(Timestamp earlier) => (Microseconds - earlier.Microseconds) / 1e6;
}
