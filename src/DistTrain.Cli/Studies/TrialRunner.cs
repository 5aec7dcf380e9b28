using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using DistTrain.Actors;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;
using DistTrain.Data;
using DistTrain.Learning;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Engines;
using DistTrain.Runtime;
using DistTrain.Study;
using DistTrain.Study.Experiments;

namespace DistTrain.Cli.Studies;

/// <summary>Runs trials as trainings of this program: the same actors, in this process.</summary>
/// <param name="trainerOf">The runtime for a configuration.</param>
/// <param name="engine">The kernels, shared by all trials.</param>
/// <param name="data">Loaded once; all trials have the same split.</param>
/// <param name="template">Resolved: everything that trials have in common.</param>
/// <param name="goal">What is looked for; null where a trial always uses its budget.</param>
/// <param name="goesOn">Whether a trial goes on to the end of its budget after the goal.</param>
internal sealed class TrialRunner(Func<TrainConfiguration, Trainer> trainerOf, IEngine engine, DataSet data, TrainConfiguration template, Goal? goal, bool goesOn) : ITrialRunner
{
    /// <summary>Changes when what is measured of a trial does.</summary>
    private const string Form = "trial 1";

    /// <summary>The configuration with which <c>disttrain train --config</c> runs a trial again, bit for bit.</summary>
    /// <exception cref="InvalidInputException">A setting is unknown or impossible.</exception>
    public TrainConfiguration ConfigurationOf(TrialRequest request)
    {
        var configuration = template with { BatchSize = request.BatchSize, Seed = request.Seed, SplitSeed = template.SplitSeed ?? template.Seed };
        foreach (var (name, value) in request.Settings)
        {
            configuration = TrialSettings.Apply(configuration, name, value);
        }

        // Schedules see the whole budget, wherever the trial ends.
        var stepsAnEpoch = (data.Train.Count + (long)configuration.BatchSize - 1) / configuration.BatchSize;
        return configuration with
        {
            Epochs = (int)Math.Min(int.MaxValue, (request.BudgetSteps + stepsAnEpoch - 1) / stepsAnEpoch),
            MaxSteps = request.LastStep,
            StopGoal = goesOn ? null : goal?.ToString(),
        };
    }

    public string KeyOf(TrialRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var configuration = ConfigurationOf(request);
        var text = new StringBuilder(Form).Append('\n').Append(data.ContentHash).Append('\n').Append(engine.ArithmeticId.Value).Append('\n').Append(goal).Append('\n');

        // Where the data lies is not what it is.
        foreach (var key in ConfigurationKeys.All.Where(key => key is { DecidesWeights: true, Name: not "data" }))
        {
            text.Append(key.Name).Append('=').Append(ConfigurationWriter.ToText(key.Get(configuration))).Append('\n');
        }

        // Settings that change no weights are part of what a trial is as well: it may be its seconds that are asked for.
        foreach (var (name, value) in request.Settings)
        {
            text.Append(name).Append(':').Append(value).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..32];
    }

    public TrialResult Run(TrialRequest request, CancellationToken cancellation)
    {
        var key = KeyOf(request);
        var configuration = ConfigurationOf(request);
        var definition = Definition.Create(configuration, data, engine) with { Checkpoints = null };
        var watch = new CurveWatch(data.Train.Count);
        try
        {
            var result = trainerOf(configuration)(definition, engine, watch.Take, cancellation, null);
            cancellation.ThrowIfCancellationRequested();
            return ResultOf(request, key, watch, result);
        }
        catch (Exception failure) when (failure is not (OperationCanceledException or InvalidInputException))
        {
            return Failed(request, key, watch, failure);
        }
    }

    private TrialResult ResultOf(TrialRequest request, string key, CurveWatch watch, TrainingResult result)
    {
        var curve = watch.Curve.ToImmutable();
        var met = goal is null ? -1 : curve.ToList().FindIndex(goal.IsMetBy);
        var isDiverged = result.Outcome == RunOutcome.NonFinite;
        return new TrialResult
        {
            Key = key,
            Request = request,
            Status = met >= 0 ? TrialStatus.Reached
                : isDiverged ? TrialStatus.Diverged
                : request.LastStep < request.BudgetSteps ? TrialStatus.StoppedEarly
                : TrialStatus.BudgetExhausted,
            Steps = result.StepsTaken,
            Samples = watch.SamplesAfter(result.StepsTaken, request.BatchSize),
            Epochs = watch.SamplesAfter(result.StepsTaken, request.BatchSize) / (double)data.Train.Count,
            StepsToGoal = met >= 0 ? curve[met].Step : null,
            PreviousEvaluation = met > 0 ? curve[met - 1].Step : met == 0 ? 0 : null,
            TrainSeconds = result.Seconds,
            EvaluationSeconds = watch.SecondsBesides(result.Seconds),
            DivergedStep = isDiverged ? result.StepsTaken + 1 : null,
            Explanation = isDiverged ? result.Explanation : null,
            Curve = curve,
            Noise = watch.Noise.ToImmutable(),
            TestError = isDiverged || result.Test is not { Accuracy: { } accuracy } ? null : 1 - accuracy,
            TestLoss = isDiverged ? null : result.Test?.MeanLoss,
            WeightsHash = isDiverged ? null : result.WeightsHash,
        };
    }

    private static TrialResult Failed(TrialRequest request, string key, CurveWatch watch, Exception failure) => new()
    {
        Key = key,
        Request = request,
        Status = TrialStatus.FailedSystem,
        Steps = watch.Curve.Count == 0 ? 0 : watch.Curve[^1].Step,
        Samples = watch.Curve.Count == 0 ? 0 : watch.Curve[^1].Samples,
        Epochs = 0,
        TrainSeconds = 0,
        EvaluationSeconds = 0,
        Explanation = $"{failure.GetType().Name}: {failure.Message}",
    };

    /// <summary>Writes down what a training tells.</summary>
    private sealed class CurveWatch(int trainingSamples)
    {
        private readonly long began = Stopwatch.GetTimestamp();
        private double epochSeconds;
        private double epochLossSum;
        private long epochSamples;

        public ImmutableArray<CurvePoint>.Builder Curve { get; } = ImmutableArray.CreateBuilder<CurvePoint>();

        public ImmutableArray<NoisePoint>.Builder Noise { get; } = ImmutableArray.CreateBuilder<NoisePoint>();

        public double SecondsBesides(double training) => Math.Max(0, Stopwatch.GetElapsedTime(began).TotalSeconds - training);

        /// <summary>Every epoch uses every sample once; its last batch may be short.</summary>
        public long SamplesAfter(long steps, int batchSize)
        {
            var stepsAnEpoch = (trainingSamples + (long)batchSize - 1) / batchSize;
            return (steps / stepsAnEpoch * trainingSamples) + Math.Min(trainingSamples, steps % stepsAnEpoch * batchSize);
        }

        public void Take(TrainingEvent happening)
        {
            switch (happening)
            {
                case WeightsEvaluated found:
                    Add(found.Step, ((found.Epoch - 1L) * trainingSamples) + found.SamplesDone, found.TrainingSeconds, LossSince(found.SamplesDone, found.MeanLoss), found.Found, found.Noise);
                    break;
                case EpochEnded { Report: { Validation: { } found } report }:
                    epochSeconds += report.TrainingSeconds;
                    Add(report.LastStep, (long)report.Epoch * trainingSamples, epochSeconds, LossSince(trainingSamples, report.TrainLoss), found, report.Noise);
                    (epochLossSum, epochSamples) = (0, 0);
                    break;
            }
        }

        private void Add(long step, long samples, double seconds, double? trainLoss, EvaluationSummary found, NoiseScale? noise)
        {
            // What the coordinator counts as training may grow by what was not yet counted when the evaluation before was in.
            var besides = Math.Max(Curve.Count == 0 ? 0 : Curve[^1].EvaluationSeconds, SecondsBesides(seconds));
            Curve.Add(new CurvePoint(step, samples, seconds, besides, trainLoss, found.MeanLoss, 1 - found.Accuracy));
            if (noise is { GradientSquaredNorm: { } squaredNorm, GradientVariance: { } variance })
            {
                Noise.Add(new NoisePoint(step, squaredNorm, variance, noise.Samples));
            }
        }

        /// <summary>Over the samples since the evaluation before.</summary>
        private double? LossSince(long samplesOfEpoch, double meanLoss)
        {
            var sum = meanLoss * samplesOfEpoch;
            double? since = samplesOfEpoch > epochSamples ? (sum - epochLossSum) / (samplesOfEpoch - epochSamples) : null;
            (epochLossSum, epochSamples) = (sum, samplesOfEpoch);
            return since;
        }
    }
}
