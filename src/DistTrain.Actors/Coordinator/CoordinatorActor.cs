namespace DistTrain.Actors;

/// <summary>
/// Plans the steps, shares them out, follows what is committed, and reports. It never waits for a worker by name: whatever a lost worker leaves open goes to others.
/// This part holds the phases and the handlers; what they have done is in the other part.
/// </summary>
public sealed partial class CoordinatorActor : IActor
{
    private Phase phase = Phase.Idle;

    /// <exception cref="Learning.InvalidInputException">The definition is out of range.</exception>
    public CoordinatorActor(RunDefinition definition)
    {
        definition.Check();
        this.definition = definition;
        header = new Header(definition.Term, new Incarnation(1), default);
        decisions = TrainingDecisions.First(definition);
    }

    private enum Phase
    {
        Idle,

        /// <summary>The server or workers are still to come.</summary>
        Gathering,
        Training,

        /// <summary>No step is left; the test part is evaluated on the weights that the run leaves.</summary>
        Concluding,

        /// <summary>The server finishes; its last version is awaited.</summary>
        Stopping,

        /// <summary>The workers leave.</summary>
        Dismissing,
        Ended,
    }

    public ActorAddress Address => ActorAddress.Coordinator;

    public void Step(Timestamp now, Message message, EffectList effects)
    {
        if (ReasonToRefuse(message) is { } reason)
        {
            effects.Refuse(message, reason);
            return;
        }

        switch (message)
        {
            case Started:
                HandleStarted(effects);
                break;
            case ServerReady:
                HandleServerReady(now, effects);
                break;
            case JoinRequested request:
                HandleJoinRequested(now, request, effects);
                break;
            case WorkerLost lost:
                HandleWorkerLost(now, lost, effects);
                break;
            case StepCommitted committed:
                HandleStepCommitted(now, committed, effects);
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
                HandleEvaluationBlocksDone(now, done, effects);
                break;
            case StepNotFinite broken:
                HandleStepNotFinite(broken, effects);
                break;
            case StopRequested request:
                HandleStopRequested(request, effects);
                break;
            case ServerStopped stopped:
                HandleServerStopped(stopped, effects);
                break;
            case WorkerStopped stopped:
                HandleWorkerStopped(stopped, effects);
                break;
            default:
                effects.Refuse(message, "a coordinator has no use for it");
                break;
        }
    }

    private string? ReasonToRefuse(Message message) => message switch
    {
        _ when phase == Phase.Ended => "the run has ended",
        EvaluationBlocksDone done => ReasonToRefuse(done.Worker, done.Header),
        WorkerStopped stopped => ReasonToRefuse(stopped.Worker, stopped.Header),
        JoinRequested or LocalMessage => null,
        ActorMessage from => HeaderRule.ReasonToRefuse(header, from.Header),
        _ => null,
    };

    private string? ReasonToRefuse(WorkerId worker, Header received) =>
        members.Find(worker) is { } member ? HeaderRule.ReasonToRefuse(header.For(member.Session), received) : $"{worker} is not a member (any more)";

    private void HandleStarted(EffectList effects)
    {
        BecomeGathering();
        effects.Add(new PlaceShards(Map));
        SendToServer(new StartServing(header, new ShardId(0), Map), effects);
    }

    private void HandleServerReady(Timestamp now, EffectList effects)
    {
        serverIsReady = true;
        foreach (var request in waitingToJoin)
        {
            AdmitOrRefuse(request, effects);
        }

        waitingToJoin.Clear();
        BeginIfGathered(now, effects);
    }

    private void HandleJoinRequested(Timestamp now, JoinRequested request, EffectList effects)
    {
        heardOf.Add(request.Worker);
        if (serverIsReady)
        {
            AdmitOrRefuse(request, effects);
            BeginIfGathered(now, effects);
        }
        else
        {
            waitingToJoin.Add(request);
        }
    }

    private void HandleWorkerLost(Timestamp now, WorkerLost lost, EffectList effects)
    {
        heardOf.Add(lost.Worker);
        waitingToJoin.RemoveAll(request => request.Worker == lost.Worker);
        if (members.Find(lost.Worker) is null)
        {
            effects.Refuse(lost, $"{lost.Worker} is not a member");
        }
        else
        {
            LoseWorker(lost.Worker, lost.Reason, effects);
        }

        BeginIfGathered(now, effects);
    }

    private void HandleStepCommitted(Timestamp now, StepCommitted message, EffectList effects)
    {
        var record = message.Record ?? throw new InvalidOperationException("the only shard keeps the ledger");
        var miniBatch = record.Entry.MiniBatch;
        committed = miniBatch.Step;
        members.Commit(record.Entry);
        var tally = TallyOf(miniBatch.Epoch);
        openSteps.Remove(miniBatch.Step, out var step);
        tally.Add(record, step.LearningRate);
        if (!message.Measures.IsEmpty)
        {
            var meanLoss = record.Statistics.LossSum / record.Statistics.SampleCount;
            effects.Announce(new StepMeasured(committed, step.LearningRate, meanLoss, miniBatch.SampleCount, [message.Measures]));
        }

        clock.Commit(now);
        if (step.EndsEpoch)
        {
            tally.TrainingSeconds = clock.EndEpoch();
        }

        if (committed.Value % SpeedAssessment.IntervalSteps == 0 && members.AssessSpeeds() is { IsChanged: true } speeds)
        {
            effects.Log($"after step {committed}, {speeds.Reason}");
        }

        PlanMore(effects);
        AnnounceProgress(now, tally, effects);
    }

    private void HandleNodesMissing(NodesMissing missing, EffectList effects)
    {
        if (missing.Step <= committed)
        {
            return;
        }

        foreach (var range in WorkRange.Join(missing.Nodes.Select(WorkRange.Of)))
        {
            AssignAgain(new OpenRange(missing.Step, range), missing.Reason, effects);
        }
    }

    private void HandleWeightsDelivered(WeightsDelivered delivered, EffectList effects)
    {
        held.Add(delivered.Version);
        effects.Add(new HashWeights(delivered.Version));
    }

    private void HandleWeightsHashed(WeightsHashed hashed, EffectList effects)
    {
        lastHash = hashed;
        if (tallies.Values.FirstOrDefault(tally => tally.LastStep.Makes == hashed.Version) is { } tally)
        {
            tally.WeightsHash = hashed.Hash;
            ReportCompleteEpochs(effects);
        }

        DismissIfStopped(effects);
    }

    private void HandleEvaluationBlocksDone(Timestamp now, EvaluationBlocksDone done, EffectList effects)
    {
        if (evaluation is null || evaluation.Version != done.Version || evaluation.Split != done.Split)
        {
            effects.Refuse(done, $"no evaluation of version {done.Version} is open");
            return;
        }

        if (EvaluationRule.ReasonNotToFit(done.Blocks, definition.SampleCountOf(done.Split), definition.EvaluationBlockSize, definition.Metrics) is { } misfit)
        {
            effects.Refuse(done, misfit);
            return;
        }

        evaluation.Add(done.Blocks);
        if (evaluation.Decide(definition).Summary is not { } summary)
        {
            return;
        }

        if (phase == Phase.Concluding)
        {
            finalTest = summary;
            Finish(effects);
            return;
        }

        TallyOf(evaluation.Epoch).Evaluation = summary;
        evaluation = null;
        clock.EndEvaluation(now);
        ReportCompleteEpochs(effects);
    }

    private void HandleStepNotFinite(StepNotFinite broken, EffectList effects)
    {
        if (phase == Phase.Training)
        {
            BecomeStopping();
        }

        // A stop that was asked for before the news came does not hide it.
        ending = new Ending(RunOutcome.NonFinite, Explain(broken)) { Chunk = broken.Chunk, MiniBatch = openSteps[broken.Step].MiniBatch };
        SendToServer(new StopAfter(header, broken.Step.Previous), effects);
    }

    private void HandleStopRequested(StopRequested request, EffectList effects)
    {
        if (phase is not (Phase.Gathering or Phase.Training or Phase.Concluding))
        {
            effects.Refuse(request, "the run is ending already");
            return;
        }

        var stepIsUnderWay = planned > committed && members.Count > 0;
        var last = stepIsUnderWay ? committed.Next : committed;
        BecomeStopping();
        ending = new Ending(RunOutcome.Cancelled, $"stopped on request after step {last}");
        SendToServer(new StopAfter(header, last), effects);
    }

    private void HandleServerStopped(ServerStopped stopped, EffectList effects)
    {
        final = stopped;
        DismissIfStopped(effects);
    }

    private void HandleWorkerStopped(WorkerStopped stopped, EffectList effects)
    {
        members.Remove(stopped.Worker);
        EndIfAllHaveLeft(effects);
    }

    private void BecomeGathering()
    {
        Require(phase == Phase.Idle, Phase.Gathering);
        phase = Phase.Gathering;
    }

    private void BecomeTraining(Timestamp now)
    {
        Require(phase == Phase.Gathering, Phase.Training);
        phase = Phase.Training;
        clock.Begin(now);
    }

    private void BecomeConcluding()
    {
        Require(phase == Phase.Training, Phase.Concluding);
        phase = Phase.Concluding;
    }

    private void BecomeStopping()
    {
        Require(phase is Phase.Gathering or Phase.Training or Phase.Concluding, Phase.Stopping);
        phase = Phase.Stopping;

        // What an open evaluation would say is not waited for; where the run is complete, there is none.
        evaluation = null;
    }

    private void BecomeDismissing()
    {
        Require(phase == Phase.Stopping, Phase.Dismissing);
        phase = Phase.Dismissing;
    }

    private void BecomeEnded(EffectList effects)
    {
        Require(phase == Phase.Dismissing, Phase.Ended);
        phase = Phase.Ended;
        effects.Announce(new RunEnded(ending!.Outcome, epochsReported, final!.Version, lastHash!.Hash, clock.TotalSeconds, ending.Explanation, ending.Chunk)
        {
            LastStep = committed,
            RestoredEpoch = ending.Restored?.Epoch,
            Test = finalTest,
            NonFiniteMiniBatch = ending.MiniBatch,
        });
        effects.Add(new Retire());
    }

    private void Require(bool isAllowed, Phase next)
    {
        if (!isAllowed)
        {
            throw new InvalidOperationException($"the coordinator cannot become {next} from {phase}");
        }
    }

    /// <summary>How the run is going to end.</summary>
    private sealed record Ending(RunOutcome Outcome, string? Explanation)
    {
        /// <summary>Of a step that was not finite.</summary>
        public int? Chunk { get; init; }

        /// <summary>Of a step that was not finite.</summary>
        public MiniBatch? MiniBatch { get; init; }

        /// <summary>The epoch whose weights are left; null for the last ones.</summary>
        public BestEpoch? Restored { get; init; }
    }
}
