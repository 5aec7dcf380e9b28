namespace DistTrain.Learning.Numerics;

/// <summary>
/// A sequence of random numbers that is a pure function of (seed, stream): <see cref="Philox4x32"/> with the seed as key, the block
/// number in the counter's lower half and the stream in its upper half. Equal arguments give equal numbers on every machine;
/// different streams are independent. It is a value: a copy continues on its own from the same position.
/// </summary>
public struct CounterBasedRandom(ulong seed, ulong stream) : IEquatable<CounterBasedRandom>
{
    private readonly ulong seed = seed;
    private readonly ulong stream = stream;
    private ulong position;
    private Philox4x32.Words words;

    /// <summary>The next 32 random bits.</summary>
    public uint NextUInt()
    {
        int word = (int)(position & 3);
        if (word == 0)
        {
            ulong block = position >> 2;
            words = Philox4x32.Generate(seed, new((uint)block, (uint)(block >> 32), (uint)stream, (uint)(stream >> 32)));
        }

        position++;
        return word switch
        {
            0 => words.Word0,
            1 => words.Word1,
            2 => words.Word2,
            _ => words.Word3,
        };
    }

    /// <summary>The next 64 random bits: the first word drawn is the upper half.</summary>
    public ulong NextULong()
    {
        ulong upper = NextUInt();
        return (upper << 32) | NextUInt();
    }

    /// <summary>Uniform in [0, 1): 24 random bits, all exactly representable.</summary>
    public float UniformFloat() => (NextUInt() >> 8) * (1f / 16777216f);

    /// <summary>Uniform in [0, 1): 53 random bits, all exactly representable.</summary>
    public double UniformDouble() => (NextULong() >> 11) * (1.0 / 9007199254740992.0);

    /// <summary>
    /// Uniform in 0 .. <paramref name="bound"/> - 1 without bias; draws again where a draw must be rejected.
    /// Source: D. Lemire, Fast Random Integer Generation in an Interval, ACM TOMACS 29(1), 2019.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The bound is 0.</exception>
    public uint BoundedUInt(uint bound)
    {
        ArgumentOutOfRangeException.ThrowIfZero(bound);
        ulong product = (ulong)NextUInt() * bound;
        if ((uint)product < bound)
        {
            uint threshold = unchecked(0u - bound) % bound;
            while ((uint)product < threshold)
            {
                product = (ulong)NextUInt() * bound;
            }
        }

        return (uint)(product >> 32);
    }

    /// <summary>
    /// Standard normal: the cosine branch of Box and Muller, A Note on the Generation of Random Normal Deviates, 1958, on
    /// <see cref="DeterministicMath"/>. Takes four words; values beyond 8.6 cannot occur.
    /// </summary>
    public double Normal()
    {
        // One minus a number in [0, 1) lies in (0, 1], where the logarithm is finite.
        double radius = Math.Sqrt(-2.0 * DeterministicMath.Log(1.0 - UniformDouble()));
        return radius * DeterministicMath.Cos(2.0 * Math.PI * UniformDouble());
    }

    public readonly bool Equals(CounterBasedRandom other) => seed == other.seed && stream == other.stream && position == other.position;

    public override readonly bool Equals(object? obj) => obj is CounterBasedRandom other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(seed, stream, position);

    public static bool operator ==(CounterBasedRandom left, CounterBasedRandom right) => left.Equals(right);

    public static bool operator !=(CounterBasedRandom left, CounterBasedRandom right) => !left.Equals(right);
}
