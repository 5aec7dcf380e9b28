using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>
/// Computes what it is assigned, one thing at a time, each on the weight version that it is defined on, and sends the results away. It holds the newest version and whatever
/// older one an evaluation still needs.
/// </summary>
public sealed class WorkerActor : IActor
{
    private readonly WorkerId id;
    private readonly NodeId node;
    private readonly string arithmetic;
    private readonly WorkQueue queue = new();
    private readonly HeldVersions versions = new();
    private readonly SortedSet<(WeightVersion Version, ShardId Shard)> requested = [];
    private Phase phase = Phase.Outside;
    private Header header = Header.Unintroduced;
    private ImmutableArray<ShardId> shards = [];
    private WorkItem? running;
    private bool runningIsOfAnEarlierMembership;

    /// <summary>Why it wants to leave, until it has said so as a member.</summary>
    private string? reasonToLeave;

    /// <param name="id">Unique in the run.</param>
    /// <param name="arithmetic">The arithmetic id of the worker's engine.</param>
    /// <param name="node">The process that it lives in.</param>
    public WorkerActor(WorkerId id, string arithmetic, NodeId node = default)
    {
        this.id = id;
        this.node = node;
        this.arithmetic = arithmetic;
    }

    private enum Phase
    {
        Outside,
        Joining,
        Member,
        Stopping,
        Gone,
    }

    public ActorAddress Address => ActorAddress.Of(id);

    public void Step(Timestamp now, Message message, EffectList effects)
    {
        if (ReasonToRefuse(message) is { } reason)
        {
            effects.Refuse(message, reason);
            LetGoOfWhatItCarries(message, effects);
            return;
        }

        switch (message)
        {
            case Started:
                HandleStarted(effects);
                break;
            case Welcome welcome:
                HandleWelcome(welcome, effects);
                break;
            case JoinRefused refusal:
                HandleJoinRefused(refusal, effects);
                break;
            case WeightsPublished published:
                HandleWeightsPublished(published, effects);
                break;
            case AssignMicroBatches assignment:
                HandleAssignMicroBatches(assignment, effects);
                break;
            case AssignEvaluation assignment:
                HandleAssignEvaluation(assignment, effects);
                break;
            case GradientComputed computed:
                HandleGradientComputed(computed, effects);
                break;
            case BlocksEvaluated evaluated:
                HandleBlocksEvaluated(evaluated, effects);
                break;
            case LeaveAsked asked:
                HandleLeaveAsked(asked, effects);
                break;
            case Stop stop:
                HandleStop(stop, effects);
                break;
            default:
                effects.Refuse(message, "a worker has no use for it");
                break;
        }
    }

    private string? ReasonToRefuse(Message message) => message switch
    {
        LocalMessage => phase == Phase.Gone ? "the worker is gone" : null,
        JoinRefused => phase == Phase.Joining ? null : "the worker has not asked to join",
        Welcome welcome when phase == Phase.Member => IsNewer(welcome.Header) ? null : $"session {header.Session} is newer",
        Welcome => phase == Phase.Joining ? null : "the worker has not asked to join",
        Stop stop when phase == Phase.Member => ReasonToRefuse(stop),
        ActorMessage from when phase == Phase.Member => HeaderRule.ReasonToRefuse(header, from.Header),
        _ => "the worker is not a member",
    };

    /// <summary>The shards may live in a newer incarnation, of which a worker that is to stop has not been told.</summary>
    private string? ReasonToRefuse(Stop stop) =>
        HeaderRule.ReasonToRefuse(stop.Header.Incarnation > header.Incarnation ? header with { Incarnation = stop.Header.Incarnation } : header, stop.Header);

    private void LetGoOfWhatItCarries(Message message, EffectList effects)
    {
        // A member may hold this very version by a valid message, and must not drop that one.
        if (message is WeightsPublished published && phase != Phase.Member)
        {
            effects.Add(new DropWeights(published.Version));
        }
    }

    private void HandleStarted(EffectList effects)
    {
        BecomeJoining();
        effects.Send(ActorAddress.Coordinator, new JoinRequested(Header.Unintroduced, id, node, arithmetic));
    }

    private void HandleWelcome(Welcome welcome, EffectList effects)
    {
        LeaveMembership(effects);
        BecomeMember(welcome);
        foreach (var shard in shards)
        {
            effects.Send(ActorAddress.Of(shard), new Subscribe(header, id));
        }

        AskToLeave(effects);
    }

    /// <summary>It works on until the coordinator lets it go; its open work goes to others then.</summary>
    private void HandleLeaveAsked(LeaveAsked asked, EffectList effects)
    {
        reasonToLeave = asked.Reason;
        AskToLeave(effects);
    }

    private void AskToLeave(EffectList effects)
    {
        if (phase == Phase.Member && reasonToLeave is { } reason)
        {
            effects.Send(ActorAddress.Coordinator, new LeaveRequested(header, id, reason));
        }
    }

    private void HandleJoinRefused(JoinRefused refusal, EffectList effects)
    {
        effects.Refuse(refusal, $"the coordinator does not want {id}: {refusal.Reason}");
        BecomeGone(effects);
    }

    private void HandleWeightsPublished(WeightsPublished published, EffectList effects)
    {
        if (versions.Add(published.Version, published.Shard, shards.Length))
        {
            queue.Withdraw(versions.Newest!.Value);
        }

        LetGoOfVersions(effects);
        RequestOldVersions(effects);
        BeginNext(effects);
    }

    private void HandleAssignMicroBatches(AssignMicroBatches assignment, EffectList effects)
    {
        if (assignment.MiniBatch.Step.Makes <= versions.Newest)
        {
            effects.Refuse(assignment, $"step {assignment.MiniBatch.Step} is over: version {versions.Newest} is here");
            return;
        }

        var work = new GradientWork(assignment.MiniBatch, assignment.Range, assignment.MeasuresNoise);
        queue.Add(work);
        RequestOldVersions(effects);
        BeginNext(effects);
        if (running != work)
        {
            effects.Add(new PrepareSamples(assignment.MiniBatch, assignment.Range));
        }
    }

    private void HandleAssignEvaluation(AssignEvaluation assignment, EffectList effects)
    {
        queue.Add(new EvaluationWork(assignment.Version, assignment.Split, assignment.Blocks));
        RequestOldVersions(effects);
        BeginNext(effects);
    }

    private void HandleGradientComputed(GradientComputed computed, EffectList effects)
    {
        var reasonNotToSend = ReasonNotToSend() ?? (computed.Step.Makes <= versions.Newest ? $"step {computed.Step} is over: version {versions.Newest} is here" : null);
        EndRunning();
        if (reasonNotToSend is not null)
        {
            effects.Refuse(computed, reasonNotToSend);
        }

        var samples = computed.Nodes.Sum(node => (long)node.Statistics.SampleCount);
        foreach (var node in computed.Nodes)
        {
            if (reasonNotToSend is null)
            {
                Contribute(computed, node, samples, effects);
            }

            effects.Add(new ReleaseGradient(node.Gradient));
        }

        GoOn(effects);
    }

    private void Contribute(GradientComputed computed, ComputedNode node, long samples, EffectList effects)
    {
        var share = computed.ElapsedMicroseconds * node.Statistics.SampleCount / samples;
        foreach (var shard in shards)
        {
            effects.Send(ActorAddress.Of(shard), new Contribution(header, id, computed.Step, shard, node.Node, node.Gradient, node.Statistics, share) { SquaredNorms = node.SquaredNorms });
        }
    }

    private void HandleBlocksEvaluated(BlocksEvaluated evaluated, EffectList effects)
    {
        var reasonNotToSend = ReasonNotToSend();
        EndRunning();
        if (reasonNotToSend is not null)
        {
            effects.Refuse(evaluated, reasonNotToSend);
        }
        else
        {
            effects.Send(ActorAddress.Coordinator, new EvaluationBlocksDone(header, id, evaluated.Version, evaluated.Split, evaluated.Blocks));
            LetGoOfVersions(effects);
        }

        GoOn(effects);
    }

    private string? ReasonNotToSend() => phase != Phase.Member ? "the worker stops" : runningIsOfAnEarlierMembership ? "it was assigned in an earlier session" : null;

    private void EndRunning()
    {
        running = null;
        runningIsOfAnEarlierMembership = false;
    }

    private void HandleStop(Stop stop, EffectList effects)
    {
        header = stop.Header;
        BecomeStopping(effects);
        GoOn(effects);
    }

    /// <summary>After a computation has ended, or would have.</summary>
    private void GoOn(EffectList effects)
    {
        if (phase == Phase.Member)
        {
            BeginNext(effects);
        }
        else if (running is null)
        {
            effects.Send(ActorAddress.Coordinator, new WorkerStopped(header, id));
            BecomeGone(effects);
        }
    }

    private void BeginNext(EffectList effects)
    {
        running ??= queue.TakeFirst(versions.Whole) is { } next ? Begin(next, effects) : null;
    }

    private static WorkItem Begin(WorkItem item, EffectList effects)
    {
        effects.Add(item.Begin());
        return item;
    }

    private void LetGoOfVersions(EffectList effects)
    {
        var needed = queue.EvaluatedVersions.ToHashSet();
        if (running is EvaluationWork evaluation)
        {
            needed.Add(evaluation.Version);
        }

        foreach (var version in versions.DropAllBut(needed))
        {
            requested.RemoveWhere(request => request.Version == version);
            effects.Add(new DropWeights(version));
        }
    }

    /// <summary>
    /// A version that a shard is past does not come from it by itself: this worker joined later, or had let go of it. It may be wanted for an evaluation, and for a step which that shard
    /// has made and another has not, because a worker was lost between the two.
    /// </summary>
    private void RequestOldVersions(EffectList effects)
    {
        foreach (var version in queue.VersionsRead)
        {
            foreach (var shard in versions.PastAndMissing(version))
            {
                if (requested.Add((version, shard)))
                {
                    effects.Send(ActorAddress.Of(shard), new RequestWeights(header, id, version));
                }
            }
        }
    }

    private bool IsNewer(Header other) =>
        (other.Term.Value, other.Incarnation.Value, other.Session.Value).CompareTo((header.Term.Value, header.Incarnation.Value, header.Session.Value)) > 0;

    /// <summary>Lets go of everything that belongs to the membership; what is being computed ends by itself, and is not sent.</summary>
    private void LeaveMembership(EffectList effects)
    {
        queue.Clear();
        requested.Clear();
        runningIsOfAnEarlierMembership = running is not null;
        foreach (var version in versions.DropAll())
        {
            effects.Add(new DropWeights(version));
        }
    }

    private void BecomeJoining()
    {
        Require(Phase.Outside);
        phase = Phase.Joining;
    }

    /// <summary>From outside, or from an earlier membership that ended without the worker's knowledge.</summary>
    private void BecomeMember(Welcome welcome)
    {
        if (phase != Phase.Member)
        {
            Require(Phase.Joining);
        }

        phase = Phase.Member;
        header = welcome.Header;
        shards = [.. welcome.Map.Shards];
    }

    private void BecomeStopping(EffectList effects)
    {
        Require(Phase.Member);
        phase = Phase.Stopping;
        LeaveMembership(effects);
    }

    private void BecomeGone(EffectList effects)
    {
        phase = Phase.Gone;
        effects.Add(new Retire());
    }

    private void Require(Phase expected)
    {
        if (phase != expected)
        {
            throw new InvalidOperationException($"{id} is {phase}, not {expected}");
        }
    }
}
