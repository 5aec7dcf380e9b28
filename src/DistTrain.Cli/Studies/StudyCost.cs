using System.Globalization;
using System.Text.Json;
using DistTrain.Cli.Output;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Cli.Studies;

/// <summary>What a study would cost at most: a short trial of each batch size is timed, and every trial is taken to use its whole budget.</summary>
internal static class StudyCost
{
    /// <summary>Steps of the trial that is timed, behind those in which programs are made.</summary>
    private const long TimedSteps = 40;

    private sealed record Cost(int BatchSize, long BudgetSteps, double StepSeconds, double EvaluationSeconds, double TrialSeconds);

    public static void Write(StudyPlan plan, TrialRunner runner, int parallel, bool json, Host host)
    {
        var costs = plan.BatchSizes.Select(size => Of(plan, runner, size)).ToArray();
        var trials = plan.BatchSizes.Length * plan.Trials;
        var confirmations = plan.BatchSizes.Length * plan.Confirmations;
        var seconds = costs.Sum(cost => cost.TrialSeconds * ((plan.Trials / (double)parallel) + plan.Confirmations));
        if (json)
        {
            host.Output.WriteLine(JsonSerializer.Serialize(new
            {
                @event = "cost",
                tuningTrials = trials,
                confirmationTrials = confirmations,
                parallel,
                secondsAtMost = seconds,
                batches = costs.Select(cost => new { batchSize = cost.BatchSize, budgetSteps = cost.BudgetSteps, stepSeconds = cost.StepSeconds, evaluationSeconds = cost.EvaluationSeconds, trialSecondsAtMost = cost.TrialSeconds }),
            }));
            return;
        }

        host.Output.WriteLine($"{trials + confirmations} trials: {trials} to tune, {confirmations} to confirm; more where a range of rates proves too narrow");
        host.Output.WriteLine();
        var rows = costs.Select(cost => (IReadOnlyList<string>)
        [
            RunText.Whole(cost.BatchSize), RunText.Whole(cost.BudgetSteps), NumberText.Seconds(cost.StepSeconds), NumberText.Seconds(cost.EvaluationSeconds), Duration(cost.TrialSeconds),
        ]);
        foreach (var line in TextTable.Lines(["batch", "steps at most", "a step", "an evaluation", "a trial at most"], [.. rows], leftColumns: 0))
        {
            host.Output.WriteLine(line);
        }

        host.Output.WriteLine();
        host.Output.WriteLine($"At most {Duration(seconds)} with {parallel} tuning trials at once, if every trial used its whole budget; a trial ends at the goal, or when others have done so much better, so a study takes a fraction of it.");
    }

    private static Cost Of(StudyPlan plan, TrialRunner runner, int batchSize)
    {
        var budget = plan.BudgetOf(batchSize);
        var request = BatchSizeStudy.FirstRound(plan, batchSize).First() with { BudgetSteps = Math.Min(budget, TimedSteps) };
        var trial = runner.Run(request, CancellationToken.None);
        var curve = trial.Curve;
        if (curve.Length < 2)
        {
            return new Cost(batchSize, budget, double.NaN, double.NaN, double.NaN);
        }

        // The first evaluation's time holds the making of programs and the loading of caches.
        var evaluations = curve.Length - 1;
        var step = (curve[^1].TrainSeconds - curve[0].TrainSeconds) / Math.Max(1, curve[^1].Step - curve[0].Step);
        var evaluation = (curve[^1].EvaluationSeconds - curve[0].EvaluationSeconds) / evaluations;
        return new Cost(batchSize, budget, step, evaluation, (budget * step) + (Evaluations(plan, batchSize, budget) * evaluation));
    }

    /// <summary>Those within epochs, whose distance grows to 2 % of the step, and those at the ends of epochs.</summary>
    private static double Evaluations(StudyPlan plan, int batchSize, long budget)
    {
        var stepsAnEpoch = Math.Ceiling(plan.TrainingSamples / (double)batchSize);
        return Math.Min(budget, 50 + (50 * Math.Log(Math.Max(1, budget / 50.0))) + (budget / stepsAnEpoch));
    }

    private static string Duration(double seconds) => seconds switch
    {
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{seconds:G3} s"),
        < 6000 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:F0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:F1} h"),
    };
}
