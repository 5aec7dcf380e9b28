using System.Collections.Immutable;
using DistTrain.Learning;

namespace DistTrain.Study.Sampling;

/// <summary>A point of the unit cube [0, 1]^d, one coordinate a dimension: what samplers draw, and what a space turns into values.</summary>
public readonly record struct UnitPoint(ImmutableArray<double> Coordinates)
{
    public bool Equals(UnitPoint other) => Coordinates.AsSpan().SequenceEqual(other.Coordinates.AsSpan());

    public override int GetHashCode() => Coordinates.Aggregate(0, HashCode.Combine);
}

/// <summary>The hyper-parameters that are searched, in the order given.</summary>
public sealed record SearchSpace
{
    /// <exception cref="InvalidInputException">There are no dimensions, or two have one name.</exception>
    public SearchSpace(ImmutableArray<SearchDimension> dimensions)
    {
        if (dimensions.IsEmpty)
        {
            throw new InvalidInputException("there is nothing to search: name at least one setting with its range, such as learning-rate=log(1e-4,1)");
        }

        if (dimensions.GroupBy(dimension => dimension.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new InvalidInputException($"{twice.Key} is given twice: give each setting one range");
        }

        Dimensions = dimensions;
    }

    public ImmutableArray<SearchDimension> Dimensions { get; }

    /// <summary>All dimensions as text, from which the space can be read again.</summary>
    public ImmutableArray<string> Text => [.. Dimensions.Select(dimension => dimension.Text)];

    /// <summary>How many configurations there are; null where they are not counted.</summary>
    public double? ConfigurationCount => Dimensions.All(dimension => dimension.ValueCount is not null) ? Dimensions.Aggregate(1.0, (product, dimension) => product * dimension.ValueCount!.Value) : null;

    /// <summary>[dimensions] what a point stands for.</summary>
    public ImmutableArray<SearchValue> Values(UnitPoint point) => [.. Dimensions.Zip(point.Coordinates, (dimension, unit) => dimension.Value(unit))];

    /// <summary>Where a configuration lies.</summary>
    /// <param name="values">[dimensions].</param>
    /// <exception cref="ArgumentException">A value is not in its range.</exception>
    public UnitPoint Point(IReadOnlyList<SearchValue> values) => new([.. Dimensions.Zip(values, (dimension, value) => dimension.Unit(value))]);

    /// <summary>The point itself that stands for the same values as this one: equal configurations have equal points.</summary>
    public UnitPoint Snap(UnitPoint point) => Point(Values(point));

    public bool Equals(SearchSpace? other) => other is not null && Dimensions.SequenceEqual(other.Dimensions);

    public override int GetHashCode() => Dimensions.Aggregate(0, HashCode.Combine);
}
