using System.Globalization;

namespace DistTrain.Learning.Optimization;

/// <summary>
/// Finds out when a metric no longer gets better. An epoch is better when its metric is below best · (1 − threshold), or above best · (1 + threshold) for a metric that should rise.
/// More than <see cref="PatienceEpochs"/> epochs in a row that are not are a plateau; epochs of the cooldown after it do not count. The semantics of PyTorch's ReduceLROnPlateau.
/// </summary>
public sealed record PlateauRule(MonitoredMetric Metric, int PatienceEpochs, double Threshold, int CooldownEpochs)
{
    /// <exception cref="InvalidInputException">A setting is out of range.</exception>
    public void Check()
    {
        if (PatienceEpochs < 0 || CooldownEpochs < 0)
        {
            throw new InvalidInputException($"the plateau's patience and cooldown must be at least 0 epochs, but are {PatienceEpochs} and {CooldownEpochs}");
        }

        if (!(Threshold is >= 0 and < 1))
        {
            throw new InvalidInputException($"the plateau's threshold must be at least 0 and below 1, but is {Threshold}");
        }
    }

    /// <param name="state">What was before this epoch.</param>
    /// <param name="value">The metric after it; a value that is not a number is never better.</param>
    public PlateauDecision Decide(PlateauState state, double value)
    {
        var isBetter = state.Best is not { } best ? !double.IsNaN(value) : Metric.IsLowerBetter ? value < best * (1 - Threshold) : value > best * (1 + Threshold);
        var bestNow = isBetter ? value : state.Best;
        var badEpochs = isBetter ? 0 : state.BadEpochs + 1;
        var cooldown = state.CooldownLeft;
        if (cooldown > 0)
        {
            cooldown--;
            badEpochs = 0;
        }

        var figure = value.ToString("G6", CultureInfo.InvariantCulture);
        if (badEpochs > PatienceEpochs)
        {
            return new PlateauDecision(
                new PlateauState(bestNow, 0, CooldownEpochs),
                IsPlateau: true,
                $"{Metric.Name} has not improved on {state.Best?.ToString("G6", CultureInfo.InvariantCulture) ?? "anything"} for {badEpochs} epochs (now {figure})");
        }

        var reason = isBetter ? $"{Metric.Name} improved to {figure}" : $"{Metric.Name} is {figure}, {badEpochs} of {PatienceEpochs} epochs without improvement";
        return new PlateauDecision(new PlateauState(bestNow, badEpochs, cooldown), IsPlateau: false, reason);
    }
}

/// <summary>What a plateau rule remembers from epoch to epoch; the default is the state before the first.</summary>
public readonly record struct PlateauState(double? Best, int BadEpochs, int CooldownLeft);

public readonly record struct PlateauDecision(PlateauState Next, bool IsPlateau, string Reason);
