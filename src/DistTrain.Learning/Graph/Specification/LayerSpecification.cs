using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>A layer as the user writes it, before shapes are known.</summary>
/// <param name="Kind">One of <see cref="LayerCatalog.Kinds"/>.</param>
public sealed record LayerSpecification(string Kind)
{
    /// <summary>Null for the kind with its number, such as <c>dense2</c>.</summary>
    public string? Name { get; init; }

    /// <summary>Names of the layers that it reads; empty for the one above it.</summary>
    public ImmutableArray<string> From { get; init; } = [];

    /// <summary>By setting name, such as <c>units</c>: the value as text.</summary>
    public ImmutableSortedDictionary<string, string> Settings { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>This layer with one more setting.</summary>
    public LayerSpecification With(string setting, object value) =>
        this with { Settings = Settings.SetItem(setting, Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!) };

    public bool Equals(LayerSpecification? other) =>
        other is not null && Kind == other.Kind && Name == other.Name && From.AsSpan().SequenceEqual(other.From.AsSpan()) && Settings.SequenceEqual(other.Settings);

    public override int GetHashCode() => HashCode.Combine(Kind, Name, From.Length, Settings.Count);
}
