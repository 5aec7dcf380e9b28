using System.Collections.Immutable;
using DistTrain.Learning;

namespace DistTrain.Study.Experiments;

/// <summary>What is told of a trial that has ended.</summary>
/// <param name="Trial">Its result.</param>
/// <param name="IsKnown">Whether it had been run before, or by another process.</param>
public sealed record TrialEnded(TrialResult Trial, bool IsKnown);

/// <summary>Runs trials side by side, each once, and gives their results in the order in which they were asked for.</summary>
/// <param name="runner">Runs one.</param>
/// <param name="store">Keeps results.</param>
/// <param name="told">Called after each trial, by one thread at a time.</param>
public sealed class TrialPool(ITrialRunner runner, TrialStore store, Action<TrialEnded> told)
{
    private const int MostTries = 3;
    private static readonly TimeSpan OtherProcesses = TimeSpan.FromMilliseconds(500);
    private readonly object telling = new();
    private readonly HashSet<string> runHere = [];
    private int endedHere;

    /// <summary>[requests] their results.</summary>
    /// <param name="requests">In any number.</param>
    /// <param name="parallel">How many of this process run at once, at least 1.</param>
    /// <param name="cancellation">Ends what runs.</param>
    /// <exception cref="OperationCanceledException">It was cancelled; what had ended is kept.</exception>
    /// <exception cref="InvalidInputException">A trial is not possible, or the system failed it time and again.</exception>
    public ImmutableArray<TrialResult> Run(ImmutableArray<TrialRequest> requests, int parallel, CancellationToken cancellation)
    {
        var keys = requests.Select(runner.KeyOf).ToArray();
        var found = new TrialResult?[requests.Length];
        using var failing = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Exception? failure = null;
        var threads = Enumerable.Range(0, Math.Min(parallel, Math.Max(1, requests.Length))).Select(_ => new Thread(() =>
        {
            try
            {
                Work(requests, keys, found, failing.Token);
            }
            catch (Exception cause)
            {
                Interlocked.CompareExchange(ref failure, cause, null);
                failing.Cancel();
            }
        }) { IsBackground = true, Name = "trials" }).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        cancellation.ThrowIfCancellationRequested();
        return failure is null ? [.. found.Select(trial => trial!)] : throw failure;
    }

    private void Work(ImmutableArray<TrialRequest> requests, string[] keys, TrialResult?[] found, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var endedBefore = Volatile.Read(ref endedHere);
            store.Read();
            Collect(requests, keys, found);
            if (Array.TrueForAll(found, trial => trial is not null))
            {
                return;
            }

            var next = Array.FindIndex(keys, key => store.Find(key) is null && store.Claim(key));
            if (next < 0)
            {
                WaitForOthers(endedBefore);
                continue;
            }

            lock (telling)
            {
                runHere.Add(keys[next]);
            }

            RunOne(requests[next], keys[next], cancellation);
            lock (telling)
            {
                endedHere++;
                Monitor.PulseAll(telling);
            }
        }
    }

    /// <summary>The rest is run by other threads, which say so when one ends, or by other processes, which are looked at now and then.</summary>
    private void WaitForOthers(int endedBefore)
    {
        lock (telling)
        {
            if (endedHere == endedBefore)
            {
                Monitor.Wait(telling, OtherProcesses);
            }
        }
    }

    private void Collect(ImmutableArray<TrialRequest> requests, string[] keys, TrialResult?[] found)
    {
        lock (telling)
        {
            for (var i = 0; i < keys.Length; i++)
            {
                if (found[i] is null && store.Find(keys[i]) is { } known)
                {
                    // The same training may have been asked for under another number.
                    found[i] = known with { Request = requests[i] };
                    told(new TrialEnded(found[i]!, IsKnown: !runHere.Contains(keys[i])));
                }
            }
        }
    }

    private void RunOne(TrialRequest request, string key, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            TrialResult result;
            try
            {
                result = runner.Run(request, cancellation);
            }
            catch
            {
                store.Release(key);
                throw;
            }

            store.Add(result);
            if (result.Status != TrialStatus.FailedSystem)
            {
                return;
            }

            if (attempt == MostTries)
            {
                throw new InvalidInputException($"a trial failed {MostTries} times for reasons that are not its own: {result.Explanation}");
            }
        }
    }
}
