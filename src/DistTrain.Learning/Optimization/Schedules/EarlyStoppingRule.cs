using System.Globalization;

namespace DistTrain.Learning.Optimization;

/// <summary>
/// Ends a run that no longer gets better. An epoch is better when its metric beats the best one by more than <see cref="MinimumDelta"/>; after <see cref="PatienceEpochs"/> epochs in a row that
/// are not, the run stops. Prechelt, "Early stopping, but when?", 1998 (class UP); the semantics are those of Keras' EarlyStopping.
/// </summary>
/// <param name="RestoresBest">Whether the run leaves the weights of its best epoch instead of those of its last.</param>
public sealed record EarlyStoppingRule(MonitoredMetric Metric, int PatienceEpochs, double MinimumDelta, bool RestoresBest)
{
    /// <exception cref="InvalidInputException">A setting is out of range.</exception>
    public void Check()
    {
        if (PatienceEpochs < 1)
        {
            throw new InvalidInputException($"the patience of early stopping must be at least 1 epoch, but is {PatienceEpochs}");
        }

        if (!(MinimumDelta >= 0 && double.IsFinite(MinimumDelta)))
        {
            throw new InvalidInputException($"the least improvement for early stopping must be at least 0, but is {MinimumDelta}");
        }
    }

    /// <param name="state">What was before this epoch.</param>
    /// <param name="epoch">1-based.</param>
    /// <param name="value">The metric after it; a value that is not a number is never better.</param>
    public StoppingDecision Decide(StoppingState state, int epoch, double value)
    {
        var isBetter = state.Best is not { } best ? !double.IsNaN(value) : Metric.IsLowerBetter ? value < best - MinimumDelta : value > best + MinimumDelta;
        var next = isBetter ? new StoppingState(value, epoch, 0) : state with { BadEpochs = state.BadEpochs + 1 };
        var figure = value.ToString("G6", CultureInfo.InvariantCulture);
        if (isBetter)
        {
            return new StoppingDecision(next, IsBest: true, Stops: false, $"{Metric.Name} {figure} is the best so far");
        }

        var record = next.Best is { } value0 ? $"the {value0.ToString("G6", CultureInfo.InvariantCulture)} of epoch {next.BestEpoch}" : "anything";
        return new StoppingDecision(
            next,
            IsBest: false,
            Stops: next.BadEpochs >= PatienceEpochs,
            $"{Metric.Name} has not improved on {record} for {next.BadEpochs} {(next.BadEpochs == 1 ? "epoch" : "epochs")} (now {figure})");
    }
}

/// <summary>What early stopping remembers; the default is the state before the first epoch.</summary>
/// <param name="BestEpoch">1-based; 0 before the first.</param>
public readonly record struct StoppingState(double? Best, int BestEpoch, int BadEpochs);

public readonly record struct StoppingDecision(StoppingState Next, bool IsBest, bool Stops, string Reason);
