using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Faults;

namespace DistTrain.Cli.Chaos;

/// <summary>
/// One training under faults, from its start to its end. One fault at a time: when every process is a member and training goes on, a drawn pause, the fault, and then a wait until training is further than before and the
/// process that was hit is back.
/// </summary>
internal sealed class ChaosRound(
    ChaosRequest request, ChaosCluster cluster, LinkedList<PlannedFault> planned, ConcurrentQueue<ProcessLine> lines, Func<double> clock, IChaosReport report, CancellationToken cancellation)
{
    /// <summary>A process that has not passed its point by then is killed from outside, and the point is tried again later.</summary>
    private const double PatienceAtPoint = 20;

    private const int MostAttempts = 3;

    private const double SecondsBetweenQuestions = 0.2;

    /// <summary>Steps are planned so many ahead of the last that is committed.</summary>
    private const int PlannedAhead = 3;

    /// <summary>Of a process that ended without being told to.</summary>
    private const double SecondsBeforeReplacement = 0.5;

    private static readonly TimeSpan PatienceAtTheEnd = TimeSpan.FromSeconds(15);

    private readonly RunWatch watch = new();
    private readonly List<FaultFacts> made = [];
    private FaultInProgress? fault;
    private ClusterStatus? whole;
    private double wholeSince;
    private double askedAt;
    private double waitsSince;
    private string waitsFor = "the run to begin";

    public IReadOnlyList<FaultFacts> Made => made;

    public RunWatch Watch => watch;

    /// <summary>Runs until the training has ended, somebody interrupts, or nothing moves any more.</summary>
    /// <returns>Null, or why it was given up.</returns>
    public string? Run()
    {
        foreach (var member in cluster.Members)
        {
            cluster.Start(member);
        }

        waitsSince = clock();
        while (watch.Outcome is null && !cancellation.IsCancellationRequested)
        {
            Read();
            TendProcesses();
            Advance();
            if (clock() - Math.Max(waitsSince, planned.Count == 0 && fault is null ? watch.LastMoved : 0) > request.GiveUpSeconds)
            {
                TellStatus();
                return string.Create(CultureInfo.InvariantCulture, $"nothing moved for {request.GiveUpSeconds:G4} s: waited for {waitsFor} at step {watch.Furthest} of {watch.TotalSteps}");
            }

            Thread.Sleep(5);
        }

        EndFaultWithRun();
        WaitForEnds();
        return null;
    }

    /// <summary>What the coordinator says of a cluster that does not move.</summary>
    private void TellStatus()
    {
        var status = cluster.Ask();
        report.Incident(Now, status is null
            ? "the coordinator does not say how it stands"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"the coordinator says: {status.Phase}, step {status.Step}, incarnation {status.Incarnation}, shards on {string.Join(" and ", status.ShardNodes.Select(node => $"node-{node}"))}, members {string.Join(", ", status.Members.Select(member => $"{member.Name} (process {member.ProcessId})"))}{(status.Explanation is { } why ? $"; {why}" : "")}"));
    }

    private double Now => clock();

    private void Read()
    {
        while (lines.TryDequeue(out var line))
        {
            if (line.Process != cluster.Coordinator.Process)
            {
                continue;
            }

            if (line.IsError)
            {
                watch.HandleSentence(line.At, line.Text);
            }
            else
            {
                watch.HandleLine(line.At, line.Text, fault?.At);
            }
        }
    }

    private void TendProcesses()
    {
        foreach (var member in cluster.Members)
        {
            if (member is { Process.HasEnded: true, StartsAt: null })
            {
                HandleEnd(member, member.Process);
            }

            if (member.StartsAt <= Now)
            {
                cluster.Start(member);
            }
        }
    }

    private void HandleEnd(ChaosMember member, ChaosProcess process)
    {
        // Its last lines may say that the run is over.
        Read();
        if (watch.Outcome is not null)
        {
            return;
        }

        if (fault is { Plan.Kind: FaultKind.Kill } current && current.Victim == member && (current.At is not null || process.DiedAt is not null))
        {
            if (current.At is null)
            {
                Happen(current, process.DiedAt);
            }

            member.StartsAt = current.At + current.Plan.LastsSeconds;
            return;
        }

        // Members may hear that the run is over before this process does.
        if (process.ExitCode != 0)
        {
            report.Incident(Now, $"{member.Name} ended by itself with exit code {process.ExitCode}: {process.LastWords}");
        }

        member.StartsAt = Now + SecondsBeforeReplacement;
    }

    private void Advance()
    {
        if (fault is { At: null } armed)
        {
            AwaitDeath(armed);
        }
        else if (fault is not null)
        {
            AwaitRecovery(fault);
        }
        else if (planned.Count > 0)
        {
            AwaitWholeness(planned.First!.Value);
        }
        else
        {
            waitsFor = "the run to end";
        }
    }

    private void AwaitWholeness(PlannedFault next)
    {
        if (whole is null)
        {
            waitsFor = "every process to be a member of a cluster that trains";
            if (Now - askedAt >= SecondsBetweenQuestions)
            {
                askedAt = Now;
                var status = cluster.Members.All(member => member is { Process.HasEnded: false }) ? cluster.Ask() : null;
                (whole, wholeSince) = (IsWhole(status) ? status : null, Now);
            }
        }
        else if (Now - wholeSince >= next.PauseSeconds)
        {
            planned.RemoveFirst();
            Make(next, whole);
        }
    }

    private bool IsWhole(ClusterStatus? status)
    {
        var known = status?.Members.Select(member => member.ProcessId).ToHashSet();
        return known is not null && status is { Phase: RunPhase.Training } && watch.LastStepAt >= waitsSince && cluster.Members.All(member => known.Contains(member.Process!.Id));
    }

    private void Make(PlannedFault plan, ClusterStatus status)
    {
        whole = null;
        var candidates = cluster.Members.Where(member => member.Role == plan.Role).ToArray();
        if (plan.Point == FaultPoint.Apply)
        {
            // Only while another process holds another shard is it sure that a step is applied there and not here.
            var holders = candidates.Where(member => ShardsOf(member, status) is { } held && held.Length > 0 && (held.Length < status.ShardNodes.Length || member == cluster.Coordinator)).ToArray();
            candidates = holders.Length > 0 ? holders : candidates;
        }

        fault = new FaultInProgress(plan, candidates[plan.Choice % candidates.Length], Now);
        Wait("a process to die where it was told to");
        if (plan is { Kind: FaultKind.Kill, Point: { } point })
        {
            fault.Victim.Process!.DieAt(point, plan.Count);
        }
        else
        {
            MakeFromOutside(fault);
        }
    }

    private static ImmutableArray<int>? ShardsOf(ChaosMember member, ClusterStatus status) =>
        status.Members.FirstOrDefault(known => known.ProcessId == member.Process!.Id) is { } found
            ? [.. Enumerable.Range(0, status.ShardNodes.Length).Where(shard => status.ShardNodes[shard] == found.Node)]
            : null;

    private void MakeFromOutside(FaultInProgress current)
    {
        switch (current.Plan.Kind)
        {
            case FaultKind.Kill:
                current.Victim.Process!.Kill();
                break;
            case FaultKind.Stop:
                current.Victim.Process!.Stop();
                break;
            case FaultKind.Cut:
                foreach (var line in LinesOf(current.Victim))
                {
                    if (current.Plan.IsSilent)
                    {
                        line.Hold();
                    }
                    else
                    {
                        line.Cut();
                    }
                }

                break;
        }

        Happen(current, died: null);
    }

    /// <summary>The coordinator's are everybody's.</summary>
    private IEnumerable<CutLine> LinesOf(ChaosMember victim) => victim.Line is { } own ? [own] : cluster.Members.Select(member => member.Line).OfType<CutLine>();

    private void Happen(FaultInProgress current, FaultPoint? died)
    {
        Read();
        current.Happen(Now, died, watch.Furthest, PlannedAhead + watch.MostAtOnce);
        Wait($"training to go on after fault {current.Plan.Number} ({ChaosText.What(current.Plan, died)} {current.Victim.Name})");
    }

    private void Wait(string what)
    {
        waitsFor = what;
        waitsSince = Now;
    }

    private void AwaitDeath(FaultInProgress armed)
    {
        if (armed.Victim.StartsAt is not null)
        {
            // It has ended in another way.
            TryAgainLater(armed.Plan);
            fault = null;
        }
        else if (Now - armed.ArmedAt > PatienceAtPoint)
        {
            TryAgainLater(armed.Plan);
            armed.Victim.Process!.Kill();
            Happen(armed, died: null);
        }
    }

    private void TryAgainLater(PlannedFault plan)
    {
        if (plan.Attempts < MostAttempts)
        {
            planned.AddLast(plan with { Attempts = plan.Attempts + 1, Count = 1 });
        }
    }

    private void AwaitRecovery(FaultInProgress current)
    {
        if (current.EndsAt <= Now)
        {
            current.EndsAt = null;
            if (current.Plan.Kind == FaultKind.Stop)
            {
                current.Victim.Process!.GoOn();
            }

            foreach (var line in current.Plan.Kind == FaultKind.Cut ? LinesOf(current.Victim) : [])
            {
                line.Heal();
            }
        }

        current.RecoveredAt ??= watch.FirstBeyond(current.Beyond, current.At!.Value);
        if (current is { EndsAt: null, RecoveredAt: not null })
        {
            Finish(current);
        }
    }

    private void Finish(FaultInProgress current)
    {
        var at = current.At!.Value;
        var returns = watch.ReturnsSince(at);
        if (returns.IsEmpty && current.RecoveredAt is { } recovered)
        {
            watch.AddPause(at, recovered);
        }

        var facts = new FaultFacts(
            current.Plan, current.Victim.Name, at, current.Step, current.Died, returns, current.RecoveredAt - at, current.Plan.LastsSeconds, ChaosText.Effect(returns, watch.NoticesSince(at)));
        made.Add(facts);
        report.Made(facts);
        fault = null;
        Wait("the next fault");
    }

    /// <summary>The last steps may be made before a fault that was being prepared, which is then left for the next round; or right after one.</summary>
    private void EndFaultWithRun()
    {
        if (fault is { At: null } armed)
        {
            TryAgainLater(armed.Plan);
        }
        else if (fault is { } current && watch.Outcome is not null)
        {
            current.RecoveredAt ??= watch.LastMoved;
            if (current is { Plan.Kind: FaultKind.Stop, EndsAt: not null })
            {
                current.Victim.Process!.GoOn();
            }

            Finish(current);
        }

        fault = null;
    }

    private void WaitForEnds()
    {
        var deadline = Now + (cancellation.IsCancellationRequested ? 0 : PatienceAtTheEnd.TotalSeconds);
        while (cluster.Members.Any(member => member is { Process.HasEnded: false }) && Now < deadline)
        {
            Thread.Sleep(10);
        }
    }
}
