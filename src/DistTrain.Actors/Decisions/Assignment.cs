using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>A worker that can be given work.</summary>
/// <param name="RelativeTime">Time for one unit of work, at least 1; only the ratios between workers matter.</param>
/// <param name="BusyFor">Time until it is free, in the same unit; 0 if it is.</param>
public readonly record struct WorkerCapacity(WorkerId Worker, int RelativeTime, long BusyFor = 0);

/// <summary>A worker's part; empty if it stays idle.</summary>
public readonly record struct AssignedRange(WorkerId Worker, WorkRange Range);

/// <param name="Ranges">One for each worker, in the order of their ids; together they are the range that was asked for.</param>
public readonly record struct AssignmentDecision(ImmutableArray<AssignedRange> Ranges, string Reason)
{
    public IEnumerable<WorkerId> Idle => Ranges.Where(part => part.Range.IsEmpty).Select(part => part.Worker);
}

/// <summary>
/// Who computes which micro-batches: contiguous ranges in the order of the workers' ids that minimise the expected finish, then the number of tree nodes that are sent, and
/// of those that are still equal the one that gives more to lower ids. It decides speed only: every assignment gives the same bits.
/// </summary>
public static class Assignment
{
    /// <param name="workers">At least one, in order of their ids.</param>
    /// <param name="range">The units of work to share out.</param>
    public static AssignmentDecision Decide(IReadOnlyList<WorkerCapacity> workers, WorkRange range)
    {
        ArgumentOutOfRangeException.ThrowIfZero(workers.Count, nameof(workers));
        var finish = EarliestFinish(workers, range.Count);
        var capacities = workers.Select(worker => CapacityUntil(finish, worker, range.Count)).ToArray();
        var sizes = FewestNodes(capacities, range);
        var ranges = ImmutableArray.CreateBuilder<AssignedRange>(workers.Count);
        var first = range.First;
        for (var i = 0; i < workers.Count; i++)
        {
            ranges.Add(new AssignedRange(workers[i].Worker, new WorkRange(first, first + sizes[i])));
            first += sizes[i];
        }

        return new AssignmentDecision(ranges.MoveToImmutable(), Explain(workers, sizes, range));
    }

    /// <summary>The lowest time by which the workers together can do <paramref name="count"/> units: binary search over integers, so no rounding decides.</summary>
    private static long EarliestFinish(IReadOnlyList<WorkerCapacity> workers, int count)
    {
        long low = 0;
        var high = workers.Min(worker => worker.BusyFor + ((long)count * worker.RelativeTime));
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (workers.Sum(worker => (long)CapacityUntil(middle, worker, count)) >= count)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    private static int CapacityUntil(long time, WorkerCapacity worker, int count) =>
        (int)Math.Clamp((time - worker.BusyFor) / worker.RelativeTime, 0, count);

    /// <summary>
    /// Dynamic programming from the last worker to the first. State (worker, position): the fewest nodes in which the units from the position on can be covered by this worker and
    /// those after it, none above its capacity. Only positions that leave nobody behind are looked at: as many as capacity exceeds the work.
    /// </summary>
    private static int[] FewestNodes(int[] capacities, WorkRange range)
    {
        var count = range.Count;
        var fewest = new int[capacities.Length + 1][];
        var lowest = new int[capacities.Length + 1];
        var best = new int[capacities.Length][];
        var before = capacities.Sum(capacity => (long)capacity);
        long after = 0;
        fewest[^1] = [0];
        lowest[^1] = count;
        for (var worker = capacities.Length - 1; worker >= 0; worker--)
        {
            before -= capacities[worker];
            after += capacities[worker];
            lowest[worker] = (int)Math.Max(0, count - after);
            var positions = (int)Math.Min(count, before) - lowest[worker] + 1;
            fewest[worker] = new int[positions];
            best[worker] = new int[positions];
            for (var i = 0; i < positions; i++)
            {
                (fewest[worker][i], best[worker][i]) = BestSize(lowest[worker] + i, capacities[worker], range, fewest[worker + 1], lowest[worker + 1]);
            }
        }

        var sizes = new int[capacities.Length];
        for (int worker = 0, position = 0; worker < sizes.Length; worker++)
        {
            sizes[worker] = best[worker][position - lowest[worker]];
            position += sizes[worker];
        }

        return sizes;
    }

    private static (int Nodes, int Size) BestSize(int position, int capacity, WorkRange range, int[] fewestAfter, int lowestAfter)
    {
        var bestNodes = int.MaxValue;
        var bestSize = 0;
        for (var size = Math.Min(capacity, range.Count - position); size >= 0; size--)
        {
            var index = position + size - lowestAfter;
            if (index < 0)
            {
                break;
            }

            if (index >= fewestAfter.Length)
            {
                continue;
            }

            var nodes = fewestAfter[index] + NodeCount(range.First + position, range.First + position + size);
            if (nodes < bestNodes)
            {
                (bestNodes, bestSize) = (nodes, size);
            }
        }

        return (bestNodes, bestSize);
    }

    /// <summary>How many nodes <c>TreeNode.Cover(first, end)</c> has.</summary>
    private static int NodeCount(int first, int end)
    {
        var count = 0;
        while (first < end)
        {
            var largest = first == 0 ? 1 << 30 : first & -first;
            while (largest > end - first)
            {
                largest >>= 1;
            }

            first += largest;
            count++;
        }

        return count;
    }

    private static string Explain(IReadOnlyList<WorkerCapacity> workers, int[] sizes, WorkRange range)
    {
        var shares = string.Join("/", sizes.Where(size => size > 0));
        var isEqual = workers.All(worker => worker.RelativeTime == workers[0].RelativeTime);
        var speeds = isEqual ? "of equal speed" : $"whose times are as {string.Join(":", workers.Select(worker => worker.RelativeTime))}";
        return workers.Count == 1 ? $"{range.Count} for the only worker" : $"{range.Count} over {workers.Count} workers {speeds}: {shares}";
    }
}
