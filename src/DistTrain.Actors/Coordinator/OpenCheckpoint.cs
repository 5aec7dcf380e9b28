using DistTrain.Learning.Diagnostics;

namespace DistTrain.Actors;

/// <summary>A checkpoint that is planned and does not exist yet: what has come of it.</summary>
/// <param name="step">After which it is taken.</param>
/// <param name="decisions">Under which the step was planned.</param>
internal sealed class OpenCheckpoint(StepNumber step, TrainingDecisions decisions)
{
    private readonly SortedDictionary<ShardId, ServerState> states = [];

    public StepNumber Step => step;

    /// <summary>Null until the step is committed.</summary>
    public CoordinatorState? Coordinator { get; private set; }

    /// <summary>Whether it is being written.</summary>
    public bool IsSaving { get; set; }

    public bool HasStates => states.Count > 0;

    public bool HasStateOf(ShardId shard) => states.ContainsKey(shard);

    public void Add(StateDelivered delivered) => states[delivered.Shard] = delivered.State;

    /// <summary>The step is committed.</summary>
    /// <param name="epochsReported">Epochs that have ended with the step; all are reported before the checkpoint is written.</param>
    /// <param name="epoch">The epoch under way; null between two.</param>
    /// <param name="earlierSeconds">Training time of the epochs before.</param>
    /// <param name="noise">Up to the step.</param>
    public void Commit(int epochsReported, OpenEpoch? epoch, double earlierSeconds, NoiseAverage noise) =>
        Coordinator = new CoordinatorState(step, decisions, epochsReported, epoch, earlierSeconds) { Noise = noise };

    /// <summary>What the metrics of the epoch that ended with the step have decided.</summary>
    public void Decide(TrainingDecisions next, double? score) => Coordinator = Coordinator! with { Decisions = next, Score = score };

    /// <summary>What can be written, once every shard's state is here and the epochs are reported; null before.</summary>
    public Checkpoint? IfComplete(int shardCount, int epochsReported) =>
        Coordinator is { } state && states.Count == shardCount && epochsReported >= state.EpochsReported ? new Checkpoint(state, states[new ShardId(0)]) : null;
}
