namespace DistTrain.Simulation.Faults.Checks;

/// <summary>When a run has ended, nothing is held any more but its result.</summary>
public sealed class HoldingsCheck : RunCheck
{
    public override void Observe(Observation observation)
    {
        if (observation is ProcessRested rested)
        {
            var most = rested.IsCoordinator ? 1 : 0;
            Require(
                rested.Versions <= most && rested.Gradients == 0 && rested.States == 0,
                $"the run has ended, and {rested.Process} still holds {rested.Versions} versions, {rested.Gradients} gradients and {rested.States} states");
        }
    }
}
