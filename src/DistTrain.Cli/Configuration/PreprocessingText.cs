using System.Text.Json;
using DistTrain.Data;
using DistTrain.Learning;

namespace DistTrain.Cli.Configuration;

/// <summary>What was done to the training data, as a text that lies with the model: new samples are prepared by it, not by what they show themselves.</summary>
internal static class PreprocessingText
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static string Format(Preprocessing preprocessing) => JsonSerializer.Serialize(
        new Stored(
            [.. preprocessing.SampleShape.Dimensions],
            [.. preprocessing.ClassNames],
            preprocessing.Scaling.Kind.ToString(),
            [.. preprocessing.Scaling.Offsets],
            [.. preprocessing.Scaling.Divisors]),
        Options);

    /// <summary>How the test part was made is not kept here: the configuration says it.</summary>
    /// <exception cref="InvalidInputException">It is not such a text.</exception>
    public static Preprocessing Parse(string text)
    {
        try
        {
            var stored = JsonSerializer.Deserialize<Stored>(text, Options);
            if (stored is { SampleShape: not null, ClassNames: not null, Offsets: { Length: >= 1 } offsets, Divisors: not null }
                && offsets.Length == stored.Divisors.Length
                && Enum.TryParse<ScalingKind>(stored.Scaling, out var kind))
            {
                return new Preprocessing(
                    new TensorShape([.. stored.SampleShape]), [.. stored.ClassNames], new InputScaling(kind, [.. offsets], [.. stored.Divisors]), Split: null);
            }
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException or OverflowException)
        {
            throw new InvalidInputException($"the model's description of its data cannot be understood: {fault.Message}", fault);
        }

        throw new InvalidInputException("the model's description of its data is not complete");
    }

    private sealed record Stored(int[] SampleShape, string[] ClassNames, string Scaling, double[] Offsets, double[] Divisors);
}
