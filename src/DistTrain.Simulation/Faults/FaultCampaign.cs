using System.Diagnostics;
using DistTrain.Learning.Engines;

namespace DistTrain.Simulation.Faults;

/// <summary>What many simulated runs gave.</summary>
public sealed class FaultTally
{
    private readonly SortedDictionary<FaultKind, long> faults = [];
    private readonly List<FaultRunResult> failures = [];

    public long Runs { get; private set; }

    public long Deliveries { get; private set; }

    /// <summary>Returns to a checkpoint, or to the beginning where there was none.</summary>
    public long Returns { get; private set; }

    public long Checkpoints { get; private set; }

    public long StepsReplayed { get; private set; }

    /// <summary>Real time.</summary>
    public TimeSpan Elapsed { get; internal set; }

    public double RunsPerMinute => Elapsed > TimeSpan.Zero ? Runs / Elapsed.TotalMinutes : 0;

    public IReadOnlyDictionary<FaultKind, long> Faults => faults;

    /// <summary>Runs in which something happened that must not.</summary>
    public IReadOnlyList<FaultRunResult> Failures => failures;

    public void Add(FaultRunResult run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Runs++;
        Deliveries += run.Deliveries;
        Returns += run.Returns;
        Checkpoints += run.Checkpoints;
        StepsReplayed += run.StepsReplayed;
        foreach (var (kind, count) in run.Faults)
        {
            faults[kind] = faults.GetValueOrDefault(kind) + count;
        }

        if (run.Violation is not null)
        {
            failures.Add(run);
        }
    }
}

/// <summary>Many simulated runs, one seed after another.</summary>
public static class FaultCampaign
{
    /// <summary>Runs the seeds from <paramref name="firstSeed"/> on.</summary>
    /// <param name="runs">At most so many; null for any number.</param>
    /// <param name="time">No run begins after it; null for any time.</param>
    /// <param name="done">Sees each run.</param>
    public static FaultTally Run(ulong firstSeed, long? runs, TimeSpan? time, IEngine engine, Action<FaultRunResult> done, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(done);
        var tally = new FaultTally();
        var start = Stopwatch.GetTimestamp();
        while (!cancellation.IsCancellationRequested && (runs is null || tally.Runs < runs) && (time is null || Stopwatch.GetElapsedTime(start) < time))
        {
            var run = FaultRun.Execute(FaultScenario.Draw(unchecked(firstSeed + (ulong)tally.Runs)), engine);
            tally.Add(run);
            tally.Elapsed = Stopwatch.GetElapsedTime(start);
            done(run);
        }

        return tally;
    }
}
