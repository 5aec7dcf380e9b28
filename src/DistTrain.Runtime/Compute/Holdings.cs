using DistTrain.Actors;

namespace DistTrain.Runtime.Compute;

/// <summary>Which tensors each actor holds, so that those of an actor that is gone can be let go. A version may be held more than once.</summary>
internal sealed class Holdings(WeightVersions weights, GradientBuffers gradients)
{
    private readonly object gate = new();
    private readonly Dictionary<ActorAddress, List<GradientHandle>> heldGradients = [];
    private readonly Dictionary<ActorAddress, List<WeightVersion>> heldVersions = [];

    /// <summary>The actor now holds what the answer to its own work brought into being.</summary>
    public void Record(ActorAddress actor, ComputeResult result)
    {
        switch (result)
        {
            case GradientComputed computed:
                foreach (var node in computed.Nodes)
                {
                    Add(heldGradients, actor, node.Gradient);
                }

                break;
            case WeightsInitialized initialized:
                Add(heldVersions, actor, initialized.Version);
                break;
            case UpdateApplied applied:
                Add(heldVersions, actor, applied.Step.Makes);
                break;
        }
    }

    /// <summary>The receiver now holds what the message carries, as well as the sender.</summary>
    public void Share(ActorAddress receiver, ActorMessage message)
    {
        switch (message)
        {
            case Contribution contribution:
                gradients.AddHolder(contribution.Gradient);
                Add(heldGradients, receiver, contribution.Gradient);
                break;
            case WeightsPublished published:
                AddVersion(receiver, published.Version);
                break;
            case WeightsDelivered delivered:
                AddVersion(receiver, delivered.Version);
                break;
            default:
                throw new InvalidOperationException($"{message.GetType().Name} is not known to carry tensors");
        }
    }

    public void Release(ActorAddress actor, ReleaseEffect effect)
    {
        switch (effect)
        {
            case ReleaseGradient release when Remove(heldGradients, actor, release.Gradient):
                gradients.Release(release.Gradient);
                break;
            case DropWeights drop when Remove(heldVersions, actor, drop.Version):
                weights.Release(drop.Version);
                break;
            default:
                throw new InvalidOperationException($"{actor} lets go of what it does not hold: {effect}");
        }
    }

    public void ReleaseAll(ActorAddress actor, bool keepsNewestVersion)
    {
        lock (gate)
        {
            heldGradients.Remove(actor, out var handles);
            handles?.ForEach(gradients.Release);
            if (heldVersions.Remove(actor, out var versions))
            {
                versions.Sort();
                if (keepsNewestVersion && versions.Count > 0)
                {
                    heldVersions[actor] = [versions[^1]];
                    versions.RemoveAt(versions.Count - 1);
                }

                versions.ForEach(weights.Release);
            }
        }
    }

    private void AddVersion(ActorAddress receiver, WeightVersion version)
    {
        weights.AddHolder(version);
        Add(heldVersions, receiver, version);
    }

    private void Add<T>(Dictionary<ActorAddress, List<T>> held, ActorAddress actor, T item)
    {
        lock (gate)
        {
            if (!held.TryGetValue(actor, out var items))
            {
                held.Add(actor, items = []);
            }

            items.Add(item);
        }
    }

    private bool Remove<T>(Dictionary<ActorAddress, List<T>> held, ActorAddress actor, T item)
    {
        lock (gate)
        {
            return held.TryGetValue(actor, out var items) && items.Remove(item);
        }
    }
}
