using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Scalings;
using DistTrain.Study.Reports.Searches;

namespace DistTrain.Study.Tests.Reports;

/// <summary>A search and a study of scaling that look like real ones.</summary>
internal static class SyntheticOutcomes
{
    private static readonly int[] Workers = [1, 2, 4, 8];

    public static SearchOutcome Search(int trials = 60, string title = "digits, mlp:256,128")
    {
        var random = new Random(3);
        ImmutableArray<SearchParameter> parameters =
        [
            new("learning-rate", SearchScale.Logarithmic, 1e-4, 1, []),
            new("optimizer", SearchScale.Choice, null, null, ["sgd", "momentum", "adam"]),
            new("model.dropout", SearchScale.Linear, 0, 0.5, []),
            new("batch-size", SearchScale.Logarithmic, 16, 512, []),
            new("weight-decay", SearchScale.Logarithmic, 1e-6, 1e-2, []),
        ];
        var all = Enumerable.Range(0, trials).Select(index =>
        {
            // Later trials crowd around the optimum, as those of a good sampler do.
            double Near(double best) => Math.Clamp(best + ((random.NextDouble() - 0.5) * 2 * Math.Pow(0.02, (double)index / trials)), 0, 1);
            double[] at = [Near(0.62), random.Next(3) / 2.0, Near(0.3), Near(0.4), Near(0.5)];
            var diverges = at[0] > 0.95;
            var objective = 0.021 + (0.5 * (at[0] - 0.62) * (at[0] - 0.62)) + (0.01 * Math.Abs(at[1] - 0.5)) + (0.03 * Math.Abs(at[2] - 0.3)) + (0.004 * random.NextDouble());
            return new SearchTrial(
                index,
                [
                    Text(1e-4 * Math.Pow(1e4, at[0])), parameters[1].Choices[(int)(at[1] * 2)], Text(0.5 * at[2]), Text(Math.Round(16 * Math.Pow(32, at[3]))), Text(1e-6 * Math.Pow(1e4, at[4])),
                ],
                [.. at],
                diverges ? null : objective,
                diverges ? "diverged" : index % 3 == 1 ? "stopped early" : "finished",
                index % 3 == 1 ? 270 : 810,
                0.3 + random.NextDouble());
        }).ToImmutableArray();
        return new SearchOutcome
        {
            Title = title,
            Objective = "validation error",
            ObjectiveIsShare = true,
            Sampler = "Gaussian process, expected improvement",
            Parameters = parameters,
            Trials = all,
            BestIndex = all.Where(trial => trial.Objective is not null && trial.Resource == 810).MinBy(trial => trial.Objective)!.Index,
            Importance = ImmutableSortedDictionary<string, double>.Empty.Add("learning-rate", 0.71).Add("optimizer", 0.14).Add("model.dropout", 0.09).Add("batch-size", 0.04).Add("weight-decay", 0.02),
            BestConfiguration = "data: digits\nlearning-rate: 0.03\noptimizer: momentum\n",
        };
    }

    public static ScalingOutcome Scaling()
    {
        ScalingPoint Point(int workers, int batch, double loss, bool hasGoal)
        {
            var speed = 64_000 * workers / (1 + (loss * (workers - 1)));
            var seconds = 40 * 64_000 / speed;
            return new ScalingPoint(
                workers, batch, new Measured(speed, speed * 0.96, speed * 1.03, 0.9375, null), speed * (1.03 + (0.02 * workers)),
                hasGoal ? workers == 8 && batch > 256 ? Measured.Refused("3 of 5 runs did not reach the goal") : new Measured(seconds, seconds * 0.93, seconds * 1.1, 0.9375, null) : null, hasGoal ? seconds * 0.92 : null);
        }

        return new ScalingOutcome
        {
            Title = "mnist, cnn",
            Placement = "one machine of 8 cores, a process for each worker",
            Goal = new Goal(GoalMetric.ValidationError, 0.02),
            Series =
            [
                new ScalingSeries(ScalingKind.FixedGlobalBatch, [.. Workers.Select(workers => Point(workers, 256, 0.06, true))]),
                new ScalingSeries(ScalingKind.FixedBatchPerWorker, [.. Workers.Select(workers => Point(workers, 128 * workers, 0.02, true))]),
            ],
            Settings = [("data", "mnist"), ("model", "cnn")],
        };
    }

    private static string Text(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
