namespace DistTrain.Runtime.Recovery;

/// <summary>What two runs must have in common for one to go on from the other's checkpoint.</summary>
/// <param name="Configuration">A hash of everything in the configuration that the weights depend on; not of where, and on how many workers and shards, they are computed.</param>
/// <param name="Data">The hash of the data's content.</param>
/// <param name="Arithmetic">The arithmetic id.</param>
public sealed record RunIdentity(string Configuration, string Data, string Arithmetic)
{
    /// <summary>What is different about another run, in words; null where nothing is.</summary>
    public string? DifferenceFrom(RunIdentity other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return this == other ? null
            : Arithmetic != other.Arithmetic ? "another arithmetic"
            : Data != other.Data ? "other data"
            : "another configuration";
    }
}
