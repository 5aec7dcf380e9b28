using System.Collections.Immutable;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>
/// Collects the contributions to each step, applies the step when its tree is complete, publishes the new weights and keeps the ledger. It holds the newest version, the one it
/// is being made from, and those with which an epoch ended until they are released.
/// </summary>
public sealed class ParameterServerActor : IActor
{
    private readonly SortedDictionary<WorkerId, SessionNumber> subscribers = [];
    private readonly Dictionary<WorkerId, SessionNumber> endedSessions = [];
    private readonly SortedDictionary<StepNumber, OpenStep> openSteps = [];
    private readonly SortedSet<WeightVersion> keptVersions = [];
    private readonly ShardId shard;
    private Phase phase = Phase.Idle;
    private Header header = Header.Unintroduced;
    private WeightVersion version;
    private OpenStep? applying;
    private StepNumber? lastStep;
    private WeightVersion? leave;
    private readonly OpenLedger ledger = new();

    /// <summary>Since the last commit.</summary>
    private long recomputedSamples;
    private WeightVersion? delivered;

    public ParameterServerActor(ShardId shard)
    {
        this.shard = shard;
    }

    private enum Phase
    {
        Idle,
        Initializing,
        Serving,

        /// <summary>A step was not finite: nothing more is applied.</summary>
        Broken,

        Closing,
        Gone,
    }

    public ActorAddress Address => ActorAddress.Of(shard);

    public void Step(Timestamp now, Message message, EffectList effects)
    {
        if (ReasonToRefuse(message) is { } reason)
        {
            effects.Refuse(message, reason);
            ReleaseWhatItCarries(message, effects);
            return;
        }

        switch (message)
        {
            case Started:
                break;
            case StartServing start:
                HandleStartServing(start, effects);
                break;
            case WeightsInitialized initialized:
                HandleWeightsInitialized(initialized, effects);
                break;
            case Subscribe subscribe:
                HandleSubscribe(subscribe, effects);
                break;
            case EndSession end:
                HandleEndSession(end, effects);
                break;
            case PlanStep plan:
                HandlePlanStep(plan, effects);
                break;
            case Contribution contribution:
                HandleContribution(contribution, effects);
                break;
            case UpdateApplied applied:
                HandleUpdateApplied(applied, effects);
                break;
            case RequestWeights request:
                HandleRequestWeights(request, effects);
                break;
            case ReleaseVersion release:
                HandleReleaseVersion(release, effects);
                break;
            case StopAfter stop:
                HandleStopAfter(stop, effects);
                break;
            default:
                effects.Refuse(message, "a parameter server has no use for it");
                break;
        }
    }

    private string? ReasonToRefuse(Message message) => message switch
    {
        LocalMessage => phase == Phase.Gone ? "the server is gone" : null,
        StartServing => phase == Phase.Idle ? null : "the server serves already",
        _ when phase is Phase.Idle or Phase.Gone => $"the server is {(phase == Phase.Idle ? "not serving yet" : "gone")}",
        Contribution when phase is Phase.Broken or Phase.Closing => "no more steps are made",
        Subscribe subscribe => ReasonToRefuseToSubscribe(subscribe),
        Contribution contribution => ReasonToRefuse(contribution.Worker, contribution.Header),
        RequestWeights request => ReasonToRefuse(request.Worker, request.Header),
        ActorMessage from => HeaderRule.ReasonToRefuse(header, from.Header),
        _ => null,
    };

    private string? ReasonToRefuse(WorkerId worker, Header received)
    {
        var isSubscriber = subscribers.TryGetValue(worker, out var session);
        return HeaderRule.ReasonToRefuse(header.For(isSubscriber ? session : received.Session), received) ?? (isSubscriber ? null : $"{worker} has no session here (any more)");
    }

    private string? ReasonToRefuseToSubscribe(Subscribe subscribe)
    {
        var session = subscribe.Header.Session;
        var hasEnded = endedSessions.TryGetValue(subscribe.Worker, out var ended) && session <= ended;
        return HeaderRule.ReasonToRefuse(header.For(session), subscribe.Header) ?? (hasEnded ? $"session {session} of {subscribe.Worker} has ended" : null);
    }

    private void ReleaseWhatItCarries(Message message, EffectList effects)
    {
        if (message is not Contribution contribution)
        {
            return;
        }

        effects.Add(new ReleaseGradient(contribution.Gradient));
        if (HeaderRule.ReasonToRefuse(header.For(contribution.Header.Session), contribution.Header) is null)
        {
            // Only its session has ended: the worker was lost, and others compute its samples again.
            recomputedSamples += contribution.Statistics.SampleCount;
        }
    }

    private void HandleStartServing(StartServing start, EffectList effects)
    {
        BecomeInitializing(start.Header);
        effects.Add(new InitializeWeights(shard) { Incarnation = header.Incarnation });
    }

    private void HandleWeightsInitialized(WeightsInitialized initialized, EffectList effects)
    {
        BecomeServing(initialized.Version);
        effects.Send(ActorAddress.Coordinator, new ServerReady(header, shard, version));
        Publish(effects);
        CloseIfDone(effects);
    }

    private void HandleSubscribe(Subscribe subscribe, EffectList effects)
    {
        subscribers[subscribe.Worker] = subscribe.Header.Session;
        if (phase == Phase.Serving)
        {
            PublishTo(subscribe.Worker, version, effects);
        }
    }

    private void HandleEndSession(EndSession end, EffectList effects)
    {
        endedSessions[end.Worker] = end.WorkerSession;
        if (subscribers.TryGetValue(end.Worker, out var session) && session <= end.WorkerSession)
        {
            subscribers.Remove(end.Worker);
        }

        foreach (var open in end.OpenRanges)
        {
            ImmutableArray<TreeNode> missing = open.Step.Makes <= version || !openSteps.TryGetValue(open.Step, out var step)
                ? []
                : StepCompletion.Decide(open.Range, step.Nodes).Missing;
            effects.Send(ActorAddress.Coordinator, new NodesMissing(header, shard, open.Step, missing, $"{end.Worker} was lost"));
        }
    }

    private void HandlePlanStep(PlanStep plan, EffectList effects)
    {
        foreach (var early in OpenStepOf(plan.MiniBatch.Step).SetPlan(plan))
        {
            HandleContribution(early, effects);
        }
    }

    private void HandleContribution(Contribution contribution, EffectList effects)
    {
        openSteps.TryGetValue(contribution.Step, out var step);
        var decision = ContributionRule.Decide(contribution, version, step?.Plan?.MiniBatch, step?.Nodes ?? []);
        switch (decision.Verdict)
        {
            case ContributionVerdict.Accept:
                step!.Accept(contribution);
                ApplyIfComplete(step, effects);
                break;
            case ContributionVerdict.Wait:
                OpenStepOf(contribution.Step).Wait(contribution);
                break;
            default:
                Discard(contribution, decision, effects);
                break;
        }
    }

    private void Discard(Contribution contribution, ContributionDecision decision, EffectList effects)
    {
        effects.Refuse(contribution, decision.Reason);
        effects.Add(new ReleaseGradient(contribution.Gradient));
        if (decision.Verdict == ContributionVerdict.Recomputed)
        {
            recomputedSamples += contribution.Statistics.SampleCount;
        }

        if (!decision.Missing.IsEmpty)
        {
            effects.Send(ActorAddress.Coordinator, new NodesMissing(header, shard, contribution.Step, decision.Missing, decision.Reason));
        }
    }

    private void ApplyIfComplete(OpenStep step, EffectList effects)
    {
        if (phase != Phase.Serving || applying is not null || !step.IsComplete)
        {
            return;
        }

        if (!double.IsFinite(step.FoldStatistics().LossSum))
        {
            BecomeBroken(step, null, effects);
            return;
        }

        applying = step;
        effects.Add(step.Reduction(shard));
    }

    private void HandleUpdateApplied(UpdateApplied applied, EffectList effects)
    {
        var step = applying ?? throw new InvalidOperationException($"{shard} is told that step {applied.Step} is applied, but applies none");
        applying = null;
        if (applied.FirstNonFiniteChunk is { } chunk)
        {
            effects.Add(new DropWeights(applied.Step.Makes));
            BecomeBroken(step, chunk, effects);
            return;
        }

        Commit(step, applied, effects);
        CloseIfDone(effects);
    }

    private void Commit(OpenStep step, UpdateApplied applied, EffectList effects)
    {
        var plan = step.Plan!;
        var old = version;
        version = plan.MiniBatch.Step.Makes;
        openSteps.Remove(plan.MiniBatch.Step);
        Release(step, effects);
        if (lastStep != plan.MiniBatch.Step)
        {
            Publish(effects);
        }

        var entry = step.ToLedgerEntry();
        ledger.Record(entry, recomputedSamples);
        var closed = plan.EndsEpoch ? ledger.Close(plan.MiniBatch) : null;
        effects.Send(ActorAddress.Coordinator, new StepCommitted(header, shard, plan.MiniBatch.Step, new StepRecord(entry, step.FoldStatistics(), recomputedSamples, closed)) { Measures = applied.Measures });
        recomputedSamples = 0;
        if (plan.EndsEpoch)
        {
            keptVersions.Add(version);
            Deliver(version, effects);
        }

        if (!keptVersions.Contains(old))
        {
            effects.Add(new DropWeights(old));
        }
    }

    private void HandleRequestWeights(RequestWeights request, EffectList effects)
    {
        if (request.Version == version || keptVersions.Contains(request.Version))
        {
            PublishTo(request.Worker, request.Version, effects);
        }
        else
        {
            effects.Refuse(request, $"version {request.Version} is not held: the newest is {version}");
        }
    }

    private void HandleReleaseVersion(ReleaseVersion release, EffectList effects)
    {
        if (keptVersions.Remove(release.Version) && release.Version != version)
        {
            effects.Add(new DropWeights(release.Version));
        }
    }

    private void HandleStopAfter(StopAfter stop, EffectList effects)
    {
        leave = stop.Leave;
        lastStep = lastStep is { } earlier && earlier < stop.Step ? earlier : stop.Step;
        CloseIfDone(effects);
    }

    private void CloseIfDone(EffectList effects)
    {
        var isSettled = phase is Phase.Serving or Phase.Broken && applying is null;
        if (isSettled && version >= lastStep?.Makes)
        {
            BecomeClosing(effects);
        }
    }

    private void Deliver(WeightVersion made, EffectList effects)
    {
        delivered = made;
        effects.Send(ActorAddress.Coordinator, new WeightsDelivered(header, shard, made));
    }

    /// <summary>The version that the run leaves.</summary>
    private WeightVersion Result => leave ?? version;

    private void Publish(EffectList effects)
    {
        foreach (var worker in subscribers.Keys)
        {
            PublishTo(worker, version, effects);
        }
    }

    private void PublishTo(WorkerId worker, WeightVersion published, EffectList effects) =>
        effects.Send(ActorAddress.Of(worker), new WeightsPublished(header.For(subscribers[worker]), shard, published));

    private OpenStep OpenStepOf(StepNumber step)
    {
        if (!openSteps.TryGetValue(step, out var open))
        {
            openSteps[step] = open = new OpenStep();
        }

        return open;
    }

    private static void Release(OpenStep step, EffectList effects)
    {
        foreach (var gradient in step.Gradients)
        {
            effects.Add(new ReleaseGradient(gradient));
        }
    }

    private void BecomeInitializing(Header introduced)
    {
        Require(phase == Phase.Idle, Phase.Initializing);
        phase = Phase.Initializing;
        header = introduced;
    }

    private void BecomeServing(WeightVersion initial)
    {
        Require(phase == Phase.Initializing, Phase.Serving);
        phase = Phase.Serving;
        version = initial;
    }

    private void BecomeBroken(OpenStep step, int? chunk, EffectList effects)
    {
        Require(phase == Phase.Serving, Phase.Broken);
        phase = Phase.Broken;
        effects.Send(ActorAddress.Coordinator, new StepNotFinite(header, shard, step.Plan!.MiniBatch.Step, chunk));
    }

    private void BecomeClosing(EffectList effects)
    {
        Require(phase is Phase.Serving or Phase.Broken, Phase.Closing);
        phase = Phase.Closing;
        foreach (var step in openSteps.Values)
        {
            Release(step, effects);
        }

        openSteps.Clear();
        if (delivered != Result)
        {
            Deliver(Result, effects);
        }

        effects.Send(ActorAddress.Coordinator, new ServerStopped(header, shard, Result));
        BecomeGone(effects);
    }

    private void BecomeGone(EffectList effects)
    {
        Require(phase == Phase.Closing, Phase.Gone);
        phase = Phase.Gone;

        effects.Add(new Retire());
    }

    private void Require(bool isAllowed, Phase next)
    {
        if (!isAllowed)
        {
            throw new InvalidOperationException($"{shard} cannot become {next} from {phase}");
        }
    }
}
