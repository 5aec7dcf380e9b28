using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning;
using DistTrain.Study.Reports.Scalings;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Experiments;

/// <summary>A study of how throughput and the time to a goal change with the number of workers.</summary>
public sealed record ScalingPlan
{
    /// <summary>Ascending.</summary>
    public required ImmutableArray<int> Workers { get; init; }

    public required ImmutableArray<ScalingKind> Kinds { get; init; }

    /// <summary>Samples of a step where the batch is fixed, and of each worker where that is.</summary>
    public required int BatchSize { get; init; }

    /// <summary>The key that says how many there are: <c>workers</c> for threads, <c>processes</c> for processes.</summary>
    public required string WorkersKey { get; init; }

    /// <summary>Null for throughput alone.</summary>
    public required Goal? Goal { get; init; }

    /// <summary>Trainings of each number of workers, each from a seed of its own.</summary>
    public int Repeats { get; init; } = 5;

    public required int Epochs { get; init; }

    /// <summary>Samples of the training part.</summary>
    public required int TrainingSamples { get; init; }

    public ulong Seed { get; init; } = 1;

    /// <exception cref="InvalidInputException">A value is out of range.</exception>
    public void Check()
    {
        if (Workers.IsEmpty || Workers[0] < 1 || Kinds.IsEmpty || BatchSize < 1 || Repeats < 1 || Epochs < 1)
        {
            throw new InvalidInputException("a study of scaling needs numbers of workers, a batch size, and at least one training of one epoch");
        }

        if (Kinds.Contains(ScalingKind.FixedBatchPerWorker) && (long)BatchSize * Workers[^1] > TrainingSamples)
        {
            throw new InvalidInputException($"{Workers[^1]} workers with {BatchSize} samples each make a batch of {(long)BatchSize * Workers[^1]}, more than the {TrainingSamples} samples there are: take a smaller batch or fewer workers");
        }
    }

    public int BatchSizeOf(ScalingKind kind, int workers) => kind == ScalingKind.FixedGlobalBatch ? BatchSize : BatchSize * workers;
}

/// <summary>Trainings of one kind and number of workers.</summary>
public sealed record ScalingTrials(ScalingKind Kind, int Workers, ImmutableArray<TrialResult> Trials)
{
    /// <summary>Samples a second of each trial, without its beginning: from its first evaluation to its last.</summary>
    public IEnumerable<double> Throughputs => Trials
        .Where(trial => trial.Curve.Length > 1 && trial.Curve[^1].TrainSeconds > trial.Curve[0].TrainSeconds)
        .Select(trial => (trial.Curve[^1].Samples - trial.Curve[0].Samples) / (trial.Curve[^1].TrainSeconds - trial.Curve[0].TrainSeconds));

    /// <summary>Median over the trials that reached the goal; null where none did.</summary>
    public double? StepsToGoal => Trials.Any(trial => trial.StepsToGoal is not null) ? OrderStatistics.Median(Trials.Select(trial => trial.StepsToGoal).OfType<long>().Select(steps => (double)steps)) : null;
}

/// <summary>Runs a study of scaling and makes its figures.</summary>
public static class ScalingStudy
{
    /// <summary>One training at a time, because their seconds count; all numbers of workers in turn, so that a machine whose speed drifts is unfair to none.</summary>
    public static ImmutableArray<ScalingTrials> Run(ScalingPlan plan, TrialPool pool, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(pool);
        plan.Check();
        var cells = plan.Kinds.SelectMany(kind => plan.Workers.Select(workers => (Kind: kind, Workers: workers))).ToArray();
        var requests = Enumerable.Range(0, plan.Repeats).SelectMany(repeat => cells.Select(cell => Request(plan, cell.Kind, cell.Workers, repeat))).ToImmutableArray();
        var results = pool.Run(requests, parallel: 1, cancellation);
        return [.. cells.Select((cell, i) => new ScalingTrials(cell.Kind, cell.Workers, [.. Enumerable.Range(0, plan.Repeats).Select(repeat => results[(repeat * cells.Length) + i])]))];
    }

    /// <param name="predicted">Samples a second that a simulator predicts; null without a prediction.</param>
    public static ScalingOutcome Outcome(
        ScalingPlan plan, ImmutableArray<ScalingTrials> trials, string title, string placement, ImmutableArray<(string Name, string Value)> settings, Func<ScalingKind, int, double?> predicted, string? whyNotPredicted)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(predicted);
        return new ScalingOutcome
        {
            Title = title,
            Placement = placement,
            Goal = plan.Goal,
            Series = [.. plan.Kinds.Select(kind => new ScalingSeries(kind, [.. trials.Where(cell => cell.Kind == kind).Select(cell => PointOf(plan, cell, predicted(kind, cell.Workers)))]))],
            Settings = settings,
            Findings = [],
            Refusals = whyNotPredicted is null ? [] : [$"Nothing is predicted: {whyNotPredicted}."],
        };
    }

    private static TrialRequest Request(ScalingPlan plan, ScalingKind kind, int workers, int repeat)
    {
        var batchSize = plan.BatchSizeOf(kind, workers);
        var steps = plan.Epochs * ((plan.TrainingSamples + (long)batchSize - 1) / batchSize);
        var settings = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add(plan.WorkersKey, workers.ToString(CultureInfo.InvariantCulture));
        return new TrialRequest(TrialPhase.Confirmation, repeat, batchSize, plan.Seed + (ulong)repeat, settings, steps);
    }

    private static ScalingPoint PointOf(ScalingPlan plan, ScalingTrials cell, double? predicted)
    {
        var batchSize = plan.BatchSizeOf(cell.Kind, cell.Workers);
        var seconds = plan.Goal is null ? null : MedianOf(cell.Trials.Select(trial => trial.AtGoal is { } reached ? Observation.Exactly(reached.TrainSeconds) : Observation.MoreThan(trial.TrainSeconds)));
        return new ScalingPoint(
            cell.Workers,
            batchSize,
            MedianOf(cell.Throughputs.Select(Observation.Exactly)),
            predicted,
            seconds,
            predicted is { } throughput && cell.StepsToGoal is { } steps ? steps * batchSize / throughput : null);
    }

    private static Measured MedianOf(IEnumerable<Observation> observations)
    {
        Observation[] all = [.. observations];
        return all.Length == 0 ? Measured.Refused("no training was long enough to be measured") : Measured.Of(OrderStatistics.MedianOf(all));
    }
}
