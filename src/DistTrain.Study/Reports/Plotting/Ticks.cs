using System.Collections.Immutable;

namespace DistTrain.Study.Reports.Plotting;

/// <summary>Where an axis is marked.</summary>
/// <param name="Major">With words, rising.</param>
/// <param name="Minor">Without, rising; none of them is among the major ones.</param>
public sealed record TickSet(ImmutableArray<double> Major, ImmutableArray<double> Minor);

/// <summary>Chooses marks that people can count in.</summary>
public static class Ticks
{
    /// <summary>Below this many powers of ten, the multiples between them need words too.</summary>
    private const double FewDecades = 2.2;

    /// <summary>Below this, equal distances are easier to read than equal ratios.</summary>
    private const double VeryFewDecades = 0.75;

    /// <summary>Multiples of 1, 2 or 5 times a power of ten within the range (P. S. Heckbert, Nice Numbers for Graph Labels, Graphics Gems, 1990).</summary>
    /// <param name="least">First value of the axis.</param>
    /// <param name="most">Last value, above the first.</param>
    /// <param name="atMost">So many marks at most, at least 2.</param>
    public static TickSet Linear(double least, double most, int atMost)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(most, least);
        var about = (most - least) / Math.Max(1, atMost);
        var exponent = (int)Math.Floor(Math.Log10(about));
        ImmutableArray<double> finer = [least, most];
        foreach (var multiple in (int[])[1, 2, 5, 10, 20])
        {
            var values = Multiples(least, most, multiple, exponent);
            if (values.Length <= Math.Max(2, atMost))
            {
                // One mark alone measures nothing: every second of the finer ones then.
                return new TickSet(values.Length >= 2 ? values : [.. finer.Where((_, index) => index % 2 == 0)], []);
            }

            finer = values;
        }

        return new TickSet([least, most], []);
    }

    /// <summary>Powers of ten; where they are few, 1, 2 and 5 times them; where the range is narrow, those of a linear axis.</summary>
    /// <param name="least">First value of the axis, above 0.</param>
    /// <param name="most">Last value, above the first.</param>
    /// <param name="atMost">So many marks with words at most, at least 2.</param>
    public static TickSet Logarithmic(double least, double most, int atMost)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(least);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(most, least);
        var decades = Math.Log10(most / least);
        if (decades < VeryFewDecades)
        {
            return Linear(least, most, atMost);
        }

        var powers = Enumerable.Range((int)Math.Floor(Math.Log10(least)), (int)Math.Ceiling(decades) + 2).ToArray();
        bool IsInside(double value) => value >= least * (1 - 1e-9) && value <= most * (1 + 1e-9);
        double[] Times(params int[] multiples) => [.. powers.SelectMany(power => multiples.Select(multiple => Scaled(multiple, power))).Where(IsInside)];
        var all = Times(1, 2, 3, 4, 5, 6, 7, 8, 9);
        var chosen = decades < FewDecades ? Times(1, 2, 5) : Times(1);
        if (chosen.Length > atMost && decades < FewDecades)
        {
            chosen = Times(1, 3) is { Length: var some } both && some <= atMost ? both : Times(1);
        }

        if (chosen.Length < 2)
        {
            return Linear(least, most, atMost);
        }

        if (chosen.Length > atMost)
        {
            var stride = (chosen.Length + atMost - 1) / atMost;
            return new TickSet([.. chosen.Where((_, index) => index % stride == 0)], [.. chosen.Where((_, index) => index % stride != 0)]);
        }

        return new TickSet([.. chosen], [.. all.Except(chosen)]);
    }

    private static ImmutableArray<double> Multiples(double least, double most, int multiple, int exponent)
    {
        var step = Scaled(multiple, exponent);
        var slack = (most - least) * 1e-9;
        var first = Math.Ceiling((least - slack) / step);
        var last = Math.Floor((most + slack) / step);
        if (last - first > 1000)
        {
            // More than anybody would draw; not worth making.
            return [.. Enumerable.Repeat(0.0, 1001)];
        }

        // Divided, not multiplied, below 1: 3 · 0.1 is not the number that people call 0.3.
        return [.. Enumerable.Range(0, (int)Math.Max(0, last - first + 1)).Select(index => Scaled((first + index) * multiple, exponent) + 0.0)];
    }

    private static double Scaled(double multiple, int exponent) => exponent < 0 ? multiple / Math.Pow(10, -exponent) : multiple * Math.Pow(10, exponent);
}
