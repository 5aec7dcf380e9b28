using System.Collections.Immutable;
using System.Globalization;

namespace DistTrain.Learning.Graph;

/// <summary>All initializers that people can write down, by name.</summary>
public static class InitializerCatalog
{
    private static readonly ImmutableArray<InitializerKind> All =
    [
        new("constant", "VALUE", _ => true, null, value => new ConstantInitializer(value)),
        new("kaiming-normal", null, null, 0, _ => new KaimingNormalInitializer()),
        new("kaiming-uniform", null, null, 0, _ => new KaimingUniformInitializer()),
        new("normal", "DEVIATION", deviation => deviation >= 0, null, deviation => new NormalInitializer(deviation)),
        new("orthogonal", "GAIN", gain => gain != 0, 1, gain => new OrthogonalInitializer(gain)),
        new("uniform", "BOUND", bound => bound >= 0, null, bound => new UniformInitializer(bound)),
        new("xavier-normal", null, null, 0, _ => new XavierNormalInitializer()),
        new("xavier-uniform", null, null, 0, _ => new XavierUniformInitializer()),
        new("zeros", null, null, 0, _ => new ConstantInitializer(0)),
    ];

    /// <summary>What will do, in words.</summary>
    public static string What { get; } = $"one of {string.Join(", ", All.Select(kind => kind.Form))}";

    public static bool IsKnown(string text) => Read(text) is not null;

    /// <param name="text">A name, with its number behind a colon where it has one: <c>normal:0.02</c>.</param>
    /// <exception cref="InvalidInputException">There is no such initializer.</exception>
    public static Initializer Create(string text) => Read(text) ?? throw new InvalidInputException($"unknown initializer '{text}': it must be {What}");

    private static Initializer? Read(string text)
    {
        var parts = text.Split(':', 2);
        if (All.FirstOrDefault(kind => kind.Name == parts[0]) is not { } kind)
        {
            return null;
        }

        if (parts.Length == 1)
        {
            return kind.Otherwise is { } usual ? kind.Create(usual) : null;
        }

        return kind.Suits is not null && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && kind.Suits(number)
            ? kind.Create(number)
            : null;
    }

    /// <param name="Name">What stands before the colon.</param>
    /// <param name="Number">What stands behind it; null for nothing.</param>
    /// <param name="Suits">Whether a finite number will do; null for none.</param>
    /// <param name="Otherwise">The number where none is given; null where one must be.</param>
    private sealed record InitializerKind(string Name, string? Number, Func<double, bool>? Suits, double? Otherwise, Func<double, Initializer> Create)
    {
        public string Form => Number is null ? Name : Otherwise is null ? $"{Name}:{Number}" : $"{Name}[:{Number}]";
    }
}
