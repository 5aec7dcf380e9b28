using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using DistTrain.Actors;
using DistTrain.Learning;

namespace DistTrain.Runtime.Recovery;

/// <summary>A manifest as JSON for people to read. Its last property is the SHA-256 of everything before it, so that no byte can change.</summary>
internal static class ManifestJson
{
    private const string End = "\n}";
    private const string ChecksumBegin = ",\n  \"checksum\": \"";
    private const string ChecksumEnd = "\"\n}\n";
    private const int ChecksumCharacters = 64;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        IgnoreReadOnlyProperties = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
        NewLine = "\n",
        Converters =
        {
            new CountConverter<StepNumber>(value => new StepNumber(value), step => step.Value),
            new CountConverter<WeightVersion>(value => new WeightVersion(value), version => version.Value),
            new CountConverter<Incarnation>(value => new Incarnation(value), incarnation => incarnation.Value),
        },
    };

    public static byte[] Write(CheckpointManifest manifest)
    {
        var body = JsonSerializer.Serialize(manifest, Options)[..^End.Length];
        return Encoding.UTF8.GetBytes(body + ChecksumBegin + Checksum(body) + ChecksumEnd);
    }

    /// <exception cref="InvalidInputException">It is no manifest, or not as it was written.</exception>
    public static CheckpointManifest Read(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        var bodyLength = text.Length - ChecksumBegin.Length - ChecksumCharacters - ChecksumEnd.Length;
        if (bodyLength < 0 || text[bodyLength..] != ChecksumBegin + Checksum(text[..bodyLength]) + ChecksumEnd)
        {
            throw new InvalidInputException("its manifest is not whole, or was changed since it was written");
        }

        try
        {
            return JsonSerializer.Deserialize<CheckpointManifest>(text[..bodyLength] + End, Options) is { Format: CheckpointManifest.CurrentFormat, Files.IsDefault: false } manifest
                ? manifest
                : throw new InvalidInputException("its manifest is of another format, perhaps of another version of disttrain");
        }
        catch (JsonException fault)
        {
            throw new InvalidInputException("its manifest cannot be understood, perhaps because another version of disttrain wrote it", fault);
        }
    }

    private static string Checksum(string body) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));

    /// <summary>A number that is a type of its own in memory.</summary>
    private sealed class CountConverter<T>(Func<long, T> make, Func<T, long> count) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => make(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteNumberValue(count(value));
    }
}
