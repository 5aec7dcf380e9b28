using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>What the handlers of the coordinator have done: admitting and losing workers, planning, assigning, reporting.</summary>
public sealed partial class CoordinatorActor
{
    private const long ProgressIntervalMicroseconds = 100_000;

    /// <summary>The shard map. One shard is what this version makes; messages, workers and ids are ready for more.</summary>
    private static readonly ShardMap Map = new(1, [NodeId.Coordinator]);

    private readonly RunDefinition definition;
    private readonly Header header;
    private readonly Membership members = new();
    private readonly SortedDictionary<int, EpochTally> tallies = [];
    private readonly TrainingClock clock = new();

    /// <summary>Steps that are planned and not committed.</summary>
    private readonly SortedDictionary<StepNumber, PlannedStep> openSteps = [];

    /// <summary>Work that a lost worker left when there was nobody to take it.</summary>
    private readonly List<OpenRange> unassigned = [];

    private readonly SortedSet<WorkerId> saidToBeIdle = [];

    /// <summary>Workers that have joined, been refused or been lost: nobody waits for them.</summary>
    private readonly SortedSet<WorkerId> heardOf = [];

    /// <summary>Workers are welcomed when the server can take their subscription.</summary>
    private readonly List<JoinRequested> waitingToJoin = [];

    private TrainingDecisions decisions;
    private bool serverIsReady;
    private StepNumber planned;
    private StepNumber committed;
    private OpenEvaluation? evaluation;
    private int epochsReported;
    private Timestamp? lastProgress;
    private EvaluationSummary? finalTest;
    private Ending? ending;
    private ServerStopped? final;
    private WeightsHashed? lastHash;

    /// <summary>Versions that were delivered, one entry for each part.</summary>
    private readonly List<WeightVersion> held = [];

    private string? ReasonNotToAdmit(JoinRequested request)
    {
        if (phase is not (Phase.Gathering or Phase.Training or Phase.Concluding))
        {
            return "the run is ending";
        }

        return request.Arithmetic == definition.Arithmetic
            ? null
            : $"its engine computes in {request.Arithmetic}, but the run in {definition.Arithmetic}, and a run does not mix two arithmetics";
    }

    private void AdmitOrRefuse(JoinRequested request, EffectList effects)
    {
        if (ReasonNotToAdmit(request) is { } reason)
        {
            effects.Send(ActorAddress.Of(request.Worker), new JoinRefused(header, reason));
            effects.Notice($"{request.Worker} was not admitted: {reason}");
            return;
        }

        if (members.Find(request.Worker) is not null)
        {
            LoseWorker(request.Worker, "it joins again", effects);
        }

        Admit(request.Worker, effects);
    }

    private void Admit(WorkerId worker, EffectList effects)
    {
        var member = members.Add(worker);
        SendTo(member, session => new Welcome(session, Map), effects);
        if (phase is not (Phase.Training or Phase.Concluding))
        {
            return;
        }

        effects.Notice(phase == Phase.Training ? $"{worker} joins and gets work from step {planned.Next}" : $"{worker} joins for the last evaluation");
        OpenRange[] left = [.. unassigned];
        unassigned.Clear();
        foreach (var open in left)
        {
            AssignAgain(open, "it was left when no worker was there", effects);
        }

        AssignBlocks(evaluation?.OpenBlocksOf(null) ?? [], "they were left when no worker was there", effects);
        PlanMore(effects);
    }

    private void BeginIfGathered(Timestamp now, EffectList effects)
    {
        var isGathered = members.Count > 0 && heardOf.Count >= definition.WorkerCount;
        if (phase == Phase.Gathering && serverIsReady && isGathered)
        {
            BecomeTraining(now);
            SayHowTheRateIsScaled(decisions.Epoch, effects);
            if (definition.Epochs == 0)
            {
                Conclude(stopsEarly: false, effects);
            }

            PlanMore(effects);
        }
    }

    private void LoseWorker(WorkerId worker, string cause, EffectList effects)
    {
        var member = members.Find(worker)!;
        members.Remove(worker);
        var decision = WorkerDeath.Decide(worker, cause, member.OpenRanges, committed, evaluation?.OpenBlocksOf(worker) ?? [], members.Count);
        effects.Notice(decision.Reason);
        SendToServer(new EndSession(header, worker, member.Session, decision.AskTheServerAbout, cause), effects);
        evaluation?.Abandon(worker);
        AssignBlocks(decision.BlocksToAssign, $"{worker} is lost", effects);
        switch (phase)
        {
            case Phase.Stopping when decision.TrainingWaits:
                // Nobody can finish the step under way, and a run that ends does not wait for a new worker.
                SendToServer(new StopAfter(header, committed, ending?.Restored?.Version), effects);
                break;
            case Phase.Dismissing:
                EndIfAllHaveLeft(effects);
                break;
        }
    }

    private void PlanMore(EffectList effects)
    {
        while (phase == Phase.Training && PlanAhead.Decide(definition, decisions.Epoch, planned, committed, members.Count, epochsReported) is { Next: { } next } decision)
        {
            Enter(decision.Epoch, effects);
            Plan(next, effects);
        }
    }

    /// <summary>Takes over what is decided for an epoch, and says where that differs from the one before.</summary>
    private void Enter(EpochSettings epoch, EffectList effects)
    {
        var before = decisions.Epoch;
        decisions = decisions with { Epoch = epoch };
        if (epoch.BatchSize != before.BatchSize)
        {
            effects.Notice($"from epoch {epoch.Epoch} on, batches have {epoch.BatchSize} samples instead of {before.BatchSize}");
            if (definition.Scaling.FollowsGrowth)
            {
                SayHowTheRateIsScaled(epoch, effects);
            }
        }
    }

    private void SayHowTheRateIsScaled(EpochSettings epoch, EffectList effects)
    {
        if (definition.Scaling.Describe(definition.LearningRate, EpochSettings.First(definition).BatchSize, epoch.BatchSize) is { } sentence)
        {
            effects.Notice(sentence);
        }
    }

    private void Plan(PlannedStep step, EffectList effects)
    {
        planned = step.MiniBatch.Step;
        openSteps.Add(planned, step);
        var measuring = MeasuringRule.Decide(planned, step.EndsEpoch, definition.MeasuringIntervalSteps);
        SendToServer(new PlanStep(header, step.MiniBatch, step.LearningRate, step.EndsEpoch) { Measures = measuring.Measures }, effects);

        // Once an epoch everybody gets something: otherwise a worker that was slow for a while would never be measured again.
        var isFirstOfEpoch = step.MiniBatch.FirstPosition == 0;
        var decision = members.Assign(new WorkRange(0, step.MiniBatch.MicroBatchCount), includeEverybody: isFirstOfEpoch);
        foreach (var part in decision.Ranges)
        {
            AssignMicroBatches(part, step.MiniBatch, decision.Reason, effects);
        }

        if (isFirstOfEpoch)
        {
            SayWhoIsIdle(step.MiniBatch, effects);
        }

        if (step.EndsEpoch && EvaluatesEpochs)
        {
            var last = step.MiniBatch;
            OpenEvaluationOf(last.Epoch, last.Step.Makes, definition.EpochSplit, $"epoch {last.Epoch} ends with step {last.Step}", effects);
        }
    }

    private void AssignMicroBatches(AssignedRange part, MiniBatch miniBatch, string reason, EffectList effects)
    {
        if (part.Range.IsEmpty)
        {
            return;
        }

        var member = members.Find(part.Worker)!;
        member.OpenRanges.Add(new OpenRange(miniBatch.Step, part.Range));
        SendTo(member, session => new AssignMicroBatches(session, miniBatch, part.Range, reason), effects);
    }

    private void AssignAgain(OpenRange open, string cause, EffectList effects)
    {
        if (open.Step <= committed)
        {
            return;
        }

        if (members.Count == 0)
        {
            unassigned.Add(open);
            return;
        }

        var decision = members.AssignPart(open.Step, open.Range);
        foreach (var part in decision.Ranges)
        {
            AssignMicroBatches(part, openSteps[open.Step].MiniBatch, $"{cause}: {decision.Reason}", effects);
        }
    }

    private bool EvaluatesEpochs => definition.SampleCountOf(definition.EpochSplit) > 0;

    private void OpenEvaluationOf(int epoch, WeightVersion version, DataSplit split, string cause, EffectList effects)
    {
        var blockCount = EvaluationRule.BlockCount(definition.SampleCountOf(split), definition.EvaluationBlockSize);
        evaluation = new OpenEvaluation(epoch, version, split, blockCount);
        AssignBlocks([new WorkRange(0, blockCount)], cause, effects);
    }

    private void AssignBlocks(IEnumerable<WorkRange> ranges, string cause, EffectList effects)
    {
        if (evaluation is null || members.Count == 0)
        {
            return;
        }

        foreach (var range in ranges)
        {
            var decision = members.Assign(range);
            foreach (var part in decision.Ranges.Where(part => !part.Range.IsEmpty))
            {
                evaluation.Assign(part.Worker, part.Range);
                var (version, split) = (evaluation.Version, evaluation.Split);
                SendTo(
                    members.Find(part.Worker)!,
                    session => new AssignEvaluation(session, version, split, part.Range, $"{cause}: {decision.Reason}"),
                    effects);
            }
        }
    }

    private void SayWhoIsIdle(MiniBatch miniBatch, EffectList effects)
    {
        WorkerId[] idle = [.. members.Assign(new WorkRange(0, miniBatch.MicroBatchCount)).Idle];
        if (idle.Any(saidToBeIdle.Add))
        {
            saidToBeIdle.UnionWith(idle);
            var who = idle.Length > 3 ? $"{idle.Length} workers from {idle[0]} to {idle[^1]}" : string.Join(", ", idle);
            var busy = members.Count - idle.Length;
            effects.Notice($"the {miniBatch.MicroBatchCount} micro-batches of a step keep {busy} of {members.Count} workers busy: {who} {(idle.Length == 1 ? "stays" : "stay")} idle");
        }
    }

    private EpochTally TallyOf(int epoch)
    {
        if (!tallies.TryGetValue(epoch, out var tally))
        {
            tallies[epoch] = tally = new EpochTally(epoch);
        }

        return tally;
    }

    private void AnnounceProgress(Timestamp now, EpochTally tally, EffectList effects)
    {
        if (lastProgress is { } last && now.Microseconds - last.Microseconds < ProgressIntervalMicroseconds)
        {
            return;
        }

        lastProgress = now;
        var seconds = tally.TrainingSeconds ?? clock.EpochSeconds;
        effects.Announce(new ProgressAnnounced(
            tally.Epoch,
            committed,
            StepPlan.TotalSteps(definition, decisions.Epoch),
            tally.SampleCount,
            definition.SampleCount,
            tally.MeanLoss,
            tally.Accuracy(definition),
            seconds > 0 ? tally.SampleCount / seconds : 0));
    }

    private void ReportCompleteEpochs(EffectList effects)
    {
        while (phase == Phase.Training && tallies.Count > 0 && tallies.First().Value is var tally && tally.IsComplete(EvaluatesEpochs))
        {
            tallies.Remove(tally.Epoch);
            epochsReported++;
            var report = tally.Report(definition, members.All.Select(member => member.Worker));
            effects.Announce(new EpochAnnounced(report));
            var stopsEarly = DecideWhatFollows(report, effects);
            if (stopsEarly || epochsReported == definition.Epochs)
            {
                Conclude(stopsEarly, effects);
            }
            else
            {
                PlanMore(effects);
            }
        }
    }

    /// <summary>Asks the metrics, and lets go of the versions that nobody will want.</summary>
    /// <returns>Whether the run stops here.</returns>
    private bool DecideWhatFollows(EpochReport report, EffectList effects)
    {
        var bestBefore = decisions.Best;
        var stopsEarly = false;
        if (definition.DecidesAfterEpochs)
        {
            var decision = EpochRule.Decide(definition, decisions, report);
            foreach (var reason in decision.Reasons)
            {
                effects.Log(reason);
            }

            foreach (var notice in decision.Notices)
            {
                effects.Notice(notice);
            }

            Enter(decision.Next.Epoch, effects);
            decisions = decision.Next;
            stopsEarly = decision.Stops;
        }

        var version = new WeightVersion(report.LastStep);
        if (decisions.Best?.Version != version)
        {
            SendToServer(new ReleaseVersion(header, version), effects);
        }
        else if (bestBefore is { } beaten)
        {
            SendToServer(new ReleaseVersion(header, beaten.Version), effects);
        }

        LetGoOfDelivered(keep: [decisions.Best?.Version, version], effects);

        return stopsEarly;
    }

    private void LetGoOfDelivered(WeightVersion?[] keep, EffectList effects)
    {
        foreach (var version in held.Where(version => !keep.Contains(version)).ToArray())
        {
            held.Remove(version);
            effects.Add(new DropWeights(version));
        }
    }

    private void Conclude(bool stopsEarly, EffectList effects)
    {
        BecomeConcluding();
        var restored = decisions.Best is { } best && best.Version != committed.Makes ? decisions.Best : null;
        if (restored is { } earlier)
        {
            effects.Notice($"the run leaves the weights of epoch {earlier.Epoch}, the best by {definition.EarlyStopping!.Metric.Name}");
        }

        ending = new Ending(stopsEarly ? RunOutcome.StoppedEarly : RunOutcome.Completed, null) { Restored = restored };
        if (definition.TestsAtTheEnd)
        {
            OpenEvaluationOf(epochsReported, restored?.Version ?? committed.Makes, DataSplit.Test, "the training is over", effects);
        }
        else
        {
            Finish(effects);
        }
    }

    private void Finish(EffectList effects)
    {
        BecomeStopping();
        SendToServer(new StopAfter(header, committed, ending!.Restored?.Version), effects);
    }

    /// <summary>The workers leave when the result is here and its hash is known.</summary>
    private void DismissIfStopped(EffectList effects)
    {
        if (phase != Phase.Stopping || final is not { } stopped || lastHash?.Version != stopped.Version)
        {
            return;
        }

        BecomeDismissing();
        foreach (var version in held.Where(version => version != stopped.Version))
        {
            effects.Add(new DropWeights(version));
        }

        foreach (var member in members.All)
        {
            SendTo(member, session => new Stop(session), effects);
        }

        EndIfAllHaveLeft(effects);
    }

    private void EndIfAllHaveLeft(EffectList effects)
    {
        if (members.Count == 0)
        {
            BecomeEnded(effects);
        }
    }

    private static string Explain(StepNotFinite broken)
    {
        var what = broken.Chunk is { } chunk ? $"step {broken.Step} made weights that are not finite (first in chunk {chunk})" : $"the loss of step {broken.Step} is not finite";
        return $"{what}: the run ends with the weights of step {broken.Step.Previous}; try a lower learning rate";
    }

    private static void SendToServer(ActorMessage message, EffectList effects) => effects.Send(ActorAddress.Of(new ShardId(0)), message);

    private void SendTo(Member member, Func<Header, ActorMessage> message, EffectList effects) =>
        effects.Send(ActorAddress.Of(member.Worker), message(header.For(member.Session)));
}
