using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>Where the shards live: their first placement, their moves between two steps, and what becomes of the run when one is lost.</summary>
public sealed partial class CoordinatorActor
{
    private readonly SortedSet<NodeId> serverNodes = [];

    /// <summary>Nodes that want to leave, and why.</summary>
    private readonly SortedDictionary<NodeId, string> leavingNodes = [];

    /// <summary>Nodes that were released or lost; what still comes from there comes too late.</summary>
    private readonly SortedSet<NodeId> goneNodes = [];
    private readonly SortedSet<ShardId> readyShards = [];
    private readonly SortedDictionary<ShardId, ServerState> movedStates = [];

    /// <summary>Null until the nodes are known that are to hold shards.</summary>
    private ShardMap? map;

    /// <summary>Into how many a checkpoint is cut that is read before any shard is placed.</summary>
    private int shardsToLoad;

    private bool ShardsAreReady => map is not null && readyShards.Count == map.ShardCount;

    private void HandleServerNodeJoined(ServerNodeJoined joined, EffectList effects)
    {
        serverNodes.Add(joined.Node);
        PlaceIfDecided(effects);
        MoveIfDue(effects);
    }

    private void HandleServerReady(ServerReady ready, EffectList effects)
    {
        readyShards.Add(ready.Shard);
        if (!ShardsAreReady)
        {
            return;
        }

        if (phase == Phase.Moving)
        {
            EndMove(effects);
        }
        else if (phase == Phase.Recovering)
        {
            EndRecovery(effects);
        }

        StopIfAtRest(effects);

        AdmitWaiting(effects);
        MoveIfDue(effects);
        BeginIfGathered(effects);
        PlanMore(effects);
    }

    private void PlaceIfDecided(EffectList effects)
    {
        if (phase != Phase.Gathering || map is not null || loadingBecause is not null)
        {
            return;
        }

        var decision = DecidePlacement();
        effects.Log($"{decision.Reason}{(decision.Nodes is null ? ": the shards are not placed yet" : "")}");
        if (decision.Nodes is not { } nodes)
        {
            return;
        }

        if (continuesAnother)
        {
            shardsToLoad = nodes.Length;
            Load(nodes.Length, "the run is resumed", effects);
        }
        else
        {
            Place(nodes, effects);
        }
    }

    /// <summary>A run that is resumed and asked to stop before it goes on needs its weights here only, to leave them as they are.</summary>
    private PlacementDecision DecidePlacement() => Placement.Decide(
        isAskedToStop ? definition with { Placement = ShardPlacement.Central } : definition, [.. waitingToJoin.Select(request => request.Node)], serverNodes);

    /// <summary>Begins from version 0.</summary>
    private void Place(ImmutableArray<NodeId> nodes, EffectList effects)
    {
        Journal(new IncarnationBegun(header.Incarnation, default, "the run begins"), effects);
        BringIntoForce(new ShardMap((map?.Version ?? 0) + 1, nodes), effects);
        SendToServers(shard => new StartServing(header, shard, map!), effects);
    }

    private void BringIntoForce(ShardMap next, EffectList effects)
    {
        map = next;
        readyShards.Clear();
        effects.Add(new PlaceShards(next));
    }

    private void BeginIncarnation()
    {
        header = header with { Incarnation = new Incarnation(header.Incarnation.Value + 1) };
        versions.BeginIncarnation();

        // Their answers would be refused, and are not needed: no step is open.
        openQuestions = 0;
    }

    private bool HoldsShards(NodeId node) => map is not null && map.Nodes.Contains(node);

    private void HandleNodeLeaves(NodeLeaves leaves, EffectList effects)
    {
        serverNodes.Remove(leaves.Node);
        leavingNodes[leaves.Node] = leaves.Reason;
        foreach (var request in waitingToJoin.Where(request => request.Node == leaves.Node).ToArray())
        {
            waitingToJoin.Remove(request);
            effects.Send(ActorAddress.Of(request.Worker), new JoinRefused(header, $"{leaves.Node} leaves"));
        }

        if (HoldsShards(leaves.Node) && phase is not (Phase.Gathering or Phase.Training or Phase.Moving))
        {
            effects.Notice($"{leaves.Node} wants to leave ({leaves.Reason}), but holds a part of the weights of a run that is about to end: it stays until then");
        }

        foreach (var member in members.All.Where(member => member.Node == leaves.Node).ToArray())
        {
            LetGo(member, leaves.Reason, effects);
        }

        ReleaseNodes(effects);
        MoveIfDue(effects);
    }

    private void ReleaseNodes(EffectList effects)
    {
        foreach (var node in leavingNodes.Keys.Where(node => !HoldsShards(node) && members.All.All(member => member.Node != node)).ToArray())
        {
            leavingNodes.Remove(node);
            goneNodes.Add(node);
            effects.Add(new ReleaseNode(node));
        }
    }

    /// <summary>Whether nothing more may be planned before shards have moved.</summary>
    private bool MustMove => leavingNodes.Keys.Any(HoldsShards) || ShardsAreStranded;

    /// <summary>Whether shards live in the coordinator's process only because no other node was left when they were lost, and one is there now.</summary>
    private bool ShardsAreStranded => TakesCheckpoints && definition.Placement != ShardPlacement.Central && HoldsShards(NodeId.Coordinator) && NodesForShards().Any();

    /// <summary>
    /// When a node that holds shards wants to leave, the plan stops; once every planned step is committed and every epoch reported, all shards hand over their states as they are after the same step, and
    /// a new incarnation goes on from there.
    /// </summary>
    private void MoveIfDue(EffectList effects)
    {
        if (phase is not (Phase.Gathering or Phase.Training) || !MustMove || !ShardsAreReady || !IsBetweenSteps || checkpoint is not null)
        {
            return;
        }

        if (definition.TestsAtTheEnd && decisions.Best is { } best && bestTest?.Version != best.Version)
        {
            // The next incarnation has the newest version only, so this one is evaluated while it can still be had.
            OpenEvaluationOf(best.Epoch, best.Version, DataSplit.Test, $"the shards move, and version {best.Version} may be left in the end", effects);
            return;
        }

        BecomeMoving();
        readyShards.Clear();
        var who = string.Join(" and ", leavingNodes.Where(pair => HoldsShards(pair.Key)).Select(pair => $"{pair.Key} ({pair.Value})"));
        effects.Notice(who.Length > 0
            ? $"{who} leaves: after step {committed} its part of the weights moves to another node"
            : $"after step {committed} the weights move from the coordinator's process, where they were as long as no node was there for them");
        SendToServers(_ => new DeliverState(header, committed.Makes, GoesOn: false), effects);
    }

    private void HandleStateDelivered(StateDelivered delivered, EffectList effects)
    {
        if (phase != Phase.Moving)
        {
            AddToCheckpoint(delivered, effects);
            return;
        }

        movedStates[delivered.Shard] = delivered.State;
        if (movedStates.Count == map!.ShardCount)
        {
            ResumeElsewhere(effects);
        }
    }

    private void ResumeElsewhere(EffectList effects)
    {
        // A node whose shards had handed over their states may have been lost since.
        NodeId[] leaving = [.. leavingNodes.Keys, .. goneNodes, .. ShardsAreStranded ? (NodeId[])[NodeId.Coordinator] : []];
        var decision = Placement.Move(map!, leaving, NodesForShards());
        BeginIncarnation();
        Journal(new IncarnationBegun(header.Incarnation, committed, decision.Reason), effects);
        BringIntoForce(new ShardMap(map!.Version + 1, decision.Nodes!.Value), effects);
        effects.Log($"map {map.Version}, incarnation {header.Incarnation}: {decision.Reason}");
        SendToServers(shard => new ResumeServing(header, shard, map, movedStates[shard]), effects);
        DropMovedStates(effects);
    }

    private IEnumerable<NodeId> NodesForShards() => (definition.Placement switch
    {
        ShardPlacement.Central => [],
        ShardPlacement.Workers => members.All.Select(member => member.Node).Distinct(),
        _ => serverNodes,
    }).Except(leavingNodes.Keys);

    private void DropMovedStates(EffectList effects)
    {
        foreach (var version in movedStates.Values.Select(state => state.Version).Distinct())
        {
            DropStates(version, effects);
        }

        movedStates.Clear();
        LetGoOfStrayStates(effects);
    }

    /// <summary>Every shard goes on: the workers begin anew with them, and who wanted to leave may.</summary>
    private void EndMove(EffectList effects)
    {
        BecomeInterrupted();
        WelcomeAll(effects);
        ReleaseNodes(effects);
        if (isAskedToStop)
        {
            Stop(effects);
        }
    }

    private void HandleNodeLost(NodeLost lost, EffectList effects)
    {
        serverNodes.Remove(lost.Node);
        leavingNodes.Remove(lost.Node);
        goneNodes.Add(lost.Node);
        ShardId[] shards = [.. (map?.Shards ?? []).Where(shard => map!.NodeOf(shard) == lost.Node && !movedStates.ContainsKey(shard))];
        if (shards.Length == 0 || !NeedsShards)
        {
            return;
        }

        var cause = $"{lost.Node} was lost ({lost.Reason}) with {string.Join(", ", shards)}";
        if (TakesCheckpoints)
        {
            Recover(cause, effects);
        }
        else
        {
            EndWithoutShards(cause, effects);
        }
    }

    /// <summary>Whether the run still wants anything of the shards that are placed.</summary>
    private bool NeedsShards => phase switch
    {
        Phase.Gathering or Phase.Training or Phase.Moving or Phase.Concluding => true,
        Phase.Recovering => loadingBecause is null,
        Phase.Stopping => ResultIfThere() is not { } result || !versions.IsWhole(result),
        _ => false,
    };
}
