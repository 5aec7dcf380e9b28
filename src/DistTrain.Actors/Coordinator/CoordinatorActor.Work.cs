using DistTrain.Learning.Diagnostics;

namespace DistTrain.Actors;

/// <summary>Steps and epochs: planned, assigned, committed, decided upon and reported.</summary>
public sealed partial class CoordinatorActor
{
    private const long ProgressIntervalMicroseconds = 100_000;

    private readonly SortedDictionary<int, EpochTally> tallies = [];
    private readonly TrainingClock clock = new();
    private readonly DeliveredVersions versions = new();

    /// <summary>Steps that are planned and not committed.</summary>
    private readonly SortedDictionary<StepNumber, AssignedStep> openSteps = [];

    /// <summary>Work that lost workers left when there was nobody to take it.</summary>
    private readonly List<OpenRange> unassigned = [];

    private readonly SortedSet<WorkerId> saidToBeIdle = [];
    private TrainingDecisions decisions;

    /// <summary>Of the gradient's noise up to the last committed step.</summary>
    private NoiseAverage noise;
    private StepNumber planned;
    private StepNumber committed;
    private int epochsReported;
    private Timestamp? lastProgress;

    private void PlanMore(EffectList effects)
    {
        while (phase == Phase.Training && !MustMove && !isAskedToStop
            && PlanAhead.Decide(definition, decisions.Epoch, planned, committed, members.Count, epochsReported, evaluation is not null, evaluatedStep?.Number) is { Next: { } next } decision)
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
        openSteps.Add(planned, new AssignedStep(step, map!.ShardCount));
        PlanCheckpoint(step, effects);
        var measuring = MeasuringRule.Decide(planned, step.EndsEpoch, definition.MeasuringIntervalSteps);
        var measuresNoise = MeasuresNoise(step.MiniBatch);
        SendToServers(_ => new PlanStep(header, step.MiniBatch, step.LearningRate, step.EndsEpoch) { Measures = measuring.Measures, MeasuresNoise = measuresNoise }, effects);

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
        else if (definition.StepEvaluations?.IsDue(planned) == true)
        {
            evaluatedStep = new PendingStepEvaluation(step);
            OpenEvaluationOf(step.MiniBatch.Epoch, planned.Makes, definition.EpochSplit, $"step {planned} is one after which is evaluated", effects);
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
        openSteps[miniBatch.Step].Assign(part.Worker, part.Range);
        SendTo(member, session => new AssignMicroBatches(session, miniBatch, part.Range, reason) { MeasuresNoise = MeasuresNoise(miniBatch) }, effects);
    }

    private bool MeasuresNoise(MiniBatch miniBatch) => NoiseRule.Decide(miniBatch.Step, miniBatch.Partition, definition.NoiseIntervalSteps).Measures;

    private void HandleNodesMissing(NodesMissing missing, EffectList effects)
    {
        openQuestions -= missing.EndedSession == default ? 0 : 1;
        if (openSteps.TryGetValue(missing.Step, out var step))
        {
            foreach (var range in WorkRange.Join(missing.Nodes.Select(WorkRange.Of)))
            {
                // Other shards may miss the same: what has a worker again goes to every shard. A shard that missed something by itself asks for what its worker has already done.
                IEnumerable<WorkRange> open = missing.EndedSession == default ? [range] : step.WithoutOwner(range);
                AssignAgain(missing.Step, open, missing.Reason, effects);
            }
        }

        StopEarlierIfStuck(effects);
    }

    private void AssignAgain(StepNumber step, IEnumerable<WorkRange> ranges, string cause, EffectList effects)
    {
        foreach (var range in ranges)
        {
            if (members.Count == 0)
            {
                unassigned.Add(new OpenRange(step, range));
                continue;
            }

            var decision = members.AssignPart(step, range);
            foreach (var part in decision.Ranges)
            {
                AssignMicroBatches(part, openSteps[step].Plan.MiniBatch, $"{cause}: {decision.Reason}", effects);
            }
        }
    }

    /// <summary>What nobody could take goes to who has come.</summary>
    private void AssignLeftWork(EffectList effects)
    {
        OpenRange[] left = [.. unassigned.Where(open => open.Step > committed)];
        unassigned.Clear();
        foreach (var open in left)
        {
            AssignAgain(open.Step, openSteps[open.Step].WithoutOwner(open.Range), "it was left when no worker was there", effects);
        }

        AssignBlocks(evaluation?.OpenBlocksOf(null) ?? [], "they were left when no worker was there", effects);
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

    private void HandleStepCommitted(StepCommitted message, EffectList effects)
    {
        if (!openSteps.TryGetValue(message.Step, out var step) || !step.Commit(message))
        {
            effects.Refuse(message, $"{message.Shard} has committed step {message.Step} already");
            return;
        }

        if (step.IsCommitted)
        {
            Commit(step, effects);
            StopIfAtRest(effects);
            MoveIfDue(effects);
        }
    }

    /// <summary>Every shard has applied the step.</summary>
    private void Commit(AssignedStep step, EffectList effects)
    {
        var record = step.Record!;
        var miniBatch = step.Plan.MiniBatch;
        committed = miniBatch.Step;
        openSteps.Remove(committed);
        members.Commit(record.Entry);
        var tally = TallyOf(miniBatch.Epoch);
        tally.Add(record, step.Plan.LearningRate);
        AddNoise(step, effects);
        tally.Noise = noise;
        if (committed > furthest)
        {
            furthest = committed;
        }
        else
        {
            tally.AddReplayed(miniBatch.SampleCount);
        }

        if (step.Measures.Any(measures => !measures.IsEmpty))
        {
            var meanLoss = record.Statistics.LossSum / record.Statistics.SampleCount;
            effects.Announce(new StepMeasured(committed, step.Plan.LearningRate, meanLoss, miniBatch.SampleCount, step.Measures));
        }

        clock.Commit(now);
        if (step.Plan.EndsEpoch)
        {
            tally.TrainingSeconds = clock.EndEpoch();
        }

        CommitToCheckpoint(step.Plan, tally, effects);
        if (evaluatedStep?.Number == committed)
        {
            evaluatedStep = evaluatedStep with { Trained = (tally.SampleCount, tally.MeanLoss, clock.TotalSeconds, noise) };
            EndStepEvaluation(effects);
        }

        if (committed.Value % SpeedAssessment.IntervalSteps == 0 && members.AssessSpeeds() is { IsChanged: true } speeds)
        {
            effects.Log($"after step {committed}, {speeds.Reason}");
        }

        PlanMore(effects);
        AnnounceProgress(tally, effects);
    }

    private void AddNoise(AssignedStep step, EffectList effects)
    {
        if (definition.NoiseIntervalSteps is not { } interval || !MeasuresNoise(step.Plan.MiniBatch))
        {
            return;
        }

        if (NoiseRule.Read(step.Plan.MiniBatch.Partition, step.NodeNorms, step.NodeSquares) is { } sample)
        {
            noise = noise.Add(sample, NoiseRule.Decay(definition, interval));
        }
        else
        {
            effects.Log($"the noise of step {committed} is not known: not every node's norm was told");
        }
    }

    private void HandleWeightsDelivered(WeightsDelivered delivered, EffectList effects)
    {
        if (versions.Add(delivered, map!.ShardCount))
        {
            effects.Add(new HashWeights(delivered.Version));
        }
    }

    private void HandleWeightsHashed(WeightsHashed hashed, EffectList effects)
    {
        versions.AddHash(hashed);
        if (versions.HashOf(hashed.Version) is not null && tallies.Values.FirstOrDefault(tally => tally.LastStep.Makes == hashed.Version) is { } tally)
        {
            tally.WeightsHash = hashed.Hash;
            ReportCompleteEpochs(effects);
            StopIfAtRest(effects);
            MoveIfDue(effects);
        }

        DismissIfStopped(effects);
    }

    private EpochTally TallyOf(int epoch)
    {
        if (!tallies.TryGetValue(epoch, out var tally))
        {
            tallies[epoch] = tally = new EpochTally(epoch);
        }

        return tally;
    }

    private void AnnounceProgress(EpochTally tally, EffectList effects)
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
            if (!AnnounceOrCompare(report, effects))
            {
                return;
            }

            var stopsEarly = DecideWhatFollows(report, effects) || EndsRun(report, effects);
            if (stopsEarly || epochsReported == definition.Epochs)
            {
                Conclude(stopsEarly, effects);
            }
            else
            {
                TestBestForCheckpoints(new WeightVersion(report.LastStep), effects);
                SaveIfComplete(effects);
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
        if (checkpoint is { IsSaving: false } open && open.Step.Makes == version)
        {
            open.Decide(decisions, definition.Checkpoints?.BestBy is { } metric ? report.Metric(metric) : null);
        }
        else if (checkpoint is { IsSaving: false } && bestBefore is not null && decisions.Best != bestBefore)
        {
            AbandonCheckpoint($"the weights of epoch {bestBefore.Value.Epoch}, which belong to it, are the best no more", effects);
        }

        if (decisions.Best?.Version != version)
        {
            SendToServers(_ => new ReleaseVersion(header, version), effects);
        }
        else if (bestBefore is { } beaten)
        {
            SendToServers(_ => new ReleaseVersion(header, beaten.Version), effects);
        }

        Drop(versions.DropAllBut(decisions.Best?.Version, version), effects);
        return stopsEarly;
    }

    private static void Drop(IEnumerable<WeightVersion> parts, EffectList effects)
    {
        foreach (var version in parts)
        {
            effects.Add(new DropWeights(version));
        }
    }

    /// <summary>To every shard, in their order.</summary>
    private void SendToServers(Func<ShardId, ActorMessage> message, EffectList effects)
    {
        foreach (var shard in map?.Shards ?? [])
        {
            effects.Send(ActorAddress.Of(shard), message(shard));
        }
    }

    private void SendTo(Member member, Func<Header, ActorMessage> message, EffectList effects) =>
        effects.Send(ActorAddress.Of(member.Worker), message(header.For(member.Session)));
}
