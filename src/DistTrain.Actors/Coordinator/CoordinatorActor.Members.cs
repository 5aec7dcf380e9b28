namespace DistTrain.Actors;

/// <summary>Workers that come, are lost, and leave.</summary>
public sealed partial class CoordinatorActor
{
    private readonly Membership members = new();

    /// <summary>Workers are welcomed when every shard can take their subscription.</summary>
    private readonly List<JoinRequested> waitingToJoin = [];

    /// <summary>Workers that want to leave when another has come, and why.</summary>
    private readonly SortedDictionary<WorkerId, string> waitingToLeave = [];

    /// <summary>Workers that were let go and have not said that they are gone.</summary>
    private readonly HashSet<(WorkerId Worker, SessionNumber Session)> departing = [];

    /// <summary>Ranges of ended sessions of which shards have still to say what is missing.</summary>
    private int openQuestions;

    private void HandleStarted(EffectList effects)
    {
        BecomeGathering();
        PlaceIfDecided(effects);
    }

    private void HandleJoinRequested(JoinRequested request, EffectList effects)
    {
        if (ReasonNotToAdmit(request) is { } reason)
        {
            effects.Send(ActorAddress.Of(request.Worker), new JoinRefused(header, reason));
            effects.Notice($"{request.Worker} was not admitted: {reason}");
            return;
        }

        waitingToJoin.RemoveAll(earlier => earlier.Worker == request.Worker);
        waitingToJoin.Add(request);
        PlaceIfDecided(effects);
        AdmitWaiting(effects);
        MoveIfDue(effects);
        BeginIfGathered(effects);
    }

    private string? ReasonNotToAdmit(JoinRequested request)
    {
        if (phase is not (Phase.Gathering or Phase.Training or Phase.Moving or Phase.Recovering or Phase.Concluding))
        {
            return "the run is ending";
        }

        if (goneNodes.Contains(request.Node) || leavingNodes.ContainsKey(request.Node))
        {
            return $"{request.Node} leaves, or is gone";
        }

        return request.Arithmetic == definition.Arithmetic
            ? null
            : $"its engine computes in {request.Arithmetic}, but the run in {definition.Arithmetic}, and a run does not mix two arithmetics";
    }

    private void AdmitWaiting(EffectList effects)
    {
        if (!ShardsAreReady)
        {
            return;
        }

        JoinRequested[] requests = [.. waitingToJoin];
        waitingToJoin.Clear();
        foreach (var request in requests)
        {
            AdmitOrRefuse(request, effects);
        }
    }

    private void AdmitOrRefuse(JoinRequested request, EffectList effects)
    {
        if (ReasonNotToAdmit(request) is { } reason)
        {
            effects.Send(ActorAddress.Of(request.Worker), new JoinRefused(header, reason));
            return;
        }

        if (members.Find(request.Worker) is { } earlier)
        {
            LoseWorker(earlier, "it joins again", effects);
        }

        Admit(request, effects);
    }

    private void Admit(JoinRequested request, EffectList effects)
    {
        Welcome(members.Add(request.Worker, request.Node), effects);
        JournalMembers($"{request.Worker} joined on {request.Node}", effects);
        if (phase is not (Phase.Training or Phase.Concluding))
        {
            return;
        }

        effects.Notice(WhatANewcomerDoes(request.Worker));
        AssignLeftWork(effects);
        PlanMore(effects);
        foreach (var (worker, reason) in waitingToLeave.ToArray())
        {
            LetGo(members.Find(worker), reason, effects);
        }
    }

    private string WhatANewcomerDoes(WorkerId worker)
    {
        if (phase == Phase.Concluding)
        {
            return $"{worker} joins for the last evaluation";
        }

        return definition.WaitsBelowWorkerCount && members.Count < definition.WorkerCount
            ? $"{worker} joins: {members.Count} of {definition.WorkerCount} are there, and training waits for the others"
            : $"{worker} joins and gets work from step {planned.Next}";
    }

    private void Welcome(Member member, EffectList effects) => SendTo(member, session => new Welcome(session, map!), effects);

    private void WelcomeAll(EffectList effects)
    {
        foreach (var member in members.All)
        {
            Welcome(member, effects);
        }
    }

    private void JournalMembers(string reason, EffectList effects) => Journal(new MembersChanged([.. members.All.Select(member => member.Worker)], reason), effects);

    private void BeginIfGathered(EffectList effects)
    {
        if (phase == Phase.Gathering && ShardsAreReady && !MustMove && !isAskedToStop && members.Count >= definition.WorkerCount)
        {
            BecomeTraining();
            SayHowTheRateIsScaled(decisions.Epoch, effects);
            if (definition.Epochs == 0)
            {
                Conclude(stopsEarly: false, effects);
            }

            PlanMore(effects);
        }
    }

    private void HandleWorkerLost(WorkerLost lost, EffectList effects)
    {
        var wasKnown = departing.RemoveWhere(gone => gone.Worker == lost.Worker) + waitingToJoin.RemoveAll(request => request.Worker == lost.Worker) > 0;
        if (members.Find(lost.Worker) is { } member)
        {
            LoseWorker(member, lost.Reason, effects);
        }
        else if (!wasKnown)
        {
            effects.Refuse(lost, $"{lost.Worker} is not a member");
        }
    }

    private void LoseWorker(Member member, string cause, EffectList effects) => Remove(member, "was lost", $"{member.Worker} is lost ({cause})", effects);

    private void HandleLeaveRequested(LeaveRequested request, EffectList effects) => LetGo(members.Find(request.Worker), request.Reason, effects);

    /// <summary>An orderly loss. While a run is ending, everybody is about to be told to stop anyway.</summary>
    private void LetGo(Member? member, string reason, EffectList effects)
    {
        if (member is null || phase is Phase.Stopping or Phase.Dismissing)
        {
            return;
        }

        if (members.Count == 1 && phase != Phase.Gathering)
        {
            if (waitingToLeave.TryAdd(member.Worker, reason))
            {
                effects.Notice($"{member.Worker} wants to leave ({reason}), but is the last worker: it stays until another has joined");
            }

            return;
        }

        departing.Add((member.Worker, member.Session));
        SendTo(member, session => new Stop(session), effects);
        Remove(member, "has left", $"{member.Worker} leaves ({reason})", effects);
    }

    /// <summary>Its open work goes to others, as far as the shards do not have it.</summary>
    private void Remove(Member member, string what, string whatHappened, EffectList effects)
    {
        var worker = member.Worker;
        members.Remove(worker);
        waitingToLeave.Remove(worker);
        var decision = WorkerDeath.Decide(definition, whatHappened, member.OpenRanges, committed, evaluation?.OpenBlocksOf(worker) ?? [], members.Count);
        effects.Notice(decision.Reason);
        JournalMembers(whatHappened, effects);
        if (phase is not (Phase.Moving or Phase.Recovering))
        {
            // While shards move or are restored, no server has its session, and the next ones will never hear of it.
            openQuestions += decision.AskTheServerAbout.Length * (map?.ShardCount ?? 0);
            SendToServers(_ => new EndSession(header, worker, member.Session, decision.AskTheServerAbout, what), effects);
        }

        foreach (var step in openSteps.Values)
        {
            step.Abandon(worker);
        }

        evaluation?.Abandon(worker);
        AssignBlocks(decision.BlocksToAssign, $"{worker} {what}", effects);
        ReleaseNodes(effects);
        StopIfAtRest(effects);
        StopEarlierIfStuck(effects);
        EndIfAllHaveLeft(effects);
    }

    /// <summary>It cannot be trusted with work any more: what it was assigned goes to others.</summary>
    private void HandleWorkerAtFault(WorkerAtFault fault, EffectList effects)
    {
        if (members.Find(fault.Worker) is not { } member || member.Session != fault.WorkerSession)
        {
            effects.Refuse(fault, $"{fault.Worker} is no member in session {fault.WorkerSession} (any more)");
            return;
        }

        departing.Add((member.Worker, member.Session));
        SendTo(member, session => new Stop(session), effects);
        LoseWorker(member, fault.Reason, effects);
    }

    private void HandleWorkerStopped(WorkerStopped stopped, EffectList effects)
    {
        if (!departing.Remove((stopped.Worker, stopped.Header.Session)))
        {
            members.Remove(stopped.Worker);
            EndIfAllHaveLeft(effects);
        }
    }
}
