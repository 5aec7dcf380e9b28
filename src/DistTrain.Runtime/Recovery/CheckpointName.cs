using System.Globalization;
using DistTrain.Actors;

namespace DistTrain.Runtime.Recovery;

/// <summary>A checkpoint's place in the run directory. The same step is checkpointed again in another incarnation only.</summary>
internal readonly record struct CheckpointName(StepNumber Step, Incarnation Incarnation) : IComparable<CheckpointName>
{
    /// <summary>Of all checkpoints.</summary>
    public const string Root = "checkpoints";

    public const string Weights = "weights.safetensors";
    public const string Optimizer = "optimizer.safetensors";
    public const string Best = "best.safetensors";
    public const string Ledger = "ledger.msgpack";
    public const string Manifest = "manifest.json";

    /// <summary>The manifest while it is being written.</summary>
    public const string DraftManifest = Manifest + ".tmp";

    private const string StepPrefix = "step-";
    private const string IncarnationPrefix = "-i";

    public string Folder => $"{Root}/{this}";

    public string PathOf(string file) => $"{Folder}/{file}";

    /// <summary>By step, then by incarnation.</summary>
    public int CompareTo(CheckpointName other) => Step != other.Step ? Step.CompareTo(other.Step) : Incarnation.CompareTo(other.Incarnation);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{StepPrefix}{Step.Value:D9}{IncarnationPrefix}{Incarnation.Value}");

    /// <summary>Null for a name that no checkpoint has.</summary>
    public static CheckpointName? Parse(string name)
    {
        var border = name.LastIndexOf(IncarnationPrefix, StringComparison.Ordinal);
        return name.StartsWith(StepPrefix, StringComparison.Ordinal) && border > StepPrefix.Length
            && long.TryParse(name.AsSpan(StepPrefix.Length, border - StepPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            && long.TryParse(name.AsSpan(border + IncarnationPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var incarnation)
            && new CheckpointName(new StepNumber(step), new Incarnation(incarnation)) is var parsed && parsed.ToString() == name
            ? parsed
            : null;
    }
}
