using System.Collections.Immutable;
using DistTrain.Learning.Engines;
using DistTrain.Simulation.Faults.Checks;

namespace DistTrain.Simulation.Faults;

/// <summary>What a simulated run gave.</summary>
/// <param name="Violation">What must not happen and did; null where everything held.</param>
/// <param name="Faults">How often what went wrong.</param>
/// <param name="Returns">How often a coordinator looked for a checkpoint to go on from.</param>
/// <param name="StepsReplayed">Steps applied beyond those of the undisturbed run.</param>
/// <param name="Microseconds">Of virtual time.</param>
public sealed record FaultRunResult(
    FaultScenario Scenario, string? Violation, IReadOnlyDictionary<FaultKind, int> Faults, long Deliveries, int Returns, int Checkpoints, long StepsReplayed, long Microseconds);

/// <summary>
/// One run of a cluster of processes under virtual time, in one thread: the real actors, wire, tensors, journal and checkpoints on a disk that loses what was not flushed. First things go wrong, as the seed says; then
/// nothing more does, and the run must end as if nothing had ever happened.
/// </summary>
public static class FaultRun
{
    /// <summary>More happenings than this in the first phase end it.</summary>
    private const long LongestSafetyPhase = 60_000;

    /// <summary>More than this in the second mean that the run does not end.</summary>
    private const long LongestLivenessPhase = 400_000;

    /// <summary>Runs a seed's scenario and checks it.</summary>
    /// <param name="scenario">What to run, and what may happen.</param>
    /// <param name="engine">The kernels.</param>
    /// <param name="trace">Takes the trace line by line; null for none, which is much faster.</param>
    public static FaultRunResult Execute(FaultScenario scenario, IEngine engine, Action<string>? trace = null)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(engine);
        var expected = Undisturbed.Of(scenario.Training, engine);
        var exactlyOnce = new ExactlyOnceCheck(expected, scenario.Training.SampleCount);
        var checkpoints = new CheckpointCheck();
        var watch = new RunWatch(
            [exactlyOnce, new SameBitsCheck(expected), new VersionOrderCheck(), new FencingCheck(), checkpoints, new OutcomeCheck(expected), new HoldingsCheck()], trace);
        var world = new ClusterWorld(scenario, engine, watch);
        var machines = new Machines(scenario, world);
        var faults = new FaultInjector(scenario, world, machines);
        var violation = Run(world, machines, faults, watch);
        return new FaultRunResult(
            scenario,
            violation,
            faults.Counts.ToImmutableSortedDictionary(),
            world.Deliveries,
            checkpoints.Returns,
            checkpoints.Saved,
            Math.Max(0, exactlyOnce.StepsApplied - expected.Ending.LastStep.Value),
            world.Clock.Now);
    }

    private static string? Run(ClusterWorld world, Machines machines, FaultInjector faults, RunWatch watch)
    {
        try
        {
            machines.Begin();
            LetHappen(world, faults);
            if (!world.IsOver)
            {
                return "nothing moves any more, and the run has not ended";
            }

            LookAtRest(world, machines);
            watch.End();
            return null;
        }
        catch (CheckFailedException failed)
        {
            return failed.Message;
        }
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            return $"a process fails: {bug}";
        }
        finally
        {
            foreach (var process in machines.Living)
            {
                process.Host?.Dispose();
            }
        }
    }

    private static void LetHappen(ClusterWorld world, FaultInjector faults)
    {
        long count = 0;
        while (true)
        {
            while (world.Clock.TryTake(out var next))
            {
                if (next.Process is { } process)
                {
                    world.Do(process, () => process.Happen(next.Act));
                }
                else
                {
                    next.Act();
                }

                count++;
                if (count == LongestSafetyPhase && !faults.IsOver && !world.IsOver)
                {
                    faults.End();
                }

                if (count > LongestSafetyPhase + LongestLivenessPhase)
                {
                    throw new CheckFailedException("the run does not end");
                }
            }

            if (faults.IsOver || world.IsOver)
            {
                return;
            }

            faults.End();
        }
    }

    private static void LookAtRest(ClusterWorld world, Machines machines)
    {
        foreach (var process in machines.Living.Where(process => process.Host is not null))
        {
            var isEnded = process is CoordinatorProcess { Ending: not null };
            if (isEnded || process is MemberProcess { IsDone: true, IsStopped: false })
            {
                var (versions, gradients, states) = process.Host!.Existing;
                world.Observe(new ProcessRested(process.Name, isEnded, versions, gradients, states));
            }
        }
    }
}
