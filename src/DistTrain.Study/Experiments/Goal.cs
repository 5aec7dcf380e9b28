using System.Globalization;
using DistTrain.Learning;

namespace DistTrain.Study.Experiments;

/// <summary>What a trial is to reach, at an evaluation of the validation part.</summary>
/// <param name="Metric">Which figure.</param>
/// <param name="Below">It must be below this, strictly.</param>
public sealed record Goal(GoalMetric Metric, double Below)
{
    /// <summary>Such as <c>validation error &lt; 0.02</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{NameOf(Metric)} < {Below}");

    /// <summary>Reads what <see cref="ToString"/> writes; spaces do not matter, and a percentage may stand for a share.</summary>
    /// <exception cref="InvalidInputException">It is no goal; one sentence says what one looks like.</exception>
    public static Goal Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('<');
        var metric = parts.Length == 2 ? Find(parts[0]) : null;
        if (metric is not { } found)
        {
            throw new InvalidInputException($"'{text}' is no goal: say 'validation error < 0.02' or 'validation loss < 0.1'");
        }

        var figure = parts[1].Trim();
        var isPercentage = figure.EndsWith('%');
        if (!double.TryParse(figure.TrimEnd('%').TrimEnd(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
        {
            throw new InvalidInputException($"the goal '{text}' has no number behind the '<'");
        }

        value = isPercentage ? value / 100 : value;
        if (value <= 0 || (found == GoalMetric.ValidationError && value >= 1))
        {
            throw new InvalidInputException($"the goal '{text}' is never or always met: {(found == GoalMetric.ValidationError ? "an error lies between 0 and 1" : "a loss is above 0")}");
        }

        return new Goal(found, value);
    }

    /// <summary>Whether an evaluation meets it; a figure that is not there, or not a number, does not.</summary>
    public bool IsMetBy(CurvePoint point)
    {
        ArgumentNullException.ThrowIfNull(point);
        return FigureOf(point) < Below;
    }

    /// <summary>The figure that decides; null where it is not there.</summary>
    public double? FigureOf(CurvePoint point)
    {
        ArgumentNullException.ThrowIfNull(point);
        return Metric == GoalMetric.ValidationError ? point.ValidationError : point.ValidationLoss;
    }

    private static string NameOf(GoalMetric metric) => metric == GoalMetric.ValidationError ? "validation error" : "validation loss";

    private static GoalMetric? Find(string name)
    {
        var words = string.Join(' ', name.Split([' ', '-', '_'], StringSplitOptions.RemoveEmptyEntries)).ToLowerInvariant();
        foreach (var metric in Enum.GetValues<GoalMetric>())
        {
            if (words == NameOf(metric))
            {
                return metric;
            }
        }

        return null;
    }
}

/// <summary>Figures of the validation part that a goal can be set for.</summary>
public enum GoalMetric
{
    /// <summary>Share of labels that were missed.</summary>
    ValidationError,

    /// <summary>Mean loss over the samples.</summary>
    ValidationLoss,
}
