namespace DistTrain.Actors;

/// <summary>Steps and versions: from contributions to an update, to what is published, kept, delivered and dropped.</summary>
public sealed partial class ParameterServerActor
{
    private readonly SortedDictionary<StepNumber, OpenStep> openSteps = [];
    private readonly SortedSet<WeightVersion> keptVersions = [];
    private readonly OpenLedger ledger = new();
    private StageExchange exchange = new(1);
    private WeightVersion version;

    /// <summary>The one before the newest, while it is held for going back.</summary>
    private WeightVersion? previous;

    /// <summary>The step whose update is under way: being computed, or between two stages.</summary>
    private OpenStep? applying;

    /// <summary>The stage that has ended, while the sums of others are awaited; null while the update is being computed.</summary>
    private int? endedStage;
    private StepNumber? lastStep;
    private WeightVersion? deliverAt;
    private WeightVersion? delivered;

    /// <summary>Since the last commit.</summary>
    private long recomputedSamples;

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
        var decision = ContributionRule.Decide(contribution, version, step?.Plan?.MiniBatch, step?.Nodes ?? [], step?.Plan?.MeasuresNoise ?? false);
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

        if (decision.Verdict == ContributionVerdict.Refuse)
        {
            effects.Send(ActorAddress.Coordinator, new WorkerAtFault(header, shard, contribution.Worker, contribution.Header.Session, decision.Reason));
        }

        if (!decision.Missing.IsEmpty)
        {
            effects.Send(ActorAddress.Coordinator, new NodesMissing(header, shard, contribution.Step, decision.Missing, default, decision.Reason));
        }
    }

    private void ApplyIfComplete(OpenStep step, EffectList effects)
    {
        if (phase != Phase.Serving || applying is not null || isSnapshotting || !step.IsComplete || step.Plan!.MiniBatch.Step > lastStep)
        {
            return;
        }

        if (!double.IsFinite(step.FoldStatistics().LossSum))
        {
            BecomeBroken(step, null, effects);
            return;
        }

        // The tree is complete, so every shard has published the newest version: none can ask to go back behind it any more.
        if (previous is { } old && !keptVersions.Contains(old))
        {
            effects.Add(new DropWeights(old));
        }

        previous = null;
        applying = step;
        effects.Add(step.Reduction(shard));
    }

    private void HandleUpdateStaged(UpdateStaged staged, EffectList effects)
    {
        endedStage = staged.Stage;
        exchange.Add(staged.Stage, shard, staged.Squares);
        for (var other = 0; other < shardCount; other++)
        {
            if (other != shard.Value)
            {
                effects.Send(ActorAddress.Of(new ShardId(other)), new StageSummed(header, shard, staged.Step, staged.Stage, staged.Squares));
            }
        }

        AbandonIfPastTheLast(effects);
        ContinueIfSummed(effects);
        StopIfDone(effects);
    }

    private void HandleStageSummed(StageSummed summed, EffectList effects)
    {
        if (ReasonNotToFit(summed) is { } misfit)
        {
            effects.Refuse(summed, misfit);
            return;
        }

        ContinueIfSummed(effects);
    }

    private string? ReasonNotToFit(StageSummed summed)
    {
        if (summed.Step != version.NextStep)
        {
            return $"step {version.NextStep} is under way, not step {summed.Step}";
        }

        if (summed.Shard == shard || summed.Shard.Value < 0 || summed.Shard.Value >= shardCount)
        {
            return $"{summed.Shard} is none of the other shards";
        }

        return exchange.Add(summed.Stage, summed.Shard, summed.Squares) ? null : $"the sums of {summed.Shard} in stage {summed.Stage} are here already";
    }

    private void ContinueIfSummed(EffectList effects)
    {
        if (applying is { } step && endedStage is { } stage && exchange.TakeIfComplete(stage) is { } squares)
        {
            endedStage = null;
            effects.Add(new ContinueUpdate(shard, step.Plan!.MiniBatch.Step, stage, squares));
        }
    }

    private void HandleUpdateApplied(UpdateApplied applied, EffectList effects)
    {
        var step = applying ?? throw new InvalidOperationException($"{shard} is told that step {applied.Step} is applied, but applies none");
        applying = null;
        exchange.Clear();
        if (applied.Step > lastStep)
        {
            // The run has been ended before it meanwhile.
            effects.Add(new DropWeights(applied.Step.Makes));
        }
        else if (applied.FirstNonFiniteChunk is { } chunk)
        {
            effects.Add(new DropWeights(applied.Step.Makes));
            BecomeBroken(step, chunk, effects);
        }
        else
        {
            Commit(step, applied, effects);
        }

        SnapshotIfThere(effects);
        StopIfDone(effects);
        DeliverStateIfThere(effects);
    }

    private void Commit(OpenStep step, UpdateApplied applied, EffectList effects)
    {
        var plan = step.Plan!;
        previous = version;
        version = plan.MiniBatch.Step.Makes;
        openSteps.Remove(plan.MiniBatch.Step);
        Release(step, effects);
        if (lastStep != plan.MiniBatch.Step)
        {
            Publish(effects);
        }

        effects.Send(ActorAddress.Coordinator, new StepCommitted(header, shard, plan.MiniBatch.Step, KeepsLedger ? Record(step) : null)
        {
            Measures = applied.Measures,
            NodeNorms = step.NodeNorms(),
            NodeSquares = applied.NodeSquares,
        });
        recomputedSamples = 0;
        if (plan.EndsEpoch)
        {
            keptVersions.Add(version);
            Deliver(effects);
        }
    }

    private StepRecord Record(OpenStep step)
    {
        var plan = step.Plan!;
        var entry = step.ToLedgerEntry();
        ledger.Record(entry, recomputedSamples);
        return new StepRecord(entry, step.FoldStatistics(), recomputedSamples, plan.EndsEpoch ? ledger.Close(plan.MiniBatch) : null);
    }

    private void HandleRequestWeights(RequestWeights request, EffectList effects)
    {
        if (request.Version == version || request.Version == previous || keptVersions.Contains(request.Version))
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
        if (keptVersions.Remove(release.Version) && release.Version != version && release.Version != previous)
        {
            effects.Add(new DropWeights(release.Version));
        }
    }

    private void HandleStopAfter(StopAfter stop, EffectList effects)
    {
        lastStep = lastStep is { } earlier && earlier < stop.Step ? earlier : stop.Step;
        AbandonIfPastTheLast(effects);
        StopIfDone(effects);
    }

    /// <summary>Between two stages. What is being computed ends by itself, and is dropped then.</summary>
    private void AbandonIfPastTheLast(EffectList effects)
    {
        if (endedStage is not null && applying?.Plan?.MiniBatch.Step is { } step && step > lastStep)
        {
            effects.Add(new AbandonUpdate(shard, step));
            applying = null;
            endedStage = null;
            exchange.Clear();
        }
    }

    private void StopIfDone(EffectList effects)
    {
        if (phase is not (Phase.Serving or Phase.Broken or Phase.Stopped) || applying is not null || lastStep?.Makes is not { } last || version < last)
        {
            return;
        }

        if (version > last)
        {
            GoBackTo(last, effects);
        }
        else if (phase == Phase.Stopped)
        {
            return;
        }

        BecomeStopped(effects);
    }

    /// <summary>Drops the newest version: another shard could not make it.</summary>
    private void GoBackTo(WeightVersion last, EffectList effects)
    {
        if (previous != last)
        {
            throw new InvalidOperationException($"{shard} at version {version} cannot go back to version {last}: {(previous is null ? "none" : $"version {previous}")} is held for it");
        }

        keptVersions.Remove(version);
        effects.Add(new DropWeights(version));
        version = last;
        previous = null;
    }

    private void DeliverStateIfThere(EffectList effects)
    {
        if (phase == Phase.Serving && applying is null && !isSnapshotting && version == deliverAt)
        {
            BecomeLeaving(effects);
        }
    }

    /// <summary>The workers compute the next step meanwhile; only its update waits for the copy.</summary>
    private void SnapshotIfThere(EffectList effects)
    {
        if (phase is Phase.Serving or Phase.Stopped && applying is null && version == snapshotAt)
        {
            snapshotAt = null;
            isSnapshotting = true;
            effects.Add(new SnapshotState(shard, version));
        }
    }

    private void GoOnAfterSnapshot(EffectList effects)
    {
        isSnapshotting = false;
        if (openSteps.TryGetValue(version.NextStep, out var next))
        {
            ApplyIfComplete(next, effects);
        }

        DeliverStateIfThere(effects);
    }

    /// <summary>Sends the newest version to the coordinator.</summary>
    private void Deliver(EffectList effects)
    {
        delivered = version;
        effects.Send(ActorAddress.Coordinator, new WeightsDelivered(header, shard, version));
    }

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
}
