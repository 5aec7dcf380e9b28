using DistTrain.Learning;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime;

namespace DistTrain.Cli.Commands;

/// <summary>Finds a learning rate by a range test: the same actors, data and model from the same initial weights, for a hundred-odd steps at a growing rate, whose weights nobody keeps.</summary>
internal static class LearningRateSearch
{
    private const double Lowest = 1e-6;
    private const double Highest = 10;
    private const int Steps = 140;

    /// <summary>The same definition, if a rate can be looked for.</summary>
    /// <exception cref="InvalidInputException">The run scales its rate by a rule, so that a found rate would be scaled once more.</exception>
    public static TrainingDefinition Checked(TrainingDefinition definition) => definition.Scaling.Scaling == RateScaling.None
        ? definition
        : throw new InvalidInputException("--learning-rate find measures the rate at this very batch size, so that there is nothing to scale: leave out --scaling-rule");

    public static RateRange Run(Trainer trainer, TrainingDefinition definition, IEngine engine, CancellationToken cancellation)
    {
        var schedule = new RangeTestSchedule(Lowest, Highest, Steps);
        var range = new RateRange(schedule);
        var stepsPerEpoch = (definition.Train.Count + definition.BatchSize - 1) / definition.BatchSize;
        var test = definition with
        {
            Schedule = schedule,
            BatchSchedule = BatchSchedule.Constant,
            Plateau = null,
            EarlyStopping = null,
            Validation = null,
            Test = null,
            MeasuringIntervalSteps = 1,
            NoiseIntervalSteps = null,
            Epochs = (Steps + stepsPerEpoch - 1) / stepsPerEpoch,
        };
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        trainer(test, engine, Watch, end.Token, null);
        return range;

        void Watch(TrainingEvent happening)
        {
            if (happening is LayersMeasured step)
            {
                range.Add(step.MeanLoss);
                if (range.IsComplete)
                {
                    end.Cancel();
                }
            }
        }
    }
}
