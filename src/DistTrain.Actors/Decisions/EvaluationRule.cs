using System.Collections.Immutable;
using DistTrain.Learning.Metrics;

namespace DistTrain.Actors;

/// <summary>Whether an evaluation is finished, and what it gave.</summary>
/// <param name="Summary">Null while blocks are missing.</param>
public readonly record struct EvaluationDecision(EvaluationSummary? Summary, string Reason);

/// <summary>An evaluation goes over fixed blocks in data order. Counts are integers and losses are added in block order, so the result has the same bits whoever did it.</summary>
public static class EvaluationRule
{
    public static int BlockCount(int sampleCount, int blockSize) => (int)(((long)sampleCount + blockSize - 1) / blockSize);

    /// <summary>Null if every result is of a block that exists and counts its samples, otherwise what is wrong.</summary>
    public static string? ReasonNotToFit(ImmutableArray<BlockResult> blocks, int sampleCount, int blockSize, MetricPlan metrics)
    {
        foreach (var block in blocks)
        {
            if (block.Block < 0 || block.Block >= BlockCount(sampleCount, blockSize))
            {
                return $"there is no block {block.Block}";
            }

            var samples = Math.Min(blockSize, sampleCount - (block.Block * blockSize));
            if (block.SampleCount != samples)
            {
                return $"block {block.Block} holds {samples} samples, but the result counts {block.SampleCount}";
            }

            if (block.Counts.Length != metrics.CountLength || block.Sums.Length != metrics.SumLength)
            {
                return $"block {block.Block} has {block.Counts.Length} counts and {block.Sums.Length} sums, but the run's metrics {metrics.CountLength} and {metrics.SumLength}";
            }
        }

        return null;
    }

    /// <param name="results">[blocks] null where a result is missing.</param>
    /// <param name="hasClasses">Whether an accuracy means anything.</param>
    /// <param name="metrics">What was counted beside.</param>
    /// <param name="labelsPerSample">Class labels of one sample, at least 1.</param>
    public static EvaluationDecision Decide(IReadOnlyList<BlockResult?> results, bool hasClasses, MetricPlan metrics, int labelsPerSample = 1)
    {
        double lossSum = 0;
        long correct = 0;
        var samples = 0;
        var counts = new long[metrics.CountLength];
        var sums = new double[metrics.SumLength];
        for (var block = 0; block < results.Count; block++)
        {
            if (results[block] is not { } result)
            {
                var missing = WorkRange.Join(Enumerable.Range(0, results.Count).Where(index => results[index] is null).Select(WorkRange.Single));
                return new EvaluationDecision(null, $"blocks {string.Join(", ", missing)} missing");
            }

            lossSum += result.LossSum;
            correct += result.CorrectCount;
            samples += result.SampleCount;
            for (var i = 0; i < counts.Length; i++)
            {
                counts[i] += result.Counts[i];
            }

            for (var i = 0; i < sums.Length; i++)
            {
                sums[i] += result.Sums[i];
            }
        }

        double? accuracy = hasClasses ? correct / ((double)samples * labelsPerSample) : null;
        var summary = new EvaluationSummary(lossSum / samples, accuracy, samples, metrics.Summarize(counts, sums, samples)) { Activations = results is [{ } first, ..] ? first.Activations : [] };
        return new EvaluationDecision(summary, $"all {results.Count} blocks are in");
    }
}
