using System.Globalization;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Runtime.Compute;

/// <summary>
/// How a worker cuts the range of micro-batches that it is assigned: among its threads, and so that what runs at once fits the memory that it may use. The parts are folded by the tree that
/// the whole step is folded by, so the cut takes no part in the result.
/// </summary>
/// <param name="Threads">At least 1.</param>
/// <param name="MaximumSamples">The most samples of one part.</param>
internal readonly record struct ComputePlan(int Threads, int MaximumSamples)
{
    /// <summary>Whether the worker may compute its whole range in one piece.</summary>
    public bool IsWhole => Threads == 1 && MaximumSamples == int.MaxValue;

    /// <exception cref="InvalidInputException">Not even one micro-batch fits the memory.</exception>
    public static ComputePlan Create(TrainingDefinition definition, IEngine engine)
    {
        if (definition.ThreadsPerWorker < 1)
        {
            throw new InvalidInputException($"the number of threads of a worker must be at least 1, but is {definition.ThreadsPerWorker}");
        }

        if (definition.MemoryBytes is not { } memory)
        {
            return new ComputePlan(definition.ThreadsPerWorker, int.MaxValue);
        }

        var batches = BatchSizes(definition);
        var microBatch = batches.Max(size => LargestMicroBatch(MiniBatchPartition.Create(size, definition.MicroBatchCount)));
        long Needed(int samples) => definition.ThreadsPerWorker * engine.ProgramBytes(definition.Graph, definition.Loss, samples);
        if (Needed(microBatch) > memory)
        {
            var threads = definition.ThreadsPerWorker == 1 ? "" : $" on each of {definition.ThreadsPerWorker} threads";
            throw new InvalidInputException(
                $"a micro-batch of {microBatch} {(microBatch == 1 ? "sample" : "samples")}{threads} needs {Bytes(Needed(microBatch))} of memory, but only {Bytes(memory)} are allowed: "
                + (CountThatFits(batches.Max(), samples => Needed(samples) <= memory) is { } count
                    ? $"cut the batch into more micro-batches (micro-batches: {count}) or allow more memory"
                    : $"a single sample needs {Bytes(Needed(1))}, so allow more memory"));
        }

        var (fits, fitsNot) = (microBatch, batches.Max() + 1);
        while (fitsNot - fits > 1)
        {
            var middle = fits + ((fitsNot - fits) / 2);
            (fits, fitsNot) = Needed(middle) <= memory ? (middle, fitsNot) : (fits, middle);
        }

        return new ComputePlan(definition.ThreadsPerWorker, fits);
    }

    /// <summary>The most micro-batches that a mini-batch of the run may have.</summary>
    public static int LargestMicroBatchCount(TrainingDefinition definition) =>
        BatchSizes(definition).Max(size => MiniBatchPartition.Create(size, definition.MicroBatchCount).MicroBatchCount);

    /// <summary>[threads that have something to do] each thread's parts, in order.</summary>
    public WorkRange[][] Cut(MiniBatchPartition partition, WorkRange range)
    {
        var threads = Math.Min(Threads, range.Count);
        var parts = new WorkRange[threads][];
        for (var thread = 0; thread < threads; thread++)
        {
            var first = range.First + (int)((long)thread * range.Count / threads);
            var end = range.First + (int)((long)(thread + 1) * range.Count / threads);
            parts[thread] = CutByMemory(partition, new WorkRange(first, end));
        }

        return parts;
    }

    /// <summary>Cuts at multiples of the largest power of two of micro-batches that fits, so that the parts are nodes of the tree wherever the range allows it.</summary>
    private WorkRange[] CutByMemory(MiniBatchPartition partition, WorkRange range)
    {
        if (partition.Boundary(range.End) - partition.Boundary(range.First) <= MaximumSamples)
        {
            return [range];
        }

        var level = 0;
        while (1 << level < range.Count && LargestNode(partition, level + 1) <= MaximumSamples)
        {
            level++;
        }

        var parts = new List<WorkRange>();
        for (var first = range.First; first < range.End;)
        {
            var end = Math.Min(range.End, ((first >> level) + 1) << level);
            parts.Add(new WorkRange(first, end));
            first = end;
        }

        return [.. parts];
    }

    /// <summary>The fewest micro-batches of which each fits; null if not even single samples do.</summary>
    private static int? CountThatFits(int batchSize, Func<int, bool> fits)
    {
        for (var count = 1L; count < 2L * batchSize; count *= 2)
        {
            var partition = MiniBatchPartition.Create(batchSize, (int)Math.Min(count, batchSize));
            if (fits(LargestMicroBatch(partition)))
            {
                return partition.MicroBatchCount;
            }
        }

        return null;
    }

    private static int LargestMicroBatch(MiniBatchPartition partition) => LargestNode(partition, 0);

    private static int LargestNode(MiniBatchPartition partition, int level) =>
        (int)((((long)partition.SampleCount << level) + partition.MicroBatchCount - 1) / partition.MicroBatchCount);

    /// <summary>Every size that a mini-batch of the run may have.</summary>
    private static SortedSet<int> BatchSizes(TrainingDefinition definition)
    {
        var sizes = new SortedSet<int>();
        var size = Math.Min(definition.BatchSize, definition.Train.Count);
        while (sizes.Add(size) && definition.BatchSchedule.Growth != BatchGrowth.None)
        {
            size = definition.BatchSchedule.Grow(size, definition.Train.Count);
        }

        foreach (var whole in sizes.ToArray())
        {
            if (definition.Train.Count % whole is > 0 and var last)
            {
                sizes.Add(last);
            }
        }

        return sizes;
    }

    private static string Bytes(long bytes) => bytes switch
    {
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F1} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):F1} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):F2} GiB"),
    };
}
