using System.Diagnostics;
using DistTrain.Actors;
using DistTrain.Runtime.Recovery;

namespace DistTrain.Runtime.Compute;

/// <summary>What the coordinator holds, to checkpoints and back.</summary>
internal sealed class CheckpointCompute(CheckpointStore store, ServerCompute server, WeightVersions weights, Holdings holdings)
{
    /// <summary>Takes what is to be written, so that it stays as it is whatever the actor lets go of meanwhile, and gives the work.</summary>
    public Func<ComputeResult> Begin(ActorAddress actor, SaveCheckpoint effect)
    {
        var cut = server.Cut;
        var state = effect.Checkpoint.Coordinator;
        ShardState[] states = [.. Enumerable.Range(0, cut.ShardCount).Select(shard => holdings.State(actor, new ShardId(shard), state.Step.Makes))];
        WeightVersions.Lease? best = CheckpointManifest.HasBestFile(state) ? weights.ReadWhole(holdings.Version(actor, state.Decisions.Best!.Value.Version), cut.ShardCount) : null;
        return () =>
        {
            using (best)
            {
                var start = Stopwatch.GetTimestamp();
                var failure = store.Save(effect.Checkpoint, cut, states, best?.Weights);
                return new CheckpointSaved(state.Step, failure, (long)Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
        };
    }

    public CheckpointLoaded Load(ActorAddress actor, LoadCheckpoint effect)
    {
        server.Place(effect.ShardCount);
        var (newest, refused) = store.Load();
        if (newest is not null)
        {
            HoldStates(actor, effect.Incarnation, newest);
            HoldBest(actor, effect.Incarnation, newest);
        }

        return new CheckpointLoaded(newest?.Checkpoint, refused);
    }

    private void HoldStates(ActorAddress actor, Incarnation incarnation, LoadedCheckpoint loaded)
    {
        for (var shard = 0; shard < server.Cut.ShardCount; shard++)
        {
            var state = new ShardState(server.Cut, new ShardId(shard), incarnation, loaded.Checkpoint.Server.Version, loaded.OptimizerTensors.Length);
            state.CopyFrom([loaded.Weights, .. loaded.OptimizerTensors]);
            holdings.Add(actor, state);
        }
    }

    /// <summary>Each shard's part, as it would have been delivered.</summary>
    private void HoldBest(ActorAddress actor, Incarnation incarnation, LoadedCheckpoint loaded)
    {
        if (loaded.Best is not { } best)
        {
            return;
        }

        var key = new VersionKey(incarnation, loaded.Checkpoint.Coordinator.Decisions.Best!.Value.Version);
        for (var shard = 0; shard < server.Cut.ShardCount; shard++)
        {
            weights.Write(key, server.Cut, new ShardId(shard), best);
            holdings.Add(actor, key);
        }
    }
}
