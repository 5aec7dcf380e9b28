using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistTrain.Study.Experiments;

/// <summary>Trials as lines of JSON: names in camel case, enumerations by name, numbers so that they read back exactly.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TrialResult))]
internal sealed partial class TrialJson : JsonSerializerContext
{
    public static string Write(TrialResult trial) => JsonSerializer.Serialize(trial, Default.TrialResult);

    /// <summary>Null for a line that is none: a process that is killed may leave half of one.</summary>
    public static TrialResult? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, Default.TrialResult);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
