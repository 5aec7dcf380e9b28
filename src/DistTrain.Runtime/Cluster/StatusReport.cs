using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Runtime.Links;

namespace DistTrain.Runtime.Cluster;

/// <summary>What a coordinator's process knows of its run.</summary>
/// <param name="Version">Of this program.</param>
/// <param name="RunName">Of the run directory.</param>
/// <param name="MinimumWorkers">With which training begins.</param>
/// <param name="WaitsBelowMinimum">Whether it waits while fewer are left.</param>
/// <param name="Term">This coordinator's.</param>
/// <param name="Incarnation">The shards' present one.</param>
/// <param name="Map">Null before the shards have a place.</param>
/// <param name="Progress">The last that was announced; null before the first.</param>
/// <param name="Ended">How the run ended; null while it has not.</param>
public sealed record RunFacts(
    string Version, string RunName, int MinimumWorkers, bool WaitsBelowMinimum, Term Term, Incarnation Incarnation, ShardMap? Map, TrainingProgressed? Progress, string? Ended);

/// <summary>What a coordinator's process knows of a member.</summary>
/// <param name="Worker">Null for one that holds shards only.</param>
/// <param name="Joined">For how long it has been a member.</param>
/// <param name="Work">What it last said of its work; null where it has said nothing.</param>
public sealed record MemberFacts(NodeId Node, WorkerId? Worker, Introduction Introduction, TimeSpan Joined, WorkerStatus? Work, LinkStatistics Link);

/// <summary>From what a coordinator's process knows to what it tells.</summary>
public static class StatusReport
{
    /// <param name="run">The run.</param>
    /// <param name="coordinator">The coordinator's own process, where members reach it, and how long it has listened.</param>
    /// <param name="members">Everybody else, in any order.</param>
    public static ClusterStatus Build(RunFacts run, (string HostName, int OperatingSystemId, HostAndPort Endpoint, TimeSpan Listening) coordinator, IEnumerable<MemberFacts> members)
    {
        ArgumentNullException.ThrowIfNull(run);
        var own = new MemberStatus(
            NodeId.Coordinator.Value, null, "coordinator", coordinator.HostName, coordinator.OperatingSystemId, coordinator.Endpoint.ToString(), coordinator.Listening.TotalSeconds, null, null, null, null, null);
        ImmutableArray<MemberStatus> all = [own, .. members.Select(Of).OrderBy(member => member.Node)];
        var (phase, explanation) = PhaseOf(run, all.Count(member => member.Worker is not null));
        return new ClusterStatus(
            run.Version,
            run.RunName,
            phase,
            explanation,
            run.Progress?.Epoch ?? 0,
            run.Progress?.Step ?? 0,
            run.Progress?.TotalSteps ?? 0,
            Finite(run.Progress?.MeanLoss),
            Finite(run.Progress?.SamplesPerSecond) ?? 0,
            run.MinimumWorkers,
            run.Term.Value,
            run.Incarnation.Value,
            run.Map?.Version ?? 0,
            run.Map is { } map ? [.. map.Nodes.Select(node => node.Value)] : [],
            all,
            phase == RunPhase.Training ? Slowness.Explain(all) : null);
    }

    private static (RunPhase Phase, string? Explanation) PhaseOf(RunFacts run, int workers)
    {
        if (run.Ended is not null)
        {
            return (RunPhase.Ended, run.Ended);
        }

        var needed = run.Progress is null || run.WaitsBelowMinimum ? run.MinimumWorkers : 1;
        return workers < needed
            ? (RunPhase.WaitingForWorkers, $"{workers} of {needed} workers are there")
            : (RunPhase.Training, null);
    }

    private static MemberStatus Of(MemberFacts member) => new(
        member.Node.Value,
        member.Worker?.Value,
        member.Introduction.Role == MemberRole.Server ? "server" : "worker",
        member.Introduction.HostName,
        member.Introduction.OperatingSystemId,
        member.Introduction.Endpoint.ToString(),
        member.Joined.TotalSeconds,
        member.Work?.Step,
        Finite(member.Work?.SamplesPerSecond),
        Finite(member.Work?.ComputeMilliseconds),
        Finite(member.Work?.WaitMilliseconds),
        new MemberLink(
            member.Link.BytesSent,
            member.Link.BytesReceived,
            Finite(member.Link.SentBytesPerSecond),
            Finite(member.Link.RoundTripMilliseconds),
            member.Link.SinceLastHeartbeat.TotalSeconds,
            Finite(member.Link.LargestHeartbeatGapMilliseconds),
            member.Link.Reconnections));

    /// <summary>JSON has no word for other numbers, and members may say anything.</summary>
    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
