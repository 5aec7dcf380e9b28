using System.Globalization;

namespace DistTrain.Study.Statistics;

/// <summary>
/// A measured value, or a bound on one that was not reached: a trial that used up its budget of 500 steps has "more than 500" steps to its goal. Censoring is from above only.
/// </summary>
/// <param name="Value">The value, or what it is known to exceed; finite.</param>
/// <param name="IsCensored">Whether the true value is only known to be greater than <paramref name="Value"/>.</param>
public readonly record struct Observation(double Value, bool IsCensored)
{
    public static Observation Exactly(double value) => new(value, IsCensored: false);

    public static Observation MoreThan(double value) => new(value, IsCensored: true);

    /// <summary>What the value can be at most: itself, or infinity.</summary>
    public double UpperBound => IsCensored ? double.PositiveInfinity : Value;

    public override string ToString() => (IsCensored ? "> " : "") + Value.ToString("R", CultureInfo.InvariantCulture);
}
