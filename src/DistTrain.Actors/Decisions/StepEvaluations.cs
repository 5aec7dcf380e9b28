using System.Globalization;
using DistTrain.Learning;

namespace DistTrain.Actors;

/// <summary>Evaluations within epochs, beside those at their ends, and the end of a run that they may decide.</summary>
public sealed record StepEvaluations
{
    /// <summary>The first step after which is evaluated, at least 1.</summary>
    public long FirstStep { get; init; } = 1;

    /// <summary>Steps from one evaluation to the next, at least 1.</summary>
    public long EverySteps { get; init; } = 1;

    /// <summary>
    /// Where it is more than <see cref="EverySteps"/>, the distance to the next evaluation is this share of the step, from 0 to below 1: with 0.02, whatever is to be reached is found to the
    /// step or within 2 % of the steps that it takes, however many those are.
    /// </summary>
    public double Growth { get; init; }

    /// <summary>The run ends after this step, at least 1, with an evaluation; null for one that ends with its epochs.</summary>
    public long? MaximumSteps { get; init; }

    /// <summary>The run ends at the first evaluation that meets it; null for one that looks at no goal.</summary>
    public StoppingGoal? Goal { get; init; }

    /// <summary>Whether the weights that a step makes are evaluated, wherever in its epoch it is.</summary>
    public bool IsDue(StepNumber step)
    {
        if (step.Value < FirstStep || step.Value == MaximumSteps)
        {
            return step.Value == MaximumSteps;
        }

        var due = FirstStep;
        while (due < step.Value)
        {
            // From here on the distance does not grow any more, so that there is nothing to follow.
            if (Growth == 0)
            {
                return (step.Value - due) % EverySteps == 0;
            }

            due += Math.Max(EverySteps, (long)Math.Floor(due * Growth));
        }

        return due == step.Value;
    }

    /// <summary>Whether a run ends with this evaluation, and why.</summary>
    /// <param name="step">After which was evaluated.</param>
    /// <param name="found">By the evaluation.</param>
    /// <returns>The reason in words; null for a run that goes on.</returns>
    public string? ReasonToEnd(StepNumber step, EvaluationSummary found)
    {
        ArgumentNullException.ThrowIfNull(found);
        if (Goal is { } goal && goal.IsMetBy(found))
        {
            return string.Create(CultureInfo.InvariantCulture, $"the goal {goal} is reached after step {step}");
        }

        return step.Value >= MaximumSteps ? $"step {step} is the last that was asked for" : null;
    }

    /// <exception cref="InvalidInputException">A value is out of range.</exception>
    public void Check()
    {
        if (FirstStep < 1 || EverySteps < 1 || MaximumSteps < 1)
        {
            throw new InvalidInputException("evaluations within epochs need a first step, a distance and a last step of at least 1");
        }

        if (!(Growth is >= 0 and < 1))
        {
            throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture, $"the distance between evaluations can grow by a share from 0 to below 1 of the step, not by {Growth}"));
        }
    }
}

/// <summary>What an evaluation is to find.</summary>
/// <param name="OfError">Whether it is about the share of labels that are missed, or else about the mean loss.</param>
/// <param name="Below">The figure must be below this, strictly.</param>
public sealed record StoppingGoal(bool OfError, double Below)
{
    /// <summary>A figure that is not there, or not a number, meets no goal.</summary>
    public bool IsMetBy(EvaluationSummary found)
    {
        ArgumentNullException.ThrowIfNull(found);
        return (OfError ? 1 - found.Accuracy : found.MeanLoss) < Below;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(OfError ? "error" : "loss")} < {Below}");
}
