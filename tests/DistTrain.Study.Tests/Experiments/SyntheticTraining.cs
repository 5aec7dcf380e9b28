using System.Collections.Concurrent;
using System.Collections.Immutable;
using DistTrain.Learning.Numerics;
using DistTrain.Study.Experiments;

namespace DistTrain.Study.Tests.Experiments;

/// <summary>
/// Trainings whose outcome is known: S = S_min (1 + B_crit / B) steps at the best rate, more beside it, none from a rate on; 5 % noise by seed. Evaluated at every step at first, later every 2 %.
/// </summary>
internal sealed class SyntheticTraining : ITrialRunner
{
    public const double MinimumSteps = 60;
    public const double CriticalBatchSize = 100;
    private readonly ConcurrentDictionary<string, int> runs = [];

    public Goal? Goal { get; init; } = new(GoalMetric.ValidationError, 0.1);

    /// <summary>The best rate at batch size 1, times B / (B + B_crit).</summary>
    public double BestRate { get; init; } = 0.5;

    /// <summary>Rates above it diverge at once.</summary>
    public double StableBelow { get; init; } = double.PositiveInfinity;

    /// <summary>Called before each run; may throw.</summary>
    public Action<TrialRequest> Before { get; init; } = static _ => { };

    /// <summary>How often the system fails a trial before it runs.</summary>
    public int Failures { get; init; }

    /// <summary>By key: how often it was run to its end.</summary>
    public IReadOnlyDictionary<string, int> Runs => runs;

    public string KeyOf(TrialRequest request) =>
        $"{request.BatchSize}-{request.Seed}-{string.Join('-', request.Settings.Select(setting => $"{setting.Key}-{setting.Value}"))}-{request.LastStep}".Replace('.', '_');

    public TrialResult Run(TrialRequest request, CancellationToken cancellation)
    {
        Before(request);
        cancellation.ThrowIfCancellationRequested();
        var key = KeyOf(request);
        var times = runs.AddOrUpdate(key, 1, (_, before) => before + 1);
        if (times <= Failures)
        {
            return Result(request, key, TrialStatus.FailedSystem, [], null) with { Explanation = "the power went off" };
        }

        if (request.LearningRate > StableBelow)
        {
            return Result(request, key, TrialStatus.Diverged, [], null) with { DivergedStep = 1 };
        }

        var needed = StepsNeeded(request);
        var curve = ImmutableArray.CreateBuilder<CurvePoint>();
        for (long step = 1; step <= request.LastStep; step += Math.Max(1, step / 50))
        {
            // Falls to 0.1 when it should, and on to a floor that the rate decides.
            var error = step >= needed ? 0.0999 * Math.Pow(needed / step, 0.3) : 0.1 + (0.8 * (1 - (step / needed)));
            curve.Add(new CurvePoint(step, step * request.BatchSize, step * 1e-3, step * 1e-4, null, error * 3, error));
            if (Goal?.IsMetBy(curve[^1]) == true)
            {
                return Result(request, key, TrialStatus.Reached, curve.ToImmutable(), step);
            }
        }

        return Result(request, key, request.LastStep < request.BudgetSteps ? TrialStatus.StoppedEarly : TrialStatus.BudgetExhausted, curve.ToImmutable(), null);
    }

    private double StepsNeeded(TrialRequest request)
    {
        var best = BestRate * request.BatchSize / (request.BatchSize + CriticalBatchSize);
        var distance = Math.Log(request.LearningRate == 0 ? 1 : request.LearningRate / best);
        var random = new CounterBasedRandom(request.Seed, (ulong)request.BatchSize);
        var noise = Math.Exp(0.05 * Math.Sqrt(-2 * Math.Log(1 - random.UniformDouble())) * Math.Cos(2 * Math.PI * random.UniformDouble()));
        return MinimumSteps * (1 + (CriticalBatchSize / request.BatchSize)) * Math.Exp(distance * distance / 4) * noise;
    }

    private static TrialResult Result(TrialRequest request, string key, TrialStatus status, ImmutableArray<CurvePoint> curve, long? reached) => new()
    {
        Key = key,
        Request = request,
        Status = status,
        Steps = curve.IsEmpty ? 0 : curve[^1].Step,
        Samples = curve.IsEmpty ? 0 : curve[^1].Samples,
        Epochs = curve.IsEmpty ? 0 : curve[^1].Samples / 1000.0,
        StepsToGoal = reached,
        PreviousEvaluation = reached is null ? null : curve.Length > 1 ? curve[^2].Step : 0,
        TrainSeconds = curve.IsEmpty ? 0 : curve[^1].TrainSeconds,
        EvaluationSeconds = curve.IsEmpty ? 0 : curve[^1].EvaluationSeconds,
        Curve = curve,
        WeightsHash = key,
    };
}
