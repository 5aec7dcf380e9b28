using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using DistTrain.Learning;
using DistTrain.Study.Experiments;

namespace DistTrain.Study.Reports.Studies;

/// <summary>A study as <c>study.json</c>: everything that was found, to be read again without a loss. Numbers that are not finite are the words <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c>.</summary>
public static class StudyJson
{
    /// <summary>Of the file; another is refused.</summary>
    public const int Format = 1;

    public static string Write(StudyResult study)
    {
        ArgumentNullException.ThrowIfNull(study);
        return JsonSerializer.Serialize(new StudyFile(Format, study), StudyJsonContext.Default.StudyFile) + "\n";
    }

    /// <param name="text">What <see cref="Write"/> gave.</param>
    /// <param name="name">Of the file, for the complaint.</param>
    /// <exception cref="InvalidInputException">It is no study, or is damaged; one sentence says so.</exception>
    public static StudyResult Read(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            var file = JsonSerializer.Deserialize(text, StudyJsonContext.Default.StudyFile);
            return file switch
            {
                { Format: Format, Study: { } study } => study,
                { Format: not Format } => throw new InvalidInputException($"{name} is of format {file.Format}, but this program reads format {Format}: use the program that wrote it"),
                _ => throw new InvalidInputException($"{name} holds no study"),
            };
        }
        catch (Exception fault) when (fault is JsonException or NotSupportedException or ArgumentException or InvalidOperationException)
        {
            throw new InvalidInputException($"{name} is no study, or is damaged: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}");
        }
    }
}

/// <summary>What the file holds.</summary>
internal sealed record StudyFile(int Format, StudyResult? Study);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    UseStringEnumConverter = true,
    IgnoreReadOnlyProperties = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(NumberPairConverter), typeof(TextPairConverter)])]
[JsonSerializable(typeof(StudyFile))]
[JsonSerializable(typeof(double[]))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(ImmutableSortedDictionary<int, double>))]
internal sealed partial class StudyJsonContext : JsonSerializerContext;

/// <summary>Two numbers as an array of them.</summary>
internal sealed class NumberPairConverter : JsonConverter<(double, double)>
{
    public override (double, double) Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize(ref reader, (JsonTypeInfo<double[]>)options.GetTypeInfo(typeof(double[]))) is [var first, var second]
            ? (first, second)
            : throw new JsonException("a pair of numbers is expected");

    public override void Write(Utf8JsonWriter writer, (double, double) value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, [value.Item1, value.Item2], (JsonTypeInfo<double[]>)options.GetTypeInfo(typeof(double[])));
}

/// <summary>Two texts as an array of them.</summary>
internal sealed class TextPairConverter : JsonConverter<(string, string)>
{
    public override (string, string) Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize(ref reader, (JsonTypeInfo<string[]>)options.GetTypeInfo(typeof(string[]))) is [{ } first, { } second]
            ? (first, second)
            : throw new JsonException("a pair of texts is expected");

    public override void Write(Utf8JsonWriter writer, (string, string) value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, [value.Item1, value.Item2], (JsonTypeInfo<string[]>)options.GetTypeInfo(typeof(string[])));
}
