namespace DistTrain.Actors;

/// <summary>
/// Places the shards, plans the steps, shares them out, follows what is committed, and reports. It never waits for a worker by name: whatever a lost worker leaves open goes to others.
/// This part holds the phases and what each message means; the others hold the work on steps, the shards, and the end of a run.
/// </summary>
public sealed partial class CoordinatorActor : IActor
{
    private readonly RunDefinition definition;
    private Header header;
    private Phase phase = Phase.Idle;

    /// <summary>The phase that <see cref="Phase.Moving"/> or <see cref="Phase.Recovering"/> interrupts.</summary>
    private Phase interrupted;

    /// <summary>Of the message that is being handled.</summary>
    private Timestamp now;

    /// <param name="definition">The run, with this coordinator's term.</param>
    /// <param name="past">What the coordinators before this one have written down; null for a run without a journal.</param>
    /// <exception cref="Learning.InvalidInputException">The definition is out of range.</exception>
    public CoordinatorActor(RunDefinition definition, JournalPast? past = null)
    {
        definition.Check();
        this.definition = definition;
        past ??= JournalPast.None;
        header = new Header(definition.Term, new Incarnation(past.LastIncarnation.Value + 1), default);
        decisions = TrainingDecisions.First(definition);
        continuesAnother = past.LastIncarnation > default(Incarnation);
        foreach (var (epoch, report) in past.Epochs)
        {
            announced.Add(epoch, report);
            furthest = new StepNumber(Math.Max(furthest.Value, report.LastStep));
        }
    }

    private enum Phase
    {
        Idle,

        /// <summary>Nodes, shards or workers are still to come.</summary>
        Gathering,
        Training,

        /// <summary>Between two steps: the shards' states are on their way to other nodes.</summary>
        Moving,

        /// <summary>A shard was lost: all return to the last checkpoint.</summary>
        Recovering,

        /// <summary>No step is left; the test part is evaluated on the weights that the run leaves.</summary>
        Concluding,

        /// <summary>The shards finish; their last version is awaited.</summary>
        Stopping,

        /// <summary>The workers leave.</summary>
        Dismissing,
        Ended,
    }

    public ActorAddress Address => ActorAddress.Coordinator;

    public void Step(Timestamp now, Message message, EffectList effects)
    {
        this.now = now;
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
            case JoinRequested request:
                HandleJoinRequested(request, effects);
                break;
            case LeaveRequested request:
                HandleLeaveRequested(request, effects);
                break;
            case WorkerLost lost:
                HandleWorkerLost(lost, effects);
                break;
            case WorkerStopped stopped:
                HandleWorkerStopped(stopped, effects);
                break;
            case WorkerAtFault fault:
                HandleWorkerAtFault(fault, effects);
                break;
            case StopRequested request:
                HandleStopRequested(request, effects);
                break;
            case ServerNodeJoined or NodeLeaves or NodeLost or ServerReady or StateDelivered or CheckpointSaved or CheckpointLoaded:
                StepShards(message, effects);
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
            case StepCommitted committed:
                HandleStepCommitted(committed, effects);
                break;
            case NodesMissing missing:
                HandleNodesMissing(missing, effects);
                break;
            case WeightsDelivered delivered:
                HandleWeightsDelivered(delivered, effects);
                break;
            case WeightsHashed hashed:
                HandleWeightsHashed(hashed, effects);
                break;
            case EvaluationBlocksDone done:
                HandleEvaluationBlocksDone(done, effects);
                break;
            case StepNotFinite broken:
                HandleStepNotFinite(broken, effects);
                break;
            case ServerStopped stopped:
                HandleServerStopped(stopped, effects);
                break;
            default:
                effects.Refuse(message, "a coordinator has no use for it");
                break;
        }
    }

    private void StepShards(Message message, EffectList effects)
    {
        switch (message)
        {
            case ServerNodeJoined joined:
                HandleServerNodeJoined(joined, effects);
                break;
            case NodeLeaves leaves:
                HandleNodeLeaves(leaves, effects);
                break;
            case NodeLost lost:
                HandleNodeLost(lost, effects);
                break;
            case ServerReady ready:
                HandleServerReady(ready, effects);
                break;
            case StateDelivered delivered:
                HandleStateDelivered(delivered, effects);
                break;
            case CheckpointSaved saved:
                HandleCheckpointSaved(saved, effects);
                break;
            case CheckpointLoaded loaded:
                HandleCheckpointLoaded(loaded, effects);
                break;
        }
    }

    private string? ReasonToRefuse(Message message) => message switch
    {
        _ when phase == Phase.Ended => "the run has ended",
        WorkerStopped stopped when departing.Contains((stopped.Worker, stopped.Header.Session)) => null,
        EvaluationBlocksDone done => ReasonToRefuse(done.Worker, done.Header),
        WorkerStopped stopped => ReasonToRefuse(stopped.Worker, stopped.Header),
        LeaveRequested request => ReasonToRefuse(request.Worker, request.Header),
        JoinRequested or LocalMessage => null,
        WeightsDelivered when phase == Phase.Dismissing => "the run leaves other weights",
        ActorMessage from => HeaderRule.ReasonToRefuse(header, from.Header),
        _ => null,
    };

    private string? ReasonToRefuse(WorkerId worker, Header received) =>
        members.Find(worker) is { } member ? HeaderRule.ReasonToRefuse(header.For(member.Session), received) : $"{worker} is not a member (any more)";

    private void LetGoOfWhatItCarries(Message message, EffectList effects)
    {
        switch (message)
        {
            case WeightsDelivered delivered:
                effects.Add(new DropWeights(delivered.Version));
                break;
            case StateDelivered delivered:
                LetGoOfState(delivered.State.Version, effects);
                break;
        }
    }

    private void BecomeGathering()
    {
        Require(phase == Phase.Idle, Phase.Gathering);
        phase = Phase.Gathering;
    }

    private void BecomeTraining()
    {
        Require(phase == Phase.Gathering, Phase.Training);
        phase = Phase.Training;
        clock.Begin(now);
        lastPlannedAt = now;
    }

    private void BecomeMoving()
    {
        Require(phase is Phase.Gathering or Phase.Training, Phase.Moving);
        interrupted = phase;
        phase = Phase.Moving;
    }

    /// <summary>From wherever steps are made or a run is about to end: what came after the checkpoint is made again.</summary>
    private void BecomeRecovering()
    {
        Require(phase is Phase.Gathering or Phase.Training or Phase.Moving or Phase.Recovering or Phase.Concluding or Phase.Stopping, Phase.Recovering);
        interrupted = phase is Phase.Moving or Phase.Recovering ? interrupted : phase == Phase.Gathering ? Phase.Gathering : Phase.Training;
        phase = Phase.Recovering;
    }

    /// <summary>Goes on where <see cref="BecomeMoving"/> or <see cref="BecomeRecovering"/> broke off.</summary>
    private void BecomeInterrupted()
    {
        Require(phase is Phase.Moving or Phase.Recovering, interrupted);
        phase = interrupted;
    }

    private void BecomeConcluding()
    {
        Require(phase == Phase.Training, Phase.Concluding);
        phase = Phase.Concluding;
    }

    private void BecomeStopping()
    {
        Require(phase is Phase.Gathering or Phase.Training or Phase.Moving or Phase.Recovering or Phase.Concluding or Phase.Stopping, Phase.Stopping);
        phase = Phase.Stopping;

        // What an open evaluation would say is not waited for; where the run is complete, there is none.
        evaluation = null;
        evaluatedStep = null;
    }

    private void BecomeDismissing()
    {
        Require(phase == Phase.Stopping, Phase.Dismissing);
        phase = Phase.Dismissing;
    }

    private void BecomeEnded()
    {
        Require(phase == Phase.Dismissing, Phase.Ended);
        phase = Phase.Ended;
    }

    private void Require(bool isAllowed, Phase next)
    {
        if (!isAllowed)
        {
            throw new InvalidOperationException($"the coordinator cannot become {next} from {phase}");
        }
    }
}
