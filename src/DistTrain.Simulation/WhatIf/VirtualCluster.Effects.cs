using DistTrain.Actors;

namespace DistTrain.Simulation.WhatIf;

/// <summary>What becomes of an actor's effects.</summary>
internal sealed partial class VirtualCluster
{
    /// <returns>When the actor has done its part of them: writing takes it time.</returns>
    private long CarryOut(VirtualActor actor, long now, Spent spent)
    {
        var time = now;
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case Send send:
                    Send(actor, send, ref time, ref spent);
                    break;
                case ComputeEffect compute:
                    Compute(actor, compute, time, spent);
                    break;
                case PrepareSamples prepare:
                    Prepare(actor, prepare, time);
                    break;
                case Announce { Announcement: NoticeAnnounced notice }:
                    notices.Add(notice.Sentence);
                    break;
                case PlaceShards placed:
                    Place(placed.Map, time, spent);
                    break;
                case Refuse refuse:
                    throw new InvalidOperationException($"{actor.Actor.Address} refused {refuse.Message.GetType().Name} in a run without faults: {refuse.Reason}");
                case Announce or Log or ReleaseEffect or WriteJournal:
                    break;
                default:
                    throw new InvalidOperationException($"no cost is known of {effect.GetType().Name}");
            }
        }

        return time;
    }

    private void Send(VirtualActor sender, Send send, ref long time, ref Spent spent)
    {
        var receiver = actors[send.To];
        if (receiver.Node == sender.Node)
        {
            At(time, new IsPosted(new Parcel(false, receiver, send.Message, 0, spent)));
            return;
        }

        time += remoteCost;
        spent = spent.Plus(Phase.Messages, remoteCost);
        if (send.Message is ITensorMessage)
        {
            Transfer(sender.Node, new Parcel(true, receiver, send.Message, host.BytesOf(send.Message), spent), time);
        }
        else
        {
            At(time + latency, new IsPosted(new Parcel(true, receiver, send.Message, 0, spent.Plus(Phase.Latency, latency))));
        }
    }

    private void Compute(VirtualActor actor, ComputeEffect effect, long now, Spent spent)
    {
        var result = host.Execute(actor.Actor.Address, effect);
        switch (effect)
        {
            case ComputeGradient compute:
                ComputeGradient(actor, compute, (GradientComputed)result, now, spent);
                break;
            case ReduceAndUpdate update:
                Update(actor, update, result, now, spent);
                break;
            default:
                Tell(actor, result, now, spent);
                break;
        }
    }

    private void ComputeGradient(VirtualActor actor, ComputeGradient compute, GradientComputed result, long now, Spent spent)
    {
        var samples = CostHost.SamplesOf(compute.MiniBatch, compute.Range);
        var ideal = host.GradientNanoseconds(samples) + (actor.TakePrepared(compute.MiniBatch, compute.Range) ? 0 : host.GatherNanoseconds(samples));
        var real = (long)(ideal * question.Stragglers.FactorOf(new WorkerId(actor.Actor.Address.Number), compute.MiniBatch.Step, question.Seed));
        var turn = actor.Node.Run(actor.Thread, now, real, wake);
        Tell(
            actor,
            result with { ElapsedMicroseconds = real / 1000 },
            now + turn.Total,
            spent.Plus(Phase.Compute, turn.Waited + ideal).Plus(Phase.Straggling, real - ideal).Plus(Phase.Messages, turn.Woken));
    }

    private void Prepare(VirtualActor actor, PrepareSamples prepare, long now)
    {
        actor.Prepare(prepare.MiniBatch, prepare.Range);
        actor.Node.Run(actor.Thread, now, host.GatherNanoseconds(CostHost.SamplesOf(prepare.MiniBatch, prepare.Range)), wake);
    }

    private void Update(VirtualActor actor, ReduceAndUpdate update, ComputeResult result, long now, Spent spent)
    {
        var (reduction, optimizer) = (host.ReductionNanoseconds(update), host.UpdateNanoseconds(update));
        var turn = actor.Node.Share(now, host.PartsOf(update.Shard), reduction + optimizer, wake);
        var reducing = reduction == 0 ? 0 : (long)(turn.Duration * (reduction / (double)(reduction + optimizer)));
        Tell(
            actor,
            result,
            now + turn.Total,
            spent.Plus(Phase.Reduction, reducing).Plus(Phase.Update, turn.Waited + turn.Duration - reducing).Plus(Phase.Messages, turn.Woken));
    }

    private void Place(ShardMap map, long now, Spent spent)
    {
        foreach (var shard in map.Shards)
        {
            Add(new ParameterServerActor(shard), nodes[map.NodeOf(shard)], 0, now, spent);
        }
    }
}
