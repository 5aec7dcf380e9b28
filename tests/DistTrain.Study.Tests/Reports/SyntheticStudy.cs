using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Study.Experiments;

namespace DistTrain.Study.Tests.Reports;

/// <summary>A study that looks like a real one, made from S = S_min (1 + B_crit / B) with noise: for reports, not for statistics.</summary>
internal sealed class SyntheticStudy(int seed = 1)
{
    private const double MinimumSteps = 180;
    private const double CriticalBatch = 210;
    private const int TrainingSamples = 1294;
    private readonly Random random = new(seed);

    public string Title { get; init; } = "digits, mlp:256,128";

    public ImmutableArray<int> BatchSizes { get; init; } = [8, 16, 32, 64, 128, 256, 512, 1024, 1294];

    public int TrialsPerBatch { get; init; } = 24;

    public int Confirmations { get; init; } = 5;

    public int Evaluations { get; init; } = 60;

    /// <summary>The largest batch size reaches the goal too seldom to have a median.</summary>
    public bool IsLargestCensored { get; init; } = true;

    public StudyResult Make()
    {
        var goal = new Goal(GoalMetric.ValidationError, 0.03);
        var trials = BatchSizes.SelectMany(Trials).ToImmutableArray();
        var batches = BatchSizes.Select(size => Summary(size, [.. trials.Where(trial => trial.Request.BatchSize == size)])).ToImmutableArray();
        var measured = batches.Where(batch => batch.StepsToGoal.Median is not null).ToArray();
        return new StudyResult
        {
            Title = Title,
            Settings = [("data", "digits"), ("model", "mlp:256,128"), ("optimizer", "momentum 0.9, fixed"), ("trials", $"{TrialsPerBatch} for each batch size, Sobol"), ("confirmations", $"{Confirmations} seeds"), ("seed", "1")],
            Goal = goal,
            TrainingSamples = TrainingSamples,
            Placement = "2 cores, one process, 1 thread, simd engine (avx512)",
            BatchSizes = BatchSizes,
            Trials = trials,
            Batches = batches,
            Fit = new FitSummary(
                171.3, 214.7, (149.2, 190.6), (163.8, 281.5), 0.95,
                measured.ToImmutableSortedDictionary(batch => batch.BatchSize, batch => Math.Log(batch.StepsToGoal.Median!.Value / (171.3 * (1 + (214.7 / batch.BatchSize))))),
                Refusal: null,
                ["The fit rests on eight batch sizes."]),
            RateExponent = 0.61,
            RateExponentInterval = (0.44, 0.79),
            Findings =
            [
                "Fewer than half the steps are saved by doubling the batch beyond a critical batch size of 215 (95 % interval 164 to 282); at least 171 steps are needed (149 to 191).",
                "The best learning rate grows as the batch size to the power of 0.61 (0.44 to 0.79): more than the square-root rule, less than the linear rule.",
                "The noise scale at the goal predicts a critical batch size of 240 at batch size 64.",
            ],
            Refusals = IsLargestCensored ? ["At batch size 1,294 no median is given: 3 of 5 confirmation runs did not reach the goal in 600 steps."] : [],
        };
    }

    private IEnumerable<TrialResult> Trials(int batchSize)
    {
        var best = BestRate(batchSize);
        for (var index = 0; index < TrialsPerBatch; index++)
        {
            var rate = 0.0005 * Math.Pow(4000, ((index * 0.6180339) + 0.37) % 1);
            yield return Trial(TrialPhase.Tuning, batchSize, index, 1, rate, Math.Abs(Math.Log(rate / best)), rate > best * 9 && batchSize != BatchSizes[0]);
        }

        for (var index = 0; index < Confirmations; index++)
        {
            yield return Trial(TrialPhase.Confirmation, batchSize, index, (ulong)(1001 + index), best, IsLargestCensored && batchSize == BatchSizes[^1] && index < 3 ? 9 : 0.1, diverges: false);
        }
    }

    private static double BestRate(int batchSize) => 0.012 * Math.Pow(batchSize / 8.0, 0.61);

    private TrialResult Trial(TrialPhase phase, int batchSize, int index, ulong seed, double rate, double distance, bool diverges)
    {
        var maximum = (long)(6 * MinimumSteps * (1 + (CriticalBatch / batchSize)));
        var needed = MinimumSteps * (1 + (CriticalBatch / batchSize)) * Math.Exp((0.35 * distance * distance) + (0.05 * Normal()));
        var reaches = !diverges && needed < maximum;
        var steps = diverges ? Math.Max(3, (long)(needed * 0.01) % 90) : reaches ? (long)needed : maximum;
        var every = Math.Max(1, steps / Evaluations);
        var points = Enumerable.Range(1, (int)(steps / every)).Select(i => i * every).Append(steps).Distinct().ToArray();
        var curve = points.Select(step => Point(step, batchSize, needed, diverges && step > steps * 0.6)).ToImmutableArray();
        return new TrialResult
        {
            Key = $"{phase}-{batchSize}-{index}",
            Request = new TrialRequest(phase, index, batchSize, seed, ImmutableSortedDictionary<string, string>.Empty.Add("learning-rate", rate.ToString("R", CultureInfo.InvariantCulture)).Add("momentum", "0.9"), maximum),
            Status = diverges ? TrialStatus.Diverged : reaches ? TrialStatus.Reached : index % 7 == 3 && phase == TrialPhase.Tuning ? TrialStatus.StoppedEarly : TrialStatus.BudgetExhausted,
            Steps = steps,
            Samples = steps * batchSize,
            Epochs = (double)steps * batchSize / TrainingSamples,
            StepsToGoal = reaches ? steps : null,
            PreviousEvaluation = reaches ? points[^Math.Min(2, points.Length)] : null,
            TrainSeconds = curve[^1].TrainSeconds,
            EvaluationSeconds = curve[^1].EvaluationSeconds,
            DivergedStep = diverges ? steps + 1 : null,
            Explanation = diverges ? $"the loss at step {steps + 1} is not finite" : null,
            Curve = curve,
            Noise = diverges ? [] : [.. points.Select(step => NoiseAt(step, needed))],
            TestError = phase == TrialPhase.Confirmation ? 0.028 + (0.003 * random.NextDouble()) : null,
            TestLoss = phase == TrialPhase.Confirmation ? 0.11 : null,
            WeightsHash = diverges ? null : $"{Math.Abs(HashCode.Combine(batchSize, index, seed)):x16}",
        };
    }

    private CurvePoint Point(long step, int batchSize, double needed, bool explodes)
    {
        var progress = step / needed;
        var loss = explodes ? 2.3 * Math.Exp(3 * random.NextDouble()) : (0.09 + (2.2 * Math.Exp(-4.2 * Math.Pow(progress, 0.55)))) * Math.Exp(0.03 * Normal());
        var error = explodes ? 0.9 : step >= (long)needed ? 0.0285 : Math.Max(0.0305, 0.9 * Math.Exp(-3.4 * Math.Pow(progress, 0.5)) * Math.Exp(0.04 * Normal()));
        return new CurvePoint(step, step * batchSize, step * (0.00004 + (batchSize * 1.1e-6)), step * 0.00002, loss * 0.95, loss, error);
    }

    private NoisePoint NoiseAt(long step, double needed)
    {
        var squaredNorm = (0.9 * Math.Exp(-2.5 * step / needed) * Math.Exp(0.15 * Normal())) - (step < needed * 0.02 ? 1 : 0);
        var variance = 14 + (2 * Normal());
        return new NoisePoint(step, squaredNorm, variance, squaredNorm > 0 ? variance / squaredNorm : null);
    }

    private static BatchSummary Summary(int size, ImmutableArray<TrialResult> trials)
    {
        var tuning = trials.Where(trial => trial.Request.Phase == TrialPhase.Tuning).ToArray();
        var confirmed = trials.Where(trial => trial.Request.Phase == TrialPhase.Confirmation).ToArray();
        var best = tuning.Where(trial => trial.StepsToGoal is not null).MinBy(trial => trial.StepsToGoal);
        Measured Over(Func<TrialResult, double> value) => confirmed.Count(trial => trial.StepsToGoal is null) * 2 >= confirmed.Length
            ? Measured.Refused($"{confirmed.Count(trial => trial.StepsToGoal is null)} of {confirmed.Length} confirmation runs did not reach the goal")
            : new Measured(confirmed.Select(value).Order().ElementAt(confirmed.Length / 2), confirmed.Min(value), size == 512 ? null : confirmed.Max(value), 0.9375, null);
        return new BatchSummary
        {
            BatchSize = size,
            TunedMinimumSteps = best?.StepsToGoal,
            BestLearningRate = best?.Request.LearningRate,
            BestSettings = best?.Request.Settings ?? ImmutableSortedDictionary<string, string>.Empty,
            RateRange = (0.0005, 2),
            EdgeFlag = size >= 1024 ? "stability-limited" : "inside",
            EdgeReason = size >= 1024 ? "every trial above the best rate diverged" : "the best rate is not in the outer tenth of the range",
            IsBudgetLimited = false,
            BudgetReason = "the goal was met in less than half the budget",
            Reached = tuning.Count(trial => trial.Status == TrialStatus.Reached),
            Censored = tuning.Count(trial => trial.Status is TrialStatus.BudgetExhausted or TrialStatus.StoppedEarly),
            Diverged = tuning.Count(trial => trial.Status == TrialStatus.Diverged),
            ConfirmedReached = confirmed.Count(trial => trial.Status == TrialStatus.Reached),
            ConfirmedCensored = confirmed.Count(trial => trial.Status == TrialStatus.BudgetExhausted),
            ConfirmedDiverged = confirmed.Count(trial => trial.Status == TrialStatus.Diverged),
            StepsToGoal = Over(trial => trial.StepsToGoal ?? 0),
            EpochsToGoal = Over(trial => trial.Epochs),
            SamplesToGoal = Over(trial => trial.Samples),
            SecondsToGoal = Over(trial => trial.TrainSeconds),
            NoiseScaleAtGoal = size == 8 ? null : confirmed.Select(trial => trial.Noise[^1].NoiseScale).OfType<double>().Order().Skip(2).FirstOrDefault(),
            BestErrorWithinSteps = 0.021 + (0.04 / Math.Sqrt(size)),
            BestErrorWithinSamples = 0.022 + (size * 0.00002),
            TestError = confirmed.Select(trial => trial.TestError).OfType<double>().Order().ElementAt(confirmed.Length / 2),
        };
    }

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
