using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Sampling;

/// <summary>The order in which an epoch visits the samples. Every node computes it for itself from (seed, epoch); index lists are never sent.</summary>
public static class EpochOrder
{
    private const uint ShuffleStream = 0x53485546;

    /// <summary>A uniform random permutation of [0, sampleCount): Fisher–Yates (Durstenfeld 1964) on a counter-based generator keyed by (seed, epoch).</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">1-based.</param>
    /// <param name="sampleCount">Number of samples, at least 0.</param>
    public static int[] Create(ulong seed, int epoch, int sampleCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sampleCount);
        var order = new int[sampleCount];
        for (var i = 0; i < sampleCount; i++)
        {
            order[i] = i;
        }

        var random = new CounterBasedRandom(seed, ((ulong)ShuffleStream << 32) | (uint)epoch);
        for (var i = sampleCount - 1; i > 0; i--)
        {
            var j = (int)random.BoundedUInt((uint)i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }
}
