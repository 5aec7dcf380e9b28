using DistTrain.Learning.Numerics;

namespace DistTrain.Study.Experiments;

/// <summary>Seeds of trials, drawn from an experiment's own.</summary>
internal static class TrialSeed
{
    /// <summary>A pure function of both; of 48 bits, so that it is exact in JSON, whoever reads it.</summary>
    /// <param name="seed">Of the experiment.</param>
    /// <param name="stream">Another for each trial.</param>
    public static ulong Draw(ulong seed, ulong stream)
    {
        var draws = new CounterBasedRandom(seed, stream);
        return (ulong)Math.ScaleB(draws.UniformDouble(), 48);
    }
}
