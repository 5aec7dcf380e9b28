using System.Collections.Immutable;
using DistTrain.Actors;

namespace DistTrain.Runtime.Recovery;

/// <summary>A file of a checkpoint.</summary>
/// <param name="Name">Without folders.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Sha256">Lower-case hexadecimal.</param>
internal sealed record ManifestFile(string Name, long Length, string Sha256);

/// <summary>What makes a checkpoint of some files: all of them, and everything that is no tensor and no part of the ledger.</summary>
/// <param name="Format">Of the manifest and of all files.</param>
/// <param name="Run">To which it belongs.</param>
/// <param name="Incarnation">In which it was taken.</param>
/// <param name="Coordinator">The step, the epoch and what was decided.</param>
/// <param name="Optimizer">Its name.</param>
/// <param name="Files">In the order in which they were written.</param>
internal sealed record CheckpointManifest(
    string Format, RunIdentity Run, Incarnation Incarnation, CoordinatorState Coordinator, string Optimizer, ImmutableArray<ManifestFile> Files)
{
    public const string CurrentFormat = "disttrain-checkpoint-1";

    /// <summary>Whether the best epoch's weights are others than the checkpoint's, and have a file.</summary>
    public static bool HasBestFile(CoordinatorState state) => state.Decisions.Best is { } best && state.BestWeightsHash is not null && best.Version != state.Step.Makes;
}
