using DistTrain.Actors;
using DistTrain.Cli.Benchmarking;
using DistTrain.Learning;
using DistTrain.Simulation.WhatIf;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Scalings;

namespace DistTrain.Cli.Studies;

/// <summary>What the simulator says of the trainings that are measured, from the costs of this machine.</summary>
internal sealed class ScalingPrediction
{
    private readonly WhatIfQuestion? question;

    private ScalingPrediction(WhatIfQuestion? question, string? whyNot)
    {
        this.question = question;
        WhyNot = whyNot;
    }

    /// <summary>Null where there are predictions.</summary>
    public string? WhyNot { get; }

    public static ScalingPrediction Of(ScalingRequest request, PreparedStudy study, Host host)
    {
        if (request.CalibrationSeconds == 0)
        {
            return new ScalingPrediction(null, "it was not asked for (--calibration-seconds)");
        }

        if (study.Configuration.Model.ShortForm is not { } model || study.Data.Train.SampleShape != ModelWork.SampleShape)
        {
            return new ScalingPrediction(null, $"costs are measured for named models on samples of {ModelWork.SampleShape} alone");
        }

        try
        {
            var calibration = Calibrator.Measure(() => host.Engine(study.Configuration.Engine), [model], request.CalibrationSeconds);
            var graph = ModelWork.Build(model);
            var (costs, _) = calibration.CostsOf(model, ModelWork.OperationsPerSample(graph), sizeof(float) * ModelWork.SampleShape.ElementCount);
            var usesProcesses = request.UsesProcesses;
            return new ScalingPrediction(
                new WhatIfQuestion
                {
                    Layout = graph.Layout,
                    Costs = costs,
                    BatchSize = study.Configuration.BatchSize,
                    MicroBatches = study.Configuration.MicroBatches,
                    Workers = 1,
                    Placement = usesProcesses ? study.Configuration.Placement ?? ShardPlacement.Workers : ShardPlacement.Central,
                    On = usesProcesses ? Surroundings.Processes : Surroundings.Threads,
                    BytesPerSecond = usesProcesses ? calibration.LocalBytesPerSecond : double.PositiveInfinity,
                    LatencySeconds = usesProcesses ? calibration.LocalLatencySeconds : 0,
                },
                null);
        }
        catch (InvalidInputException reason)
        {
            return new ScalingPrediction(null, reason.Message.TrimEnd('.'));
        }
    }

    /// <summary>Null without a prediction.</summary>
    public double? SamplesPerSecond(ScalingPlan plan, ScalingKind kind, int workers) =>
        question is null ? null : WhatIfStudy.Predict(question with { Workers = workers, BatchSize = plan.BatchSizeOf(kind, workers) }).SamplesPerSecond;
}
