using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>Returning to a checkpoint: when a shard is lost, and when a run goes on that another coordinator began.</summary>
public sealed partial class CoordinatorActor
{
    /// <summary>Epochs that have been announced, by this coordinator or one before it.</summary>
    private readonly SortedDictionary<int, EpochReport> announced = [];

    /// <summary>Why a checkpoint is being read; null while none is.</summary>
    private string? loadingBecause;

    /// <summary>The run was begun by another coordinator, and no incarnation of this one's has begun.</summary>
    private bool continuesAnother;

    /// <summary>Of states that came too late while one of the same version may be wanted.</summary>
    private readonly SortedSet<WeightVersion> strayStates = [];

    /// <summary>The last step that was ever committed, as far as this coordinator knows: what is committed again was trained twice.</summary>
    private StepNumber furthest;

    /// <summary>Forgets everything that follows from steps, and reads the newest checkpoint. What still comes from before is of an incarnation that has ended.</summary>
    private void Recover(string cause, EffectList effects)
    {
        isAskedToStop |= ending?.Outcome == RunOutcome.Cancelled;
        BecomeRecovering();
        BeginIncarnation();
        DropMovedStates(effects);
        AbandonCheckpoint(cause, effects);
        ForgetSteps(effects);
        readyShards.Clear();
        if (loadingBecause is null)
        {
            Load(map!.ShardCount, cause, effects);
        }
    }

    private void ForgetSteps(EffectList effects)
    {
        evaluation = null;
        evaluatedStep = null;
        openSteps.Clear();
        unassigned.Clear();
        tallies.Clear();
        Drop(versions.DropAllBut(), effects);
        bestTest = null;
        finalTest = null;
        ending = null;
        target = null;
        stoppedAt.Clear();
        foreach (var member in members.All)
        {
            member.OpenRanges.Clear();
        }
    }

    private void Load(int shardCount, string cause, EffectList effects)
    {
        loadingBecause = cause;
        effects.Add(new LoadCheckpoint(shardCount, header.Incarnation));
    }

    private void HandleCheckpointLoaded(CheckpointLoaded loaded, EffectList effects)
    {
        var cause = loadingBecause ?? throw new InvalidOperationException("a checkpoint was read that nobody had asked for");
        loadingBecause = null;
        foreach (var refused in loaded.Refused)
        {
            effects.Notice(refused);
        }

        if (phase is not (Phase.Gathering or Phase.Recovering))
        {
            // The run was ended meanwhile.
            LetGoOf(loaded, effects);
        }
        else if (NodesToGoOnWith(loaded) is { } nodes)
        {
            GoOnFrom(loaded.Checkpoint, nodes, cause, effects);
        }
        else
        {
            // Fewer nodes are left than the checkpoint was cut for: it is read again when there are enough.
            LetGoOf(loaded, effects);
            PlaceIfDecided(effects);
        }

        LetGoOfStrayStates(effects);
    }

    private ImmutableArray<NodeId>? NodesToGoOnWith(CheckpointLoaded loaded)
    {
        if (map is not null)
        {
            return Placement.Move(map, [.. goneNodes, .. leavingNodes.Keys], NodesForShards()).Nodes;
        }

        var nodes = DecidePlacement().Nodes;
        return nodes?.Length == shardsToLoad || loaded.Checkpoint is null ? nodes : null;
    }

    /// <summary>States are let go of by their version, and those that a checkpoint brings, or that wait to be written or moved, may have the same.</summary>
    private void LetGoOfState(WeightVersion version, EffectList effects)
    {
        if (loadingBecause is not null || movedStates.Count > 0 || checkpoint?.Step.Makes == version)
        {
            strayStates.Add(version);
        }
        else
        {
            DropStates(version, effects);
        }
    }

    private void LetGoOfStrayStates(EffectList effects)
    {
        foreach (var version in strayStates.Where(version => loadingBecause is null && version != checkpoint?.Step.Makes).ToArray())
        {
            DropStates(version, effects);
        }
    }

    private void DropStates(WeightVersion version, EffectList effects)
    {
        strayStates.Remove(version);
        effects.Add(new DropSnapshot(version));
    }

    private void LetGoOf(CheckpointLoaded loaded, EffectList effects)
    {
        if (loaded.Checkpoint is not { } unused)
        {
            return;
        }

        DropStates(unused.Server.Version, effects);
        if (unused.Coordinator is { Decisions.Best: { } best, BestWeightsHash: not null })
        {
            Drop(Enumerable.Repeat(best.Version, map?.ShardCount ?? shardsToLoad), effects);
        }
    }

    private void GoOnFrom(Checkpoint? from, ImmutableArray<NodeId> nodes, string cause, EffectList effects)
    {
        // How long another coordinator's steps took, nobody has written down.
        var knowsSeconds = !continuesAnother;
        continuesAnother = false;
        var lostSteps = Math.Max(0, furthest.Value - (from?.Step.Value ?? 0));
        var lostSeconds = clock.TotalSeconds;
        RestoreState(from, nodes.Length);
        lostSeconds = Math.Max(0, lostSeconds - clock.TotalSeconds);
        lastSaved = committed;
        lastPlannedAt = now;
        var where = from is null ? "there is no checkpoint yet, so it begins anew" : $"it goes on from the checkpoint after step {from.Step}, in epoch {decisions.Epoch.Epoch}";
        var again = lostSteps > 0 ? FormattableString.Invariant($"; steps made again: {lostSteps:N0}{(knowsSeconds ? FormattableString.Invariant($" ({lostSeconds:F1} s of training)") : "")}") : "";
        effects.Add(new WriteJournal(new IncarnationBegun(header.Incarnation, committed, cause)));
        effects.Announce(new RecoveryAnnounced(header.Term, header.Incarnation, committed, lostSteps, lostSeconds, cause));
        effects.Notice($"{cause}: {where}{again}");
        BringIntoForce(new ShardMap((map?.Version ?? 0) + 1, nodes), effects);
        SendToServers(shard => from is null ? new StartServing(header, shard, map!) : new ResumeServing(header, shard, map!, from.StateOf(shard)), effects);
        if (from is not null)
        {
            DropStates(from.Server.Version, effects);
        }
    }

    private void RestoreState(Checkpoint? from, int shardCount)
    {
        decisions = from?.Coordinator.Decisions ?? TrainingDecisions.First(definition);
        planned = committed = from?.Step ?? default;
        epochsReported = from?.Coordinator.EpochsReported ?? 0;
        noise = from?.Coordinator.Noise ?? default;
        clock.Restore(from?.Coordinator.TrainingSeconds ?? 0, from?.Coordinator.Epoch?.TrainingSeconds ?? 0);
        if (from?.Coordinator.Epoch is { } epoch)
        {
            tallies[epoch.Epoch] = EpochTally.Restore(epoch, committed);
        }

        if (from?.Coordinator is { Decisions.Best: { } best, BestWeightsHash: { } hash } state)
        {
            versions.Restore(best.Version, shardCount, hash);
            bestTest = state.BestTest is { } test ? (best.Version, test) : null;
        }
    }

    /// <summary>Every shard serves: the workers begin anew with them.</summary>
    private void EndRecovery(EffectList effects)
    {
        BecomeInterrupted();
        clock.Begin(now);
        WelcomeAll(effects);
        ReleaseNodes(effects);
    }

    /// <summary>Announces an epoch, unless it was announced before the run returned to a checkpoint; then it is compared.</summary>
    /// <returns>Whether the run goes on.</returns>
    private bool AnnounceOrCompare(EpochReport report, EffectList effects)
    {
        if (!announced.TryGetValue(report.Epoch, out var before))
        {
            announced.Add(report.Epoch, report);
            Journal(new EpochRecorded(report), effects);
            effects.Announce(new EpochAnnounced(report));
            return true;
        }

        if (before.WeightsHash == report.WeightsHash)
        {
            effects.Log($"epoch {report.Epoch} is made again, with the weights {report.WeightsHash[..Math.Min(12, report.WeightsHash.Length)]} of the first time");
            return true;
        }

        Contradict($"epoch {report.Epoch} was announced with the weights {before.WeightsHash}, but made again it has {report.WeightsHash}", effects);
        return false;
    }

    /// <summary>Into the journal, where the run has one.</summary>
    private void Journal(JournalEntry entry, EffectList effects)
    {
        if (TakesCheckpoints)
        {
            effects.Add(new WriteJournal(entry));
        }
    }
}
