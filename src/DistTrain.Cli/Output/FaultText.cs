using System.Globalization;
using DistTrain.Simulation.Faults;

namespace DistTrain.Cli.Output;

/// <summary>Simulated runs, for people and for machines.</summary>
internal static class FaultText
{
    public static string Failure(FaultRunResult run, string version) =>
        $"FAILED seed {run.Scenario.Seed}: {run.Violation}\n       {Describe(run.Scenario)}\n       disttrain {version}; again with: disttrain simulate --seed {run.Scenario.Seed} --trace FILE";

    public static string FailureJson(FaultRunResult run, string version) => JsonEvents.Object(json =>
    {
        json.WriteString("event", "violation");
        json.WriteNumber("seed", run.Scenario.Seed);
        json.WriteString("violation", run.Violation);
        json.WriteString("scenario", Describe(run.Scenario));
        json.WriteString("version", version);
    });

    public static string Summary(ulong firstSeed, FaultTally tally)
    {
        string[] faults = [.. Enum.GetValues<FaultKind>().Select(kind => $"{WordsOf(kind)} {Count(tally.Faults.GetValueOrDefault(kind))}")];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {tally.Runs:N0} {(tally.Runs == 1 ? "run" : "runs")} from seed {firstSeed} in {tally.Elapsed.TotalSeconds:F1} s, {tally.RunsPerMinute:N0} a minute; {tally.Deliveries:N0} messages
            faults      {string.Join(", ", faults)}
            recoveries  {tally.Returns:N0} returns to a checkpoint or to the beginning, {tally.Checkpoints:N0} checkpoints, {tally.StepsReplayed:N0} steps made again
            {(tally.Failures.Count == 0 ? "PASS" : $"FAIL: {tally.Failures.Count:N0} of {tally.Runs:N0} runs")}
            """);
    }

    public static string SummaryJson(ulong firstSeed, FaultTally tally) => JsonEvents.Object(json =>
    {
        json.WriteString("event", "simulated");
        json.WriteNumber("firstSeed", firstSeed);
        json.WriteNumber("runs", tally.Runs);
        json.WriteNumber("failed", tally.Failures.Count);
        json.WriteNumber("messages", tally.Deliveries);
        json.WriteNumber("returns", tally.Returns);
        json.WriteNumber("checkpoints", tally.Checkpoints);
        json.WriteNumber("stepsReplayed", tally.StepsReplayed);
        json.WriteFinite("seconds", tally.Elapsed.TotalSeconds);
        json.WriteFinite("runsPerMinute", tally.RunsPerMinute);
        json.WriteStartObject("faults");
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            json.WriteNumber($"{char.ToLowerInvariant($"{kind}"[0])}{$"{kind}"[1..]}", tally.Faults.GetValueOrDefault(kind));
        }

        json.WriteEndObject();
        json.WriteBoolean("passed", tally.Failures.Count == 0);
    });

    private static string Describe(FaultScenario scenario) =>
        $"{scenario.Workers} workers, {scenario.Servers} servers, {scenario.Shards?.ToString(CultureInfo.InvariantCulture) ?? "as many as nodes"} shards ({scenario.Placement}), {scenario.Training.Optimizer}"
        + $"{(scenario.Training.ClipNorm > 0 ? " with clipping" : "")}, {scenario.Training.SampleCount} samples, {scenario.Training.Epochs} epochs, stopping {scenario.Training.Stopping}";

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string WordsOf(FaultKind kind) => kind switch
    {
        FaultKind.MemberKilled => "members killed",
        FaultKind.CoordinatorKilled => "coordinators killed",
        FaultKind.KilledBetweenEffects => "killed between two effects",
        FaultKind.KilledAtDiskOperation => "killed at a disk operation",
        FaultKind.MachineCrashed => "machines crashed",
        FaultKind.AllKilled => "all killed",
        FaultKind.MemberStopped => "members stopped",
        FaultKind.CoordinatorStopped => "coordinators stopped",
        FaultKind.CoordinatorSuperseded => "coordinators superseded",
        FaultKind.LinkCut => "links cut",
        FaultKind.Partitioned => "partitions",
        FaultKind.DiskFull => "disks full",
        FaultKind.ClockJumped => "clock jumps",
        FaultKind.MemberLeft => "members left",
        FaultKind.MemberJoined => "members joined",
        _ => "runs interrupted",
    };
}
