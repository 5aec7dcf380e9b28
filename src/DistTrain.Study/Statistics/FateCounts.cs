using System.Globalization;

namespace DistTrain.Study.Statistics;

/// <summary>How many trials ended in which way.</summary>
public readonly record struct FateCounts(int Reached, int BudgetExhausted, int Diverged, int FailedSystem, int StoppedEarly)
{
    public static FateCounts Of(IEnumerable<TrialStatus> fates)
    {
        ArgumentNullException.ThrowIfNull(fates);
        var counts = fates.CountBy(fate => fate).ToDictionary();
        int Count(TrialStatus fate) => counts.GetValueOrDefault(fate);
        return new FateCounts(Count(TrialStatus.Reached), Count(TrialStatus.BudgetExhausted), Count(TrialStatus.Diverged), Count(TrialStatus.FailedSystem), Count(TrialStatus.StoppedEarly));
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
