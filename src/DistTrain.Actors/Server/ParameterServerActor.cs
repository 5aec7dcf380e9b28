using System.Collections.Immutable;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>
/// One shard of the parameter server: collects the contributions to each step, applies the step when its tree is complete, publishes the new weights and, where it holds chunk 0, keeps
/// the ledger. This part holds the phases and who may say what; what becomes of steps is in the other part.
/// <para>
/// It holds its newest version and the one before. A complete tree for step n + 1 proves that every shard has published version n, because contributions are computed on whole
/// versions only. So version n - 1 is dropped when step n + 1 begins to be applied, and not before: until then a shard that could not make version n may bring the others back to n - 1. Those with
/// which an epoch ended are held until they are released.
/// </para>
/// </summary>
public sealed partial class ParameterServerActor : IActor
{
    private readonly ShardId shard;
    private readonly SortedDictionary<WorkerId, SessionNumber> subscribers = [];
    private readonly Dictionary<WorkerId, SessionNumber> endedSessions = [];
    private Phase phase = Phase.Idle;
    private Header header = Header.Unintroduced;
    private int shardCount;
    private ServerState? resumed;

    /// <summary>The version of which a copy is wanted for a checkpoint.</summary>
    private WeightVersion? snapshotAt;

    /// <summary>While the copy is made, nothing may change what is copied.</summary>
    private bool isSnapshotting;

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

        /// <summary>At the version with which the run ends.</summary>
        Stopped,

        /// <summary>The state is set aside for the next incarnation.</summary>
        Leaving,
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
            case ResumeServing resume:
                HandleResumeServing(resume, effects);
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
            case RequestWeights request:
                HandleRequestWeights(request, effects);
                break;
            case ReleaseVersion release:
                HandleReleaseVersion(release, effects);
                break;
            case StopAfter stop:
                HandleStopAfter(stop, effects);
                break;
            case DeliverState deliver:
                HandleDeliverState(deliver, effects);
                break;
            case StateSnapshotted snapshotted:
                HandleStateSnapshotted(snapshotted, effects);
                break;
            case Stop:
                BecomeGone(effects);
                break;
            default:
                StepTraining(message, effects);
                break;
        }
    }

    private void StepTraining(Message message, EffectList effects)
    {
        switch (message)
        {
            case PlanStep plan:
                HandlePlanStep(plan, effects);
                break;
            case Contribution contribution:
                HandleContribution(contribution, effects);
                break;
            case UpdateStaged staged:
                HandleUpdateStaged(staged, effects);
                break;
            case StageSummed summed:
                HandleStageSummed(summed, effects);
                break;
            case UpdateApplied applied:
                HandleUpdateApplied(applied, effects);
                break;
            default:
                effects.Refuse(message, "a parameter server has no use for it");
                break;
        }
    }

    private string? ReasonToRefuse(Message message) => message switch
    {
        LocalMessage => phase == Phase.Gone ? "the server is gone" : null,
        StartServing or ResumeServing => phase == Phase.Idle ? null : "the server serves already",
        _ when phase is Phase.Idle or Phase.Gone => $"the server is {(phase == Phase.Idle ? "not serving yet" : "gone")}",
        Contribution or StageSummed when phase is Phase.Broken or Phase.Stopped or Phase.Leaving => "no more steps are made",
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
        switch (message)
        {
            case Contribution contribution:
                effects.Add(new ReleaseGradient(contribution.Gradient));
                if (HeaderRule.ReasonToRefuse(header.For(contribution.Header.Session), contribution.Header) is null)
                {
                    // Only its session has ended: the worker was lost, and others compute its samples again.
                    recomputedSamples += contribution.Statistics.SampleCount;
                }

                break;
            case ResumeServing resume:
                effects.Add(new DropSnapshot(resume.State.Version));
                break;
        }
    }

    private void HandleStartServing(StartServing start, EffectList effects)
    {
        BecomeInitializing(start.Header, start.Map);
        effects.Add(new InitializeWeights(shard) { Incarnation = header.Incarnation });
    }

    private void HandleResumeServing(ResumeServing resume, EffectList effects)
    {
        BecomeInitializing(resume.Header, resume.Map);
        resumed = resume.State;
        effects.Add(new RestoreState(shard, resume.State) { Incarnation = header.Incarnation });
    }

    private void HandleWeightsInitialized(WeightsInitialized initialized, EffectList effects)
    {
        BecomeServing(initialized.Version);
        if (resumed is { } state)
        {
            ledger.Restore(state.Ledger, state.RecomputedSamples);
            effects.Add(new DropSnapshot(state.Version));
        }

        effects.Send(ActorAddress.Coordinator, new ServerReady(header, shard, version));
        Publish(effects);
        StopIfDone(effects);
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
            effects.Send(ActorAddress.Coordinator, new NodesMissing(header, shard, open.Step, missing, end.WorkerSession, $"{end.Worker} {end.Reason}"));
        }
    }

    private void HandleDeliverState(DeliverState deliver, EffectList effects)
    {
        if (deliver.GoesOn)
        {
            snapshotAt = deliver.Version;
            SnapshotIfThere(effects);
        }
        else
        {
            deliverAt = deliver.Version;
            DeliverStateIfThere(effects);
        }
    }

    private void HandleStateSnapshotted(StateSnapshotted snapshotted, EffectList effects)
    {
        var state = new ServerState(
            snapshotted.Version, snapshotted.Scalars, KeepsLedger ? ledger.Entries : [], KeepsLedger ? ledger.RecomputedSamples + recomputedSamples : 0);
        effects.Send(ActorAddress.Coordinator, new StateDelivered(header, shard, state));
        effects.Add(new DropSnapshot(snapshotted.Version));
        if (phase == Phase.Leaving)
        {
            BecomeGone(effects);
        }
        else
        {
            GoOnAfterSnapshot(effects);
        }
    }

    private bool KeepsLedger => shard.Value == 0;

    private void BecomeInitializing(Header introduced, ShardMap map)
    {
        Require(phase == Phase.Idle, Phase.Initializing);
        phase = Phase.Initializing;
        header = introduced;
        shardCount = map.ShardCount;
        exchange = new StageExchange(shardCount);
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

    private void BecomeStopped(EffectList effects)
    {
        Require(phase is Phase.Serving or Phase.Broken or Phase.Stopped, Phase.Stopped);
        phase = Phase.Stopped;
        foreach (var step in openSteps.Values)
        {
            Release(step, effects);
        }

        openSteps.Clear();
        if (delivered != version)
        {
            Deliver(effects);
        }

        effects.Send(ActorAddress.Coordinator, new ServerStopped(header, shard, version));
    }

    private void BecomeLeaving(EffectList effects)
    {
        Require(phase == Phase.Serving, Phase.Leaving);
        phase = Phase.Leaving;
        effects.Add(new SnapshotState(shard, version));
    }

    /// <summary>From any phase: another incarnation goes on, or none.</summary>
    private void BecomeGone(EffectList effects)
    {
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
