using System.Globalization;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Reduction;

namespace DistTrain.Simulation.WhatIf;

/// <summary>Predicts how a run would go.</summary>
public static class WhatIfStudy
{
    /// <exception cref="InvalidInputException">The question is out of range.</exception>
    public static Prediction Predict(WhatIfQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        var cluster = VirtualCluster.Run(question);
        var steps = question.CountedSteps;
        var times = cluster.Clock.Steps.Order().ToArray();
        var phases = cluster.Clock.SecondsByPhase();
        var step = cluster.Clock.Nanoseconds / 1e9 / steps;
        var loads = LinkLoads.Of(cluster, question.Workers, question.BytesPerSecond, steps);
        var (limit, reason) = Bottleneck.Decide(question, phases, step, loads);
        var microBatches = MiniBatchPartition.Create(question.BatchSize, question.MicroBatches).MicroBatchCount;
        return new Prediction(
            question,
            step,
            times[times.Length / 2] / 1e9,
            times[^1] / 1e9,
            phases,
            limit,
            reason,
            step > 0 ? loads.BusiestSeconds / step : 0,
            loads.BusiestNode,
            cluster.MessagesHandled / (double)steps,
            cluster.BytesSent / (double)steps,
            Math.Max(0, question.Workers - microBatches),
            [.. cluster.Notices, .. Warnings(question)]);
    }

    /// <summary>One worker that holds the weights itself: what any number of workers is compared with.</summary>
    /// <exception cref="InvalidInputException">The question is out of range.</exception>
    public static Prediction PredictAlone(WhatIfQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        var isNetwork = question.On == Surroundings.Network;
        return Predict(question with { Workers = 1, Shards = 1, Stragglers = new NoStragglers(), Placement = isNetwork ? ShardPlacement.Workers : question.Placement });
    }

    private static IEnumerable<string> Warnings(WhatIfQuestion question)
    {
        var chunks = question.Layout.Chunks.Length;
        if (question.ShardCount > chunks)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"the model has {chunks} chunks of parameters: {question.ShardCount - chunks} of {question.ShardCount} shards hold nothing");
        }
    }
}
