using DistTrain.Learning.Numerics;

namespace DistTrain.Simulation.Faults;

/// <summary>One stream of a seed's random numbers, drawn from by several.</summary>
internal sealed class Draws(ulong seed, ulong stream)
{
    private CounterBasedRandom random = new(seed, stream);

    public bool Chance(double probability) => random.UniformDouble() < probability;

    /// <summary>Uniform, both ends included.</summary>
    public long Between(long least, long most) => least + random.BoundedUInt((uint)(most - least + 1));

    /// <inheritdoc cref="Between(long, long)"/>
    public int Between(int least, int most) => (int)Between((long)least, most);

    public T Pick<T>(IReadOnlyList<T> from) => from[(int)random.BoundedUInt((uint)from.Count)];

    public ulong NextSeed() => random.NextULong();

    /// <summary>Lets others draw from the same stream.</summary>
    public void Use(SimulatedDiskUse use) => use(ref random);
}

/// <summary>Something that draws random numbers of its own.</summary>
internal delegate void SimulatedDiskUse(ref CounterBasedRandom random);
