using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>All initializers that people can write down, by name.</summary>
public static class InitializerCatalog
{
    private static readonly ImmutableSortedDictionary<string, Initializer> Plain = new Dictionary<string, Initializer>
    {
        ["kaiming-normal"] = new KaimingNormalInitializer(),
        ["kaiming-uniform"] = new KaimingUniformInitializer(),
        ["xavier-normal"] = new XavierNormalInitializer(),
        ["xavier-uniform"] = new XavierUniformInitializer(),
        ["zeros"] = new ConstantInitializer(0),
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>What will do, in words.</summary>
    public static string What { get; } = $"one of {string.Join(", ", Plain.Keys)}";

    public static bool IsKnown(string text) => Plain.ContainsKey(text);

    /// <exception cref="InvalidInputException">There is no such initializer.</exception>
    public static Initializer Create(string text) =>
        Plain.TryGetValue(text, out var initializer) ? initializer : throw new InvalidInputException($"unknown initializer '{text}': it must be {What}");
}
