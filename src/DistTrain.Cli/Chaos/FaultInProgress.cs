using DistTrain.Runtime.Faults;

namespace DistTrain.Cli.Chaos;

/// <summary>A fault that is being made, from when its victim is chosen to when training is further than before and the victim is back.</summary>
internal sealed class FaultInProgress(PlannedFault plan, ChaosMember victim, double armedAt)
{
    public PlannedFault Plan => plan;

    public ChaosMember Victim => victim;

    /// <summary>When it was told to die.</summary>
    public double ArmedAt => armedAt;

    /// <summary>When it died, stopped, or was cut off; null while it has not.</summary>
    public double? At { get; private set; }

    public FaultPoint? Died { get; private set; }

    /// <summary>The last step that had been told of.</summary>
    public long Step { get; private set; }

    /// <summary>The step beyond which nothing can have been under way.</summary>
    public long Beyond { get; private set; }

    /// <summary>When the process goes on, or can be reached again; null where that has been done.</summary>
    public double? EndsAt { get; set; }

    public double? RecoveredAt { get; set; }

    public void Happen(double at, FaultPoint? died, long step, long underWay)
    {
        (At, Died, Step, Beyond, EndsAt) = (at, died, step, step + underWay, at + plan.LastsSeconds);
    }
}
