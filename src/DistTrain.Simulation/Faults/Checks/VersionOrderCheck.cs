using DistTrain.Actors;

namespace DistTrain.Simulation.Faults.Checks;

/// <summary>Within one term and incarnation, the new versions that an actor is told of come one after another; only one that it asked for, or evaluates, is older.</summary>
public sealed class VersionOrderCheck : RunCheck
{
    private readonly Dictionary<(int Life, ActorAddress Receiver, Term Term, Incarnation Incarnation, ShardId Shard), WeightVersion> newest = [];
    private readonly HashSet<(int Life, ActorAddress Receiver, Term Term, Incarnation Incarnation, WeightVersion Version)> requested = [];

    public override void Observe(Observation observation)
    {
        if (observation is not ActorStepped step)
        {
            return;
        }

        foreach (var request in step.Delivery.Effects.OfType<Send>().Select(send => send.Message).OfType<RequestWeights>())
        {
            requested.Add((step.Life, step.Delivery.Receiver, request.Header.Term, request.Header.Incarnation, request.Version));
        }

        if (step.Delivery.Message is WeightsPublished published && step.WasActedUpon)
        {
            Order(step, published);
        }
    }

    private void Order(ActorStepped step, WeightsPublished published)
    {
        var (receiver, header) = (step.Delivery.Receiver, published.Header);
        var key = (step.Life, receiver, header.Term, header.Incarnation, published.Shard);
        if (!newest.TryGetValue(key, out var before))
        {
            newest[key] = published.Version;
            return;
        }

        var wasRequested = requested.Contains((step.Life, receiver, header.Term, header.Incarnation, published.Version));
        var isFirstOfSession = published.Version == before;
        Require(
            published.Version.Value == before.Value + 1 || wasRequested || isFirstOfSession,
            $"{receiver} is told of version {published.Version} of {published.Shard} after version {before}, in incarnation {header.Incarnation}");
        newest[key] = before > published.Version ? before : published.Version;
    }
}
