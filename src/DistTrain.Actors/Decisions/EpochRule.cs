using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning.Optimization;

namespace DistTrain.Actors;

/// <summary>What has been decided so far, and what later decisions need to remember.</summary>
/// <param name="Epoch">The last epoch for which everything is decided.</param>
/// <param name="Best">The epoch whose weights the run is to leave; null while there is none, or where the last ones are left.</param>
public sealed record TrainingDecisions(EpochSettings Epoch, PlateauState Plateau, StoppingState Stopping, BestEpoch? Best)
{
    public static TrainingDecisions First(RunDefinition definition) => new(EpochSettings.First(definition), default, default, null);
}

/// <summary>The best epoch so far and the weights with which it ended.</summary>
public readonly record struct BestEpoch(int Epoch, WeightVersion Version);

/// <param name="Next">With the settings of the epoch that follows, unless the run stops or this was its last.</param>
/// <param name="Stops">The run ends here.</param>
/// <param name="Notices">What people are to know: what changes, and why.</param>
/// <param name="Reasons">Why the rest stays as it is, for the log.</param>
public readonly record struct EpochDecision(TrainingDecisions Next, bool Stops, ImmutableArray<string> Notices, ImmutableArray<string> Reasons);

/// <summary>What an epoch's metrics decide: whether the rate falls, the batch grows, the run stops, and which weights it is to leave.</summary>
public static class EpochRule
{
    /// <param name="definition">The run.</param>
    /// <param name="decisions">Those under which the epoch was trained.</param>
    /// <param name="report">The epoch's.</param>
    public static EpochDecision Decide(RunDefinition definition, TrainingDecisions decisions, EpochReport report)
    {
        var notices = ImmutableArray.CreateBuilder<string>();
        var reasons = ImmutableArray.CreateBuilder<string>();
        var (stopping, best, stops) = Stop(definition, decisions, report, notices, reasons);
        if (stops || report.Epoch == definition.Epochs)
        {
            return new EpochDecision(decisions with { Stopping = stopping, Best = best }, stops, notices.ToImmutable(), reasons.ToImmutable());
        }

        var epoch = decisions.Epoch.Next(definition);
        var plateau = decisions.Plateau;
        if (definition.Plateau is { } rule)
        {
            var decision = rule.Decide(plateau, report.Metric(rule.Metric));
            plateau = decision.Next;
            if (decision.IsPlateau)
            {
                (epoch, var consequence) = React(definition, epoch);
                notices.Add($"after epoch {report.Epoch}, {decision.Reason}: {consequence}");
            }
            else
            {
                reasons.Add($"after epoch {report.Epoch}, {decision.Reason}");
            }
        }

        return new EpochDecision(new TrainingDecisions(epoch, plateau, stopping, best), false, notices.ToImmutable(), reasons.ToImmutable());
    }

    private static (StoppingState State, BestEpoch? Best, bool Stops) Stop(
        RunDefinition definition, TrainingDecisions decisions, EpochReport report, ImmutableArray<string>.Builder notices, ImmutableArray<string>.Builder reasons)
    {
        if (definition.EarlyStopping is not { } rule)
        {
            return (decisions.Stopping, null, false);
        }

        var decision = rule.Decide(decisions.Stopping, report.Epoch, report.Metric(rule.Metric));
        var best = !rule.RestoresBest ? null : decision.IsBest ? new BestEpoch(report.Epoch, new WeightVersion(report.LastStep)) : decisions.Best;
        var stops = decision.Stops && report.Epoch < definition.Epochs;
        (stops ? notices : reasons).Add($"after epoch {report.Epoch}, {decision.Reason}{(stops ? ": training stops" : "")}");
        return (decision.Next, best, stops);
    }

    /// <summary>The batch grows as long as it may; after that the rate falls (Smith et al. 2018, section 5).</summary>
    private static (EpochSettings Epoch, string Consequence) React(RunDefinition definition, EpochSettings epoch)
    {
        if (definition.BatchSchedule.Growth == BatchGrowth.Plateau && definition.BatchSchedule.Grow(epoch.BatchSize, definition.SampleCount) is var size && size > epoch.BatchSize)
        {
            return (epoch with { BatchSize = size }, $"the batch grows from {epoch.BatchSize} to {size} samples");
        }

        if (definition.Schedule.Plateau is not { } plateau)
        {
            return (epoch, $"the batch of {epoch.BatchSize} samples grows no further");
        }

        var rate = epoch.BaseRate(definition);
        var lowered = epoch with { RateFactor = plateau.Lower(rate, epoch.RateFactor) };
        var (before, after) = (rate * epoch.RateFactor, rate * lowered.RateFactor);
        return (lowered, lowered == epoch
            ? string.Create(CultureInfo.InvariantCulture, $"the learning rate stays at its lowest, {before:G4}")
            : string.Create(CultureInfo.InvariantCulture, $"the learning rate falls from {before:G4} to {after:G4}"));
    }
}
