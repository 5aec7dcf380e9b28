using System.Collections.Immutable;
using DistTrain.Learning.Numerics;
using static System.FormattableString;

namespace DistTrain.Study.Statistics;

/// <summary>A tuning trial, as far as the rules look at it.</summary>
/// <param name="StepsToGoal">The first step at which the validation error was below the goal; null when none was.</param>
public readonly record struct TuningTrial(double LearningRate, TrialStatus Status, long? StepsToGoal);

/// <summary>The learning rates that trials are drawn from.</summary>
/// <param name="Lower">Above 0.</param>
public readonly record struct RateInterval(double Lower, double Upper)
{
    /// <summary>Where a rate lies in it, in logarithms: 0 at the lower end, 1 at the upper.</summary>
    public double Position(double rate) => DeterministicMath.Log(rate / Lower) / DeterministicMath.Log(Upper / Lower);
}

public enum EdgeKind
{
    /// <summary>The best rate is well inside.</summary>
    Interior,

    /// <summary>The best rate is so near the lower end that a better one may lie below.</summary>
    WidenLower,

    /// <summary>The best rate is so near the upper end that a better one may lie above.</summary>
    WidenUpper,

    /// <summary>The best rate is near the upper end, and everything above it diverged: the training's stability is the limit, not the range.</summary>
    StabilityLimited,

    /// <summary>No trial reached the goal, so there is no best rate.</summary>
    Undetermined,
}

public sealed record EdgeDecision(EdgeKind Kind, string Reason);

/// <summary>
/// Whether the range of learning rates was wide enough: the check of C. J. Shallue et al., "Measuring the Effects of Data Parallelism on Neural Network Training", 2019, that no
/// best value sits at the edge of its search space.
/// </summary>
public static class EdgeRule
{
    /// <summary>The outer part of the range, in logarithms, in which a best rate says that the range is too narrow.</summary>
    public const double OuterShare = 0.1;

    /// <param name="range">What the trials were drawn from.</param>
    /// <param name="trials">Those of one batch size; trials that the system failed are ignored.</param>
    public static EdgeDecision Decide(RateInterval range, IReadOnlyCollection<TuningTrial> trials)
    {
        ArgumentNullException.ThrowIfNull(trials);
        if (Best(trials) is not { } best)
        {
            return new EdgeDecision(EdgeKind.Undetermined, $"no trial reached the goal ({FateCounts.Of(trials.Select(trial => trial.Status))}), so nothing is known of the best rate");
        }

        var position = range.Position(best.LearningRate);
        var text = Invariant($"the best rate, {best.LearningRate:G3}, lies {position * 100:0} % up the range {range.Lower:G3} to {range.Upper:G3}");
        if (position <= OuterShare)
        {
            return new EdgeDecision(EdgeKind.WidenLower, $"{text}, in its lowest tenth: a better one may lie below");
        }

        if (position < 1 - OuterShare)
        {
            return new EdgeDecision(EdgeKind.Interior, $"{text}, off both ends");
        }

        var above = trials.Where(trial => trial.LearningRate > best.LearningRate && trial.Status != TrialStatus.FailedSystem).ToImmutableArray();
        var diverged = above.Count(trial => trial.Status == TrialStatus.Diverged);
        return above.Length > 0 && diverged == above.Length
            ? new EdgeDecision(EdgeKind.StabilityLimited, $"{text}, in its highest tenth, and all {diverged} trials above it diverged: stability is the limit, a wider range would find nothing")
            : new EdgeDecision(EdgeKind.WidenUpper, $"{text}, in its highest tenth, with {diverged} of {above.Length} trials above it diverged: a better one may lie above");
    }

    /// <summary>The range that a decision asks for: a <paramref name="factor"/> more at the end that was too near, else the same.</summary>
    public static RateInterval Widen(RateInterval range, EdgeKind kind, double factor = 10) => kind switch
    {
        EdgeKind.WidenLower => range with { Lower = range.Lower / factor },
        EdgeKind.WidenUpper => range with { Upper = range.Upper * factor },
        _ => range,
    };

    /// <summary>The trial with the fewest steps to the goal; of equal ones that with the lower rate. Null when none reached it.</summary>
    public static TuningTrial? Best(IEnumerable<TuningTrial> trials)
    {
        var reached = trials.Where(trial => trial is { Status: TrialStatus.Reached, StepsToGoal: not null }).OrderBy(trial => trial.StepsToGoal).ThenBy(trial => trial.LearningRate).ToImmutableArray();
        return reached.IsEmpty ? null : reached[0];
    }
}

public enum BudgetFlagKind
{
    /// <summary>No trial reached the goal.</summary>
    NothingReached,

    /// <summary>So few trials reached the goal that their best is a matter of luck.</summary>
    FewReached,

    /// <summary>Even the best trial needed nearly the whole budget: with more of it another may have been better.</summary>
    ReachedLate,

    /// <summary>Evaluations lie so far apart that the steps to the goal are not known to the wanted precision.</summary>
    CoarseEvaluation,
}

public sealed record BudgetFlag(BudgetFlagKind Kind, string Reason);

/// <summary>What a batch size's budget and evaluations may have hidden.</summary>
public static class BudgetRule
{
    /// <summary>The last part of the budget in which a goal is reached late.</summary>
    public const double LateShare = 0.1;

    /// <summary>Fewer trials than this at the goal are few.</summary>
    public const int FewReached = 3;

    /// <summary>Evaluations may lie this share of the steps needed apart.</summary>
    public const double EvaluationShare = 0.02;

    /// <param name="trials">Those of one batch size.</param>
    /// <param name="budgetSteps">What each could use at most.</param>
    /// <param name="evaluationIntervalSteps">Steps between evaluations.</param>
    public static ImmutableArray<BudgetFlag> Flags(IReadOnlyCollection<TuningTrial> trials, long budgetSteps, long evaluationIntervalSteps)
    {
        ArgumentNullException.ThrowIfNull(trials);
        var counts = FateCounts.Of(trials.Select(trial => trial.Status));
        if (EdgeRule.Best(trials)?.StepsToGoal is not { } fewest)
        {
            return [new BudgetFlag(BudgetFlagKind.NothingReached, Invariant($"no trial reached the goal within {budgetSteps} steps ({counts})"))];
        }

        var flags = ImmutableArray.CreateBuilder<BudgetFlag>();
        if (counts.Reached < FewReached)
        {
            flags.Add(new BudgetFlag(BudgetFlagKind.FewReached, Invariant($"only {counts.Reached} of {counts.Total} trials reached the goal ({counts}): their best is a matter of luck")));
        }

        if (fewest > (1 - LateShare) * budgetSteps)
        {
            flags.Add(new BudgetFlag(BudgetFlagKind.ReachedLate, Invariant($"the best trial reached the goal at step {fewest}, in the last {LateShare * 100:0} % of {budgetSteps} steps: with a larger budget another may have been better")));
        }

        if (evaluationIntervalSteps > EvaluationShare * fewest && evaluationIntervalSteps > 1)
        {
            flags.Add(new BudgetFlag(BudgetFlagKind.CoarseEvaluation, Invariant($"evaluations every {evaluationIntervalSteps} steps are {100.0 * evaluationIntervalSteps / fewest:0.#} % of the {fewest} steps to the goal, more than {EvaluationShare * 100:0} %")));
        }

        return flags.ToImmutable();
    }
}
