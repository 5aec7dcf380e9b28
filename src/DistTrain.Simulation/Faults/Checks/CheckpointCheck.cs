using DistTrain.Actors;

namespace DistTrain.Simulation.Faults.Checks;

/// <summary>A checkpoint that was said to exist is never lost: whoever returns finds it, or a later one.</summary>
public sealed class CheckpointCheck : RunCheck
{
    private StepNumber newest;

    /// <summary>How often somebody returned to a checkpoint, or looked for one.</summary>
    public int Returns { get; private set; }

    /// <summary>Checkpoints that were said to exist.</summary>
    public int Saved { get; private set; }

    public override void Observe(Observation observation)
    {
        switch (observation)
        {
            case ActorStepped { Delivery.Message: CheckpointSaved { Failure: null } saved }:
                newest = saved.Step > newest ? saved.Step : newest;
                Saved++;
                break;
            case ActorStepped { Delivery.Message: CheckpointLoaded loaded }:
                Returns++;
                var found = loaded.Checkpoint?.Step ?? default;
                Require(
                    found >= newest,
                    $"the checkpoint after step {newest} was said to exist, but {(loaded.Checkpoint is null ? "none" : $"the one after step {found}")} is found{string.Concat(loaded.Refused.Select(reason => $"; {reason}"))}");
                break;
        }
    }
}
