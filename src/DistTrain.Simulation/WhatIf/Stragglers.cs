using System.Globalization;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Numerics;

namespace DistTrain.Simulation.WhatIf;

/// <summary>Which workers are slower than others, and when.</summary>
public abstract record Stragglers
{
    private const string Forms = "none, slow:COUNT:FACTOR or random:PROBABILITY:FACTOR";

    /// <summary>How many times as long the worker takes to compute its share of the step, at least 1.</summary>
    public abstract double FactorOf(WorkerId worker, StepNumber step, ulong seed);

    /// <summary>Reads <c>none</c>, <c>slow:COUNT:FACTOR</c> (the first so many workers, always) or <c>random:PROBABILITY:FACTOR</c> (each worker in each step).</summary>
    /// <exception cref="InvalidInputException">It is none of these.</exception>
    public static Stragglers Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split(':') switch
        {
            ["none"] => new NoStragglers(),
            ["slow", var count, var factor] => new SlowWorkers(Count(count), Factor(factor)),
            ["random", var probability, var factor] => new RandomStragglers(Probability(probability), Factor(factor)),
            _ => throw new InvalidInputException($"stragglers must be {Forms}, but are '{text}'"),
        };
    }

    private static int Count(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= 1
        ? count
        : throw new InvalidInputException($"the number of slow workers must be a whole number of at least 1, but is '{text}'");

    private static double Probability(string text) => Number(text) is { } value and >= 0 and <= 1
        ? value
        : throw new InvalidInputException($"the probability of a straggler must be a number from 0 to 1, but is '{text}'");

    private static double Factor(string text) => Number(text) is { } value and >= 1 and <= 1e6
        ? value
        : throw new InvalidInputException($"a straggler's factor must be a number from 1 to 1000000, but is '{text}'");

    private static double? Number(string text) => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : null;
}

/// <summary>All workers are equally fast.</summary>
public sealed record NoStragglers : Stragglers
{
    public override double FactorOf(WorkerId worker, StepNumber step, ulong seed) => 1;

    public override string ToString() => "none";
}

/// <summary>The first <paramref name="Count"/> workers always take <paramref name="Factor"/> times as long. The coordinator gets to know them, and gives them less.</summary>
public sealed record SlowWorkers(int Count, double Factor) : Stragglers
{
    public override double FactorOf(WorkerId worker, StepNumber step, ulong seed) => worker.Value <= Count ? Factor : 1;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"slow:{Count}:{Factor}");
}

/// <summary>Each worker in each step takes <paramref name="Factor"/> times as long with this probability, drawn from the seed.</summary>
public sealed record RandomStragglers(double Probability, double Factor) : Stragglers
{
    private const ulong Stream = 0x5354_5241_0000_0000;

    public override double FactorOf(WorkerId worker, StepNumber step, ulong seed)
    {
        // A stream for each worker's each step, so that neither the number of workers nor the order of events changes who is slow.
        var random = new CounterBasedRandom(seed, Stream ^ ((ulong)step.Value << 24) ^ (ulong)worker.Value);
        return random.UniformDouble() < Probability ? Factor : 1;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"random:{Probability}:{Factor}");
}
