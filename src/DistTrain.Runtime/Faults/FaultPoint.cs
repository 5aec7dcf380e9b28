namespace DistTrain.Runtime.Faults;

/// <summary>A place in the program at which a process can be made to die, because what stands between two of its effects there is what recovery has to cope with.</summary>
public enum FaultPoint
{
    /// <summary>A worker has gathered its samples and computes their gradient.</summary>
    Compute,

    /// <summary>A part of a gradient has gone to the peer, and the rest has not.</summary>
    Gradient,

    /// <summary>A shard is about to apply a step that the others apply: it holds its own update back for a moment (<see cref="FaultPoints.HoldBack"/>) and dies.</summary>
    Apply,

    /// <summary>Files of a checkpoint are written, and not all.</summary>
    Checkpoint,

    /// <summary>A checkpoint exists, and the journal does not know of it.</summary>
    Manifest,

    /// <summary>An entry is in the journal's file, and is not flushed.</summary>
    Journal,
}
