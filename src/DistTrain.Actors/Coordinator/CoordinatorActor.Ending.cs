namespace DistTrain.Actors;

/// <summary>How a run ends: after which step, with which weights, and who is told.</summary>
public sealed partial class CoordinatorActor
{
    /// <summary>The version with which each shard has stopped, the last time that it said so.</summary>
    private readonly SortedDictionary<ShardId, WeightVersion> stoppedAt = [];

    /// <summary>Of the best epoch's version, where shards moved while it might be wanted.</summary>
    private (WeightVersion Version, EvaluationSummary Summary)? bestTest;
    private EvaluationSummary? finalTest;
    private Ending? ending;

    /// <summary>The last step of a run that is stopping.</summary>
    private StepNumber? target;

    private void Conclude(bool stopsEarly, EffectList effects)
    {
        BecomeConcluding();
        AbandonCheckpoint("the training is over", effects);
        var restored = decisions.Best is { } best && best.Version != committed.Makes ? decisions.Best : null;
        if (restored is { } earlier)
        {
            effects.Notice($"the run leaves the weights of epoch {earlier.Epoch}, the best by {definition.EarlyStopping!.Metric.Name}");
        }

        ending = new Ending(stopsEarly ? RunOutcome.StoppedEarly : RunOutcome.Completed) { Restored = restored };
        var left = restored?.Version ?? committed.Makes;
        if (!definition.TestsAtTheEnd)
        {
            Finish(effects);
        }
        else if (bestTest is { } known && known.Version == left)
        {
            finalTest = known.Summary;
            Finish(effects);
        }
        else
        {
            OpenEvaluationOf(epochsReported, left, DataSplit.Test, "the training is over", effects);
        }
    }

    private void Finish(EffectList effects)
    {
        BecomeStopping();
        StopAfter(committed, effects);
    }

    private void HandleStopRequested(StopRequested request, EffectList effects)
    {
        if (phase == Phase.Moving && !isAskedToStop)
        {
            isAskedToStop = true;
            effects.Notice("the run stops as soon as the moving shards have arrived");
        }
        else if (phase == Phase.Recovering && !isAskedToStop)
        {
            isAskedToStop = true;
            effects.Notice("the run stops as soon as the last checkpoint is restored");
        }
        else if (phase is Phase.Gathering or Phase.Training or Phase.Concluding && !isAskedToStop)
        {
            Stop(effects);
        }
        else
        {
            effects.Refuse(request, "the run is ending already");
        }
    }

    private void Stop(EffectList effects)
    {
        if ((phase == Phase.Training && TakesCheckpoints) || (phase == Phase.Gathering && continuesAnother))
        {
            isAskedToStop = true;
            PlaceIfDecided(effects);
            StopIfAtRest(effects);
        }
        else
        {
            StopOnRequest(effects);
        }
    }

    private void StopOnRequest(EffectList effects)
    {
        EndNow(new Ending(RunOutcome.Cancelled), effects);
    }

    /// <summary>A replay that contradicts what was announced proves nothing but that one of the two is wrong.</summary>
    private void Contradict(string cause, EffectList effects) => EndNow(new Ending(RunOutcome.Contradicted) { Cause = cause }, effects);

    private void EndNow(Ending how, EffectList effects)
    {
        BecomeStopping();
        AbandonCheckpoint("the run ends", effects);
        ending = how;
        if (map is null)
        {
            // Nobody has any weights yet: the run leaves the initial ones.
            Place([.. Enumerable.Repeat(NodeId.Coordinator, definition.ShardCount ?? 1)], effects);
        }

        // A shard holds its newest version and the one before, and makes none that is not planned: the last planned step but one is within every shard's reach, unless no worker is left.
        var last = planned.Previous > committed ? planned.Previous : planned;
        var reachable = FirstStuckStep is { } stuck && stuck <= last ? stuck.Previous : last;
        StopAfter(reachable, effects);
    }

    /// <summary>The first step that some shard cannot make because no worker is left to compute it; null while there is none, or while that is not known.</summary>
    private StepNumber? FirstStuckStep => members.Count == 0 && openQuestions == 0 && unassigned.Any(open => open.Step > committed)
        ? unassigned.Where(open => open.Step > committed).Min(open => open.Step)
        : null;

    /// <summary>A run that ends does not wait for a new worker: it ends before the first step that cannot be made any more.</summary>
    private void StopEarlierIfStuck(EffectList effects)
    {
        if (phase == Phase.Stopping && FirstStuckStep is { } stuck && stuck <= target)
        {
            StopAfter(stuck.Previous, effects);
        }
    }

    private void StopAfter(StepNumber step, EffectList effects)
    {
        var last = target is { } earlier && earlier < step ? earlier : step;
        target = last;
        SendToServers(_ => new StopAfter(header, last), effects);
    }

    private void HandleStepNotFinite(StepNotFinite broken, EffectList effects)
    {
        // Every shard finds a loss that is not finite; of weights, the first chunk is named, whichever shard says so first.
        var earlier = ending is { Outcome: RunOutcome.NonFinite } known ? known : null;
        if (phase is not (Phase.Training or Phase.Stopping) || ending?.Outcome == RunOutcome.ServerLost || earlier?.Chunk <= broken.Chunk)
        {
            return;
        }

        // A stop that was asked for before the news came does not hide it.
        ending = new Ending(RunOutcome.NonFinite) { Chunk = broken.Chunk, Broken = openSteps[broken.Step].Plan.MiniBatch };
        if (earlier is null)
        {
            BecomeStopping();
            StopAfter(broken.Step.Previous, effects);
        }
    }

    private void HandleServerStopped(ServerStopped stopped, EffectList effects)
    {
        stoppedAt[stopped.Shard] = stopped.Version;
        DismissIfStopped(effects);
    }

    /// <summary>A shard is gone, and its part of the newest weights with it: the run leaves the last ones that are whole here, or those that it began with.</summary>
    private void EndWithoutShards(string cause, EffectList effects)
    {
        DropMovedStates(effects);
        BecomeStopping();
        var whole = decisions.Best is { } best && versions.IsWhole(best.Version) ? best.Version : versions.Newest;
        ending = new Ending(RunOutcome.ServerLost) { Cause = cause, Rescued = whole ?? default(WeightVersion), Restored = whole is null || whole != decisions.Best?.Version ? null : decisions.Best };
        effects.Notice($"{cause}: the run ends");
        if (whole is null)
        {
            stoppedAt.Clear();
            BeginIncarnation();
            Place([.. map!.Nodes.Select(_ => NodeId.Coordinator)], effects);
            StopAfter(default, effects);
        }

        DismissIfStopped(effects);
    }

    /// <summary>The workers and shards leave when the result is here and its hash is known.</summary>
    private void DismissIfStopped(EffectList effects)
    {
        if (phase != Phase.Stopping || ResultIfThere() is not { } result || versions.HashOf(result) is null || checkpoint is { IsSaving: true })
        {
            return;
        }

        BecomeDismissing();
        Drop(versions.DropAllBut(result), effects);
        SendToServers(_ => new Stop(header), effects);
        foreach (var member in members.All)
        {
            SendTo(member, session => new Stop(session), effects);
        }

        EndIfAllHaveLeft(effects);
    }

    /// <summary>The version that the run leaves, once it is here.</summary>
    private WeightVersion? ResultIfThere()
    {
        if (ending?.Rescued is { } rescued && versions.IsWhole(rescued))
        {
            return rescued;
        }

        var hasStopped = target is { } last && map is not null && stoppedAt.Count == map.ShardCount && stoppedAt.Values.All(version => version == last.Makes);
        return hasStopped ? ending!.Restored?.Version ?? target!.Value.Makes : null;
    }

    private void EndIfAllHaveLeft(EffectList effects)
    {
        if (phase != Phase.Dismissing || members.Count > 0)
        {
            return;
        }

        BecomeEnded();
        var result = ResultIfThere()!.Value;
        Journal(new RunEndRecorded(ending!.Outcome, committed, versions.HashOf(result)!), effects);
        effects.Announce(new RunEnded(ending!.Outcome, epochsReported, result, versions.HashOf(result)!, clock.TotalSeconds, Explain(ending, result), ending.Chunk)
        {
            LastStep = committed,
            RestoredEpoch = ending.Restored?.Epoch,
            Test = finalTest,
            NonFiniteMiniBatch = ending.Broken,
        });
        effects.Add(new Retire());
    }

    private static string? Explain(Ending ending, WeightVersion result) => ending.Outcome switch
    {
        RunOutcome.Cancelled => $"stopped on request after step {result}",
        RunOutcome.ServerLost when result == default => $"{ending.Cause}: the run ends with the weights that it began with, because no epoch had ended",
        RunOutcome.ServerLost => $"{ending.Cause}: the run ends with the weights of step {result}, the last that the coordinator has",
        RunOutcome.Contradicted => $"{ending.Cause}: one of the two was computed wrongly, or the run was changed between them; the weights of step {result} are the second",
        RunOutcome.NonFinite => ExplainNonFinite(ending.Broken!.Value.Step, ending.Chunk),
        _ => null,
    };

    private static string ExplainNonFinite(StepNumber step, int? brokenChunk)
    {
        var what = brokenChunk is { } chunk ? $"step {step} made weights that are not finite (first in chunk {chunk})" : $"the loss of step {step} is not finite";
        return $"{what}: the run ends with the weights of step {step.Previous}; try a lower learning rate";
    }

    /// <summary>How the run is going to end.</summary>
    private sealed record Ending(RunOutcome Outcome)
    {
        /// <summary>First of the weights that a step made; null where its loss was not finite.</summary>
        public int? Chunk { get; init; }

        /// <summary>What a step was made of that was not finite.</summary>
        public MiniBatch? Broken { get; init; }

        /// <summary>The epoch whose weights are left; null for the last ones.</summary>
        public BestEpoch? Restored { get; init; }

        /// <summary>Of a run that lost shards, or contradicts itself: what happened.</summary>
        public string? Cause { get; init; }

        /// <summary>Of a run that lost shards: what it leaves.</summary>
        public WeightVersion? Rescued { get; init; }
    }
}
