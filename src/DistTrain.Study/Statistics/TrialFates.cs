using System.Globalization;

namespace DistTrain.Study.Statistics;

/// <summary>How a trial ended: exactly one of these.</summary>
public enum TrialFate
{
    /// <summary>An evaluation was below the goal.</summary>
    Reached,

    /// <summary>The budget of steps or samples was used up first.</summary>
    BudgetExhausted,

    /// <summary>The training became non-finite: a result, not a failure.</summary>
    Diverged,

    /// <summary>A process or a machine failed: says nothing of the settings; to be run again.</summary>
    FailedSystem,

    /// <summary>A rule took it out of the search early.</summary>
    StoppedEarly,
}

/// <summary>How many trials ended in which way.</summary>
public readonly record struct FateCounts(int Reached, int BudgetExhausted, int Diverged, int FailedSystem, int StoppedEarly)
{
    public static FateCounts Of(IEnumerable<TrialFate> fates)
    {
        ArgumentNullException.ThrowIfNull(fates);
        var counts = fates.CountBy(fate => fate).ToDictionary();
        int Count(TrialFate fate) => counts.GetValueOrDefault(fate);
        return new FateCounts(Count(TrialFate.Reached), Count(TrialFate.BudgetExhausted), Count(TrialFate.Diverged), Count(TrialFate.FailedSystem), Count(TrialFate.StoppedEarly));
    }

    public int Total => Reached + BudgetExhausted + Diverged + FailedSystem + StoppedEarly;

    /// <summary>Trials that say something of their settings without having reached the goal.</summary>
    public int Censored => BudgetExhausted + Diverged + StoppedEarly;

    public override string ToString()
    {
        (int Count, string Word)[] parts =
        [
            (Reached, "reached the goal"), (BudgetExhausted, "used up the budget"), (Diverged, "diverged"), (StoppedEarly, "stopped early"), (FailedSystem, "failed by the system"),
        ];
        var named = parts.Where(part => part.Count > 0).Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Count} {part.Word}"));
        return Total == 0 ? "no trials" : string.Join(", ", named);
    }
}
