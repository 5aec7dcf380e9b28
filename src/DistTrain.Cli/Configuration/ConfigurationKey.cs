namespace DistTrain.Cli.Configuration;

/// <summary>The groups in which help and files show the keys. From <see cref="Execution"/> on they do not change the weights.</summary>
public enum KeyGroup
{
    Data,
    Model,
    Optimizer,
    Schedule,
    Training,
    Stopping,
    Execution,
    Checkpoints,
    Cluster,
}

/// <summary>What kind of YAML scalar a key takes: a number must not be quoted, a text may be.</summary>
public enum KeyKind
{
    Text,
    Number,
    Switch,

    /// <summary>A short form, or a list of layers.</summary>
    Model,
}

/// <summary>One setting of <see cref="TrainConfiguration"/>: the flag <c>--name</c> and the YAML key <c>name</c> are the same thing, read by the same code.</summary>
/// <param name="Name">Words joined by dashes.</param>
/// <param name="ValueName">What stands for the value in help, such as <c>RATE</c>.</param>
/// <param name="Description">A phrase for help.</param>
/// <param name="Read">The configuration with this setting taken from text. Throws <see cref="InvalidValueException"/>.</param>
/// <param name="Get">The setting: a string, number, boolean or model; null stands for <c>auto</c>.</param>
public sealed record ConfigurationKey(
    KeyGroup Group,
    KeyKind Kind,
    string Name,
    string ValueName,
    string Description,
    Func<TrainConfiguration, string, TrainConfiguration> Read,
    Func<TrainConfiguration, object?> Get)
{
    public const string Automatic = "auto";

    public string Flag => $"--{Name}";

    /// <summary>A shorter flag for the same setting, such as <c>--batch</c>; null where there is none.</summary>
    public string? ShortFlag { get; init; }

    /// <summary>Whether the flag without a value means yes.</summary>
    public bool MayStandAlone { get; init; }

    /// <summary>Whether the setting decides what is computed; the others say where, by how many and how safely, and any value of them gives the same weights.</summary>
    public bool DecidesWeights => Group < KeyGroup.Execution;

    /// <summary>Whether a run may go on with another value than it began with: nothing that could show in its weights.</summary>
    public bool MayChangeOnResume => !DecidesWeights && Name != "engine";

    /// <summary>All flags for this setting, its own name first.</summary>
    public IEnumerable<string> Flags => ShortFlag is { } shorter ? [Flag, shorter] : [Flag];

    /// <summary>The name in JSON: <c>batch-size</c> is <c>batchSize</c>.</summary>
    public string JsonName => string.Concat(Name.Split('-').Select((word, i) => i == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));
}

/// <summary>A value does not suit its key. The message is the sentence's second half, such as <c>must be at least 1, but is 0</c>.</summary>
public sealed class InvalidValueException(string predicate) : Exception(predicate);
