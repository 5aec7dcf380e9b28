namespace DistTrain.Actors;

/// <summary>Checkpoints: planned after a step that is named ahead, gathered from the shards while training goes on, and written.</summary>
public sealed partial class CoordinatorActor
{
    private OpenCheckpoint? checkpoint;

    /// <summary>After which the last one was taken that exists, or from which this incarnation went on.</summary>
    private StepNumber lastSaved;

    /// <summary>When the last one was planned, or training began or went on.</summary>
    private Timestamp lastPlannedAt;

    private bool hasWarnedOfBound;
    private bool hasFailedAtRest;

    /// <summary>Somebody wants the run to stop: nothing more is planned, and a checkpoint of where it stands is taken first.</summary>
    private bool isAskedToStop;

    private bool TakesCheckpoints => definition.Checkpoints is not null;

    /// <summary>Every planned step is committed and every epoch that has ended is reported.</summary>
    private bool IsBetweenSteps => planned == committed && evaluation is null && tallies.Values.All(tally => tally.TrainingSeconds is null);

    /// <summary>Before the step's plan goes out, so that every server knows in time.</summary>
    private void PlanCheckpoint(PlannedStep step, EffectList effects)
    {
        // A run that ends with its last epoch leaves its weights instead.
        if (step.EndsEpoch && step.MiniBatch.Epoch == definition.Epochs)
        {
            return;
        }

        var last = new LastCheckpoint(checkpoint?.Step ?? lastSaved, now.SecondsSince(lastPlannedAt), checkpoint is not null);
        var decision = CheckpointRule.Decide(definition.Checkpoints, step, last);
        if (decision.Takes)
        {
            effects.Log($"a checkpoint is taken after step {step.MiniBatch.Step}: {decision.Reason}");
            RequestCheckpoint(step.MiniBatch.Step, effects);
        }
    }

    private void RequestCheckpoint(StepNumber step, EffectList effects)
    {
        checkpoint = new OpenCheckpoint(step, decisions);
        lastPlannedAt = now;
        SendToServers(_ => new DeliverState(header, step.Makes, GoesOn: true), effects);
    }

    private void CommitToCheckpoint(PlannedStep step, EpochTally tally, EffectList effects)
    {
        if (checkpoint?.Step == step.MiniBatch.Step)
        {
            checkpoint.Commit(step.EndsEpoch ? tally.Epoch : tally.Epoch - 1, step.EndsEpoch ? null : tally.ToOpenEpoch(clock.EpochSeconds), clock.EarlierEpochsSeconds, noise);
            SaveIfComplete(effects);
        }
    }

    private void AddToCheckpoint(StateDelivered delivered, EffectList effects)
    {
        if (checkpoint is null || checkpoint.Step.Makes != delivered.State.Version || checkpoint.HasStateOf(delivered.Shard) || checkpoint.IsSaving)
        {
            effects.Refuse(delivered, $"no state of version {delivered.State.Version} is wanted (any more)");
            LetGoOfState(delivered.State.Version, effects);
            return;
        }

        checkpoint.Add(delivered);
        SaveIfComplete(effects);
    }

    private void SaveIfComplete(EffectList effects)
    {
        // A run that goes on from a checkpoint does not evaluate its step again: what that decides has to be decided.
        if (checkpoint is not { IsSaving: false } open || map is null || evaluatedStep is not null || open.IfComplete(map.ShardCount, epochsReported) is not { } complete || !KnowsBest(complete))
        {
            return;
        }

        open.IsSaving = true;
        var best = complete.Coordinator.Decisions.Best;
        effects.Add(new SaveCheckpoint(complete with
        {
            Coordinator = complete.Coordinator with
            {
                BestWeightsHash = best is { } epoch ? versions.HashOf(epoch.Version) : null,
                BestTest = bestTest is { } test && test.Version == best?.Version ? test.Summary : null,
            },
        }));
        DropStates(open.Step.Makes, effects);
    }

    /// <summary>A run that goes on from the checkpoint cannot ask a server for the best epoch's weights any more, so all that is wanted of them is written with it.</summary>
    private bool KnowsBest(Checkpoint complete) =>
        complete.Coordinator.Decisions.Best is not { } best || (versions.HashOf(best.Version) is not null && (!definition.TestsAtTheEnd || bestTest?.Version == best.Version));

    private void HandleCheckpointSaved(CheckpointSaved saved, EffectList effects)
    {
        var isAwaited = checkpoint is { IsSaving: true } && checkpoint.Step == saved.Step;
        if (isAwaited)
        {
            checkpoint = null;
        }

        if (saved.Failure is { } failure)
        {
            hasFailedAtRest = isAwaited && planned == saved.Step;
            effects.Notice($"the checkpoint after step {saved.Step} could not be saved: {failure}; the run goes on, and a crash costs what was trained since step {lastSaved}");
        }
        else
        {
            lastSaved = saved.Step > lastSaved && saved.Step <= committed ? saved.Step : lastSaved;
            effects.Add(new WriteJournal(new CheckpointRecorded(saved.Step)));
            effects.Announce(new CheckpointAnnounced(saved.Step, saved.ElapsedMicroseconds / 1e6));
            WarnOfBound(saved, effects);
        }

        StopIfAtRest(effects);
        MoveIfDue(effects);
        DismissIfStopped(effects);
    }

    private void WarnOfBound(CheckpointSaved saved, EffectList effects)
    {
        if (!hasWarnedOfBound && CheckpointRule.ReasonNotToKeepTheBound(definition.Checkpoints!, saved.ElapsedMicroseconds / 1e6) is { } reason)
        {
            hasWarnedOfBound = true;
            effects.Notice(reason);
        }
    }

    /// <summary>One that is being written is not disturbed.</summary>
    private void AbandonCheckpoint(string reason, EffectList effects)
    {
        if (checkpoint is { IsSaving: false } open)
        {
            effects.Log($"the checkpoint after step {open.Step} is not taken: {reason}");
            checkpoint = null;
            if (open.HasStates)
            {
                DropStates(open.Step.Makes, effects);
            }
        }
    }

    /// <summary>On request, a run ends between two steps, with a checkpoint of where it stands; where no worker is left to bring it there, with the last one that exists.</summary>
    private void StopIfAtRest(EffectList effects)
    {
        if (!isAskedToStop || phase is not (Phase.Gathering or Phase.Training) || !ShardsAreReady)
        {
            return;
        }

        if (!IsBetweenSteps)
        {
            if (members.Count == 0)
            {
                StopOnRequest(effects);
            }
        }
        else if (lastSaved == committed || hasFailedAtRest)
        {
            StopOnRequest(effects);
        }
        else if (checkpoint is null)
        {
            RequestCheckpoint(committed, effects);
            CommitAtRest(effects);
        }
    }

    private void CommitAtRest(EffectList effects)
    {
        var tally = tallies.Count == 0 ? null : tallies.Values.Last();
        checkpoint!.Commit(epochsReported, tally?.ToOpenEpoch(clock.EpochSeconds), clock.EarlierEpochsSeconds, noise);
        SaveIfComplete(effects);
    }
}
