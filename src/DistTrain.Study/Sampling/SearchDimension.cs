using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning.Numerics;

namespace DistTrain.Study.Sampling;

/// <summary>A value of a hyper-parameter.</summary>
/// <param name="Text">Canonical: the same value has the same text on every machine, and reads back as the same value.</param>
/// <param name="Number">Null for a choice.</param>
public readonly record struct SearchValue(string Text, double? Number)
{
    public static SearchValue Of(double number) => new(number.ToString("R", CultureInfo.InvariantCulture), number);
}

/// <summary>
/// One hyper-parameter and where it may lie: a map from [0, 1] to its values and back. Values that are not whole have six significant figures (more only where the range is so
/// narrow that these would not tell its values apart), so that they are readable, and the key of a trial does not hang on a last bit.
/// </summary>
/// <param name="Name">As a setting is named, such as <c>learning-rate</c> or <c>model.dropout</c>.</param>
public abstract record SearchDimension(string Name)
{
    /// <summary>What <see cref="SearchSpaceText"/> reads as this dimension.</summary>
    public abstract string Text { get; }

    /// <summary>How many different values there are; null where they are not counted.</summary>
    public abstract long? ValueCount { get; }

    /// <summary>Whether values have no order, so that a distance between them says nothing.</summary>
    public virtual bool IsCategorical => false;

    /// <param name="unit">From 0 to 1; what lies outside counts as the nearer end.</param>
    public abstract SearchValue Value(double unit);

    /// <summary>Where a value lies; for one of a few values, the middle of what is mapped to it.</summary>
    /// <exception cref="ArgumentException">The dimension has no such value.</exception>
    public abstract double Unit(SearchValue value);

    /// <summary>The values of a grid with at most that many points, ascending, ends included; all of them where there are not more.</summary>
    public virtual ImmutableArray<SearchValue> Grid(int points) =>
        [.. Enumerable.Range(0, points).Select(i => Value(points == 1 ? 0.5 : i / (points - 1.0))).Distinct()];

    /// <summary>A value of a range, in so many decimal figures that a millionth of the range's length shows; never more than 13.</summary>
    protected static double Rounded(double value, double lower, double upper)
    {
        var narrowness = Math.Max(Math.Abs(lower), Math.Abs(upper)) / (upper - lower);
        var figures = 5 + (int)Math.Clamp(Math.Ceiling(Math.Log10(narrowness) - 0.5), 0, 7);
        return double.Parse(value.ToString($"E{figures}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    protected static ImmutableArray<SearchValue> AllIntegers(long lower, long upper)
    {
        var values = ImmutableArray.CreateBuilder<SearchValue>();
        for (var value = lower; value <= upper; value++)
        {
            values.Add(SearchValue.Of(value));
        }

        return values.ToImmutable();
    }

    protected static string Figure(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    protected double NumberOf(SearchValue value, double lower, double upper) => value.Number is { } number && number >= lower && number <= upper
        ? number
        : throw new ArgumentException($"{Name} has no value {value.Text}", nameof(value));
}

/// <summary>Uniform from Lower to Upper.</summary>
public sealed record LinearDimension(string Name, double Lower, double Upper) : SearchDimension(Name)
{
    public override string Text => $"{Name}={Figure(Lower)}..{Figure(Upper)}";

    public override long? ValueCount => null;

    public override SearchValue Value(double unit) => SearchValue.Of(Math.Clamp(Rounded(Lower + (Math.Clamp(unit, 0, 1) * (Upper - Lower)), Lower, Upper), Lower, Upper));

    public override double Unit(SearchValue value) => (NumberOf(value, Lower, Upper) - Lower) / (Upper - Lower);
}

/// <summary>Uniform in the logarithm.</summary>
/// <param name="Lower">Above 0.</param>
public sealed record LogDimension(string Name, double Lower, double Upper) : SearchDimension(Name)
{
    public override string Text => $"{Name}=log({Figure(Lower)},{Figure(Upper)})";

    public override long? ValueCount => null;

    private double Span => DeterministicMath.Log(Upper / Lower);

    public override SearchValue Value(double unit) => SearchValue.Of(Math.Clamp(Rounded(Lower * DeterministicMath.Exp(Math.Clamp(unit, 0, 1) * Span), Lower, Upper), Lower, Upper));

    public override double Unit(SearchValue value) => DeterministicMath.Log(NumberOf(value, Lower, Upper) / Lower) / Span;
}

/// <summary>Uniform in log(1 − v), for what acts by how far it is from 1, such as momentum: as many values from 0.9 to 0.99 as from 0.99 to 0.999.</summary>
/// <param name="Lower">At least 0.</param>
/// <param name="Upper">Below 1.</param>
public sealed record OneMinusLogDimension(string Name, double Lower, double Upper) : SearchDimension(Name)
{
    public override string Text => $"{Name}=log1m({Figure(Lower)},{Figure(Upper)})";

    public override long? ValueCount => null;

    private double Span => DeterministicMath.Log((1 - Upper) / (1 - Lower));

    public override SearchValue Value(double unit)
    {
        // Decimal arithmetic: 1 - 0.0123 is 0.9877 and not its neighbour.
        var distance = (decimal)Rounded((1 - Lower) * DeterministicMath.Exp(Math.Clamp(unit, 0, 1) * Span), 1 - Upper, 1 - Lower);
        return SearchValue.Of(Math.Clamp((double)(1m - distance), Lower, Upper));
    }

    public override double Unit(SearchValue value) => DeterministicMath.Log((1 - NumberOf(value, Lower, Upper)) / (1 - Lower)) / Span;
}

/// <summary>Whole numbers from Lower to Upper, both included, each equally probable.</summary>
public sealed record IntegerDimension(string Name, long Lower, long Upper) : SearchDimension(Name)
{
    public override string Text => string.Create(CultureInfo.InvariantCulture, $"{Name}=int({Lower}..{Upper})");

    public override long? ValueCount => Upper - Lower + 1;

    public override ImmutableArray<SearchValue> Grid(int points) => ValueCount <= points ? AllIntegers(Lower, Upper) : base.Grid(points);

    public override SearchValue Value(double unit) => SearchValue.Of(Math.Min(Upper, Lower + (long)Math.Floor(Math.Clamp(unit, 0, 1) * (Upper - Lower + 1))));

    public override double Unit(SearchValue value) => (NumberOf(value, Lower, Upper) - Lower + 0.5) / (Upper - Lower + 1);
}

/// <summary>Whole numbers from Lower to Upper, both included, uniform in the logarithm: v is drawn as often as log(v + ½) − log(v − ½) says.</summary>
/// <param name="Lower">At least 1.</param>
public sealed record IntegerLogDimension(string Name, long Lower, long Upper) : SearchDimension(Name)
{
    public override string Text => string.Create(CultureInfo.InvariantCulture, $"{Name}=int-log({Lower}..{Upper})");

    public override long? ValueCount => Upper - Lower + 1;

    public override ImmutableArray<SearchValue> Grid(int points) => ValueCount <= points ? AllIntegers(Lower, Upper) : base.Grid(points);

    private double Start => Lower - 0.5;

    private double Span => DeterministicMath.Log((Upper + 0.5) / Start);

    public override SearchValue Value(double unit) =>
        SearchValue.Of(Math.Clamp((long)Math.Floor((Start * DeterministicMath.Exp(Math.Clamp(unit, 0, 1) * Span)) + 0.5), Lower, Upper));

    public override double Unit(SearchValue value) => DeterministicMath.Log(NumberOf(value, Lower, Upper) / Start) / Span;
}

/// <summary>One of several, each equally probable, without any order.</summary>
/// <param name="Choices">At least two, all different.</param>
public sealed record ChoiceDimension(string Name, ImmutableArray<string> Choices) : SearchDimension(Name)
{
    public override string Text => $"{Name}={string.Join(Choices.Any(choice => choice.Contains(',', StringComparison.Ordinal)) ? '|' : ',', Choices)}";

    public override long? ValueCount => Choices.Length;

    public override bool IsCategorical => true;

    public override SearchValue Value(double unit) => new(Choices[Index(unit)], null);

    public override double Unit(SearchValue value) => Choices.IndexOf(value.Text) is >= 0 and var index
        ? (index + 0.5) / Choices.Length
        : throw new ArgumentException($"{Name} has no value {value.Text}", nameof(value));

    public override ImmutableArray<SearchValue> Grid(int points) => [.. Choices.Select(choice => new SearchValue(choice, null))];

    /// <summary>Which choice a point stands for, 0-based.</summary>
    public int Index(double unit) => Math.Min(Choices.Length - 1, (int)Math.Floor(Math.Clamp(unit, 0, 1) * Choices.Length));

    public bool Equals(ChoiceDimension? other) => other is not null && Name == other.Name && Choices.SequenceEqual(other.Choices);

    public override int GetHashCode() => HashCode.Combine(Name, Choices.Length);
}
