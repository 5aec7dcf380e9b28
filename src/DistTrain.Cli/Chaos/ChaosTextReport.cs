using System.Collections.Immutable;
using DistTrain.Runtime.Faults;
using static DistTrain.Cli.Chaos.ChaosText;

namespace DistTrain.Cli.Chaos;

/// <summary>A line for each fault as it happens, and figures in the end.</summary>
internal sealed class ChaosTextReport(TextWriter output) : IChaosReport
{
    private const int HashCharacters = 12;
    private int planned;

    public void Begin(ChaosRequest request, ImmutableArray<PlannedFault> planned, string folder)
    {
        this.planned = planned.Length;
        var configuration = request.Configuration;
        var kills = planned.Count(fault => fault.Kind == FaultKind.Kill);
        Write($"{kills} kills, {planned.Length - kills} stops and cuts, of {string.Join(", ", request.Roles).ToLowerInvariant()}, drawn from seed {configuration.Seed}");
        Write($"training  {configuration.Data}, {configuration.Model.ShortForm ?? "layers"}, batches of {configuration.BatchSize}, {configuration.Epochs} epochs; again and again until all faults are made");
        Write($"cluster   1 coordinator, {request.Servers} servers, {configuration.Workers} workers; {request.Shards} shards, placement {request.Placement.ToString().ToLowerInvariant()}; every member's line to the coordinator can be cut");
        Write($"times     heartbeat {configuration.HeartbeatMilliseconds} ms, given up after {configuration.SilenceSeconds} s of silence and {configuration.ReconnectSeconds} s of looking");
        Write($"bounds    a crash may cost {request.MaxLostSeconds} s of training, and {request.RestartSeconds} s until everybody has joined again; standing still for {request.GiveUpSeconds} s is a failure");
        Write($"folder    {folder}");
        Write($"");
    }

    public void ReferenceEnded(RunFacts reference, int workers, double seconds)
    {
        Write($"undisturbed, {workers} {(workers == 1 ? "worker" : "workers")} in one process: {reference.Epochs.Length} epochs in {seconds:F1} s, weights {Short(reference.Hash)}");
        Write($"");
        Write($"{"fault",7}  {"at",7}  {"what",-22}  {"whom",-11}  {"where",-28}  {"recovered",9}  what the cluster did");
    }

    public void RoundBegins(int number, double at) => Write($"{"",7}  {at,5:F1} s  training {number} begins");

    public void Made(FaultFacts fault) => Write(
        $"{$"{fault.Plan.Number}/{planned}",7}  {fault.At,5:F1} s  {What(fault.Plan, fault.Died),-22}  {fault.Whom,-11}  {Phase(fault.Died),-28}  {(fault.RecoverySeconds is { } seconds ? Text($"{seconds:F1} s") : "never"),9}  {fault.Effect}");

    public void Incident(double at, string sentence) => Write($"{"",7}  {at,5:F1} s  {sentence}");

    public void RoundEnded(int number, RoundFacts round, double at) => Write(
        $"{"",7}  {at,5:F1} s  training {number} {round.Outcome ?? "did not end"}: {round.Run.Epochs.Length} epochs, {round.Steps:N0} steps, {round.Computed:N0} made, weights {Short(round.Run.Hash)}");

    public void End(ChaosFacts facts, ImmutableArray<string> reasons, double seconds)
    {
        Write($"");
        Write($"faults");
        foreach (var kind in facts.Faults.GroupBy(KindOf).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            Write($"  {kind.Key,-24} {kind.Count(),4}");
        }

        Write($"where the processes died");
        foreach (var row in Histogram(facts))
        {
            Write($"  {row}");
        }

        WriteCosts(facts);
        Write($"weights");
        Write($"  undisturbed  {facts.Reference.Hash}");
        foreach (var (round, i) in facts.Rounds.Select((round, i) => (round, i)))
        {
            Write($"  training {i + 1,-3} {round.Run.Hash}");
        }

        Write($"");
        Write($"{(reasons.IsEmpty ? "PASS" : "FAIL")}: {facts.Faults.Length} faults in {facts.Rounds.Length} {(facts.Rounds.Length == 1 ? "training" : "trainings")} and {seconds:F0} s{(reasons.IsEmpty ? ", every one with the bits and the reports of the undisturbed run" : "")}");
        foreach (var reason in reasons)
        {
            Write($"  {reason}");
        }
    }

    /// <summary>One row a phase, with its bar.</summary>
    internal static IEnumerable<string> Histogram(ChaosFacts facts)
    {
        FaultPoint?[] phases = [.. ChaosSchedule.Phases, FaultPoint.Journal, null];
        var kills = facts.Faults.Where(fault => fault.Plan.Kind == FaultKind.Kill).ToArray();
        foreach (var phase in phases)
        {
            var count = kills.Count(fault => fault.Died == phase);
            var wanted = phase is { } point && facts.Required.TryGetValue(point, out var least) ? $" (at least {least})" : "";
            yield return $"{Phase(phase),-28} {count,3} {new string('#', count)}{wanted}";
        }
    }

    private static string KindOf(FaultFacts fault) =>
        $"{(fault.Plan.Kind == FaultKind.Kill ? "kill -9" : fault.Plan.Kind == FaultKind.Stop ? "stop" : "cut")} {fault.Plan.Role.ToString().ToLowerInvariant()}";

    private void WriteCosts(ChaosFacts facts)
    {
        var crashes = facts.Faults.Where(fault => fault.Returns.Length > 0).ToArray();
        Write($"training thrown away, of {crashes.Length} faults that returned to a checkpoint (from the commit of the checkpoint's step to the fault; at most {facts.Bounds.LostSeconds} s allowed)");
        Write($"  {Spread(crashes.Select(fault => fault.LostSeconds))}");
        Write($"steps: {facts.Rounds.Sum(round => round.Steps):N0} of the trainings, {facts.Rounds.Sum(round => round.Computed):N0} told of; {facts.Faults.Sum(fault => fault.ReplayedSteps):N0} made again, {facts.Faults.Sum(fault => fault.Returns.Sum(back => back.Allowed)):N0} allowed");
        Write($"recovery, from the fault to the first step that was not under way when it came (stops and cuts included)");
        foreach (var role in facts.Faults.Where(fault => fault.RecoverySeconds is not null).GroupBy(fault => fault.Plan.Role).OrderBy(group => group.Key))
        {
            Write($"  {role.Key.ToString().ToLowerInvariant(),-12} {Spread(role.Select(fault => fault.RecoverySeconds!.Value))}");
        }

        if (facts.Faults.MaxBy(fault => fault.RecoverySeconds ?? 0) is { } slowest)
        {
            Write($"  slowest      fault {slowest.Plan.Number}: {What(slowest.Plan, slowest.Died)} {slowest.Whom}, {Phase(slowest.Died)}: {slowest.RecoverySeconds:F1} s");
        }
    }

    private static string Spread(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? "none" : Text($"median {sorted[sorted.Length / 2]:F2} s, worst {sorted[^1]:F2} s, of {sorted.Length}");
    }

    private static string Short(string? hash) => hash is null ? "unknown" : hash[..Math.Min(HashCharacters, hash.Length)];

    private void Write(FormattableString line)
    {
        output.WriteLine(Text(line).TrimEnd());
        output.Flush();
    }
}
