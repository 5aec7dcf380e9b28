using System.Collections.Immutable;

namespace DistTrain.Learning;

/// <summary>The dimensions of a dense row-major tensor. A sample's shape leaves out the batch dimension; images are [height, width, channels].</summary>
public readonly struct TensorShape : IEquatable<TensorShape>
{
    private readonly ImmutableArray<int> dimensions;

    /// <exception cref="ArgumentException">A dimension is below 1.</exception>
    /// <exception cref="InvalidInputException">The element count exceeds <see cref="Array.MaxLength"/>.</exception>
    public TensorShape(params ImmutableArray<int> dimensions)
    {
        long count = 1;
        foreach (var dimension in dimensions)
        {
            if (dimension < 1)
            {
                throw new ArgumentException($"a dimension of {dimension} is not possible: each is at least 1", nameof(dimensions));
            }

            count *= dimension;
            if (count > Array.MaxLength)
            {
                throw new InvalidInputException($"a tensor of shape [{string.Join(", ", dimensions)}] has more than {Array.MaxLength:N0} elements, which is the most that fits in one buffer");
            }
        }

        this.dimensions = dimensions;
        ElementCount = (int)count;
    }

    public ImmutableArray<int> Dimensions => dimensions.IsDefault ? [] : dimensions;

    public int Rank => Dimensions.Length;

    public int ElementCount { get; }

    public int this[Index axis] => Dimensions[axis];

    public bool Equals(TensorShape other) => Dimensions.AsSpan().SequenceEqual(other.Dimensions.AsSpan());

    public override bool Equals(object? obj) => obj is TensorShape other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var dimension in Dimensions)
        {
            hash.Add(dimension);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => $"[{string.Join(", ", Dimensions)}]";

    public static bool operator ==(TensorShape left, TensorShape right) => left.Equals(right);

    public static bool operator !=(TensorShape left, TensorShape right) => !left.Equals(right);
}
