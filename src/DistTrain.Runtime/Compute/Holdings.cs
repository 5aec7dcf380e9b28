using DistTrain.Actors;

namespace DistTrain.Runtime.Compute;

/// <summary>Which tensors each actor holds, so that those of an actor that is gone can be let go. What comes by several messages is held several times.</summary>
internal sealed class Holdings(WeightVersions weights, GradientBuffers gradients)
{
    private readonly object gate = new();
    private readonly Dictionary<ActorAddress, Held> holders = [];

    /// <summary>States that are set aside, whoever holds them; one that two hold counts twice.</summary>
    public int TotalStates
    {
        get
        {
            lock (gate)
            {
                return holders.Values.Sum(held => held.States.Count);
            }
        }
    }

    /// <summary>The actor holds a node that it is already counted as a holder of.</summary>
    public void Add(ActorAddress actor, GradientHandle gradient)
    {
        lock (gate)
        {
            Of(actor).Gradients.Add(gradient);
        }
    }

    /// <summary>
    /// The actor holds a version that it is already counted as a user of. A worker lives in one incarnation: the first version of another ends what it held of those before, and what still comes of those is let go at once.
    /// </summary>
    public void Add(ActorAddress actor, VersionKey version)
    {
        lock (gate)
        {
            var held = Of(actor);
            if (actor.Role == ActorRole.Worker && version.Incarnation > held.Incarnation)
            {
                held.Incarnation = version.Incarnation;
                Release(held, key => key.Incarnation < version.Incarnation);
            }

            if (version.Incarnation < held.Incarnation)
            {
                weights.Release(version);
            }
            else
            {
                held.Versions.Add(version);
            }
        }
    }

    public void Add(ActorAddress actor, ShardState state)
    {
        lock (gate)
        {
            Of(actor).States.Add(state);
        }
    }

    /// <summary>The receiver now holds what the message carries, as well as the sender.</summary>
    public void Share(ActorAddress sender, ActorAddress receiver, ActorMessage message)
    {
        switch (message)
        {
            case Contribution contribution:
                gradients.AddHolder(contribution.Gradient);
                Add(receiver, contribution.Gradient);
                break;
            case WeightsPublished published:
                ShareVersion(receiver, new VersionKey(published.Header.Incarnation, published.Version));
                break;
            case WeightsDelivered delivered:
                ShareVersion(receiver, new VersionKey(delivered.Header.Incarnation, delivered.Version));
                break;
            case StateDelivered delivered:
                Add(receiver, State(sender, delivered.Shard, delivered.State.Version));
                break;
            case ResumeServing resume:
                Add(receiver, State(sender, resume.Shard, resume.State.Version).In(resume.Header.Incarnation));
                break;
            default:
                throw new InvalidOperationException($"{message.GetType().Name} is not known to carry tensors");
        }
    }

    /// <summary>The newest incarnation's version of that number that the actor holds.</summary>
    public VersionKey Version(ActorAddress actor, WeightVersion version)
    {
        lock (gate)
        {
            return Of(actor).Versions.Where(key => key.Version == version).Select(key => (VersionKey?)key).Max()
                ?? throw new InvalidOperationException($"{actor} asks for weight version {version}, which it does not hold");
        }
    }

    /// <summary>The newest incarnation's state of that version.</summary>
    public ShardState State(ActorAddress actor, ShardId shard, WeightVersion version)
    {
        lock (gate)
        {
            return Of(actor).States.Where(state => state.Shard == shard && state.Version == version).MaxBy(state => state.Incarnation)
                ?? throw new InvalidOperationException($"{actor} asks for the state of {shard} at version {version}, which it does not hold");
        }
    }

    public int StateCount(ActorAddress actor)
    {
        lock (gate)
        {
            return holders.TryGetValue(actor, out var held) ? held.States.Count : 0;
        }
    }

    /// <param name="served">By a server: the incarnation that it serves in, as what it lets go of is its own; a state that has come for the actor that is to take its place may be of the same version. Null for the others.</param>
    public void Release(ActorAddress actor, ReleaseEffect effect, Incarnation? served = null)
    {
        lock (gate)
        {
            var held = Of(actor);
            switch (effect)
            {
                case ReleaseGradient release when held.Gradients.Remove(release.Gradient):
                    gradients.Release(release.Gradient);
                    break;
                case DropWeights drop when DropVersion(held, actor, drop.Version):
                    break;
                case DropSnapshot drop:
                    held.States.RemoveAll(state => state.Version == drop.Version && !(state.Incarnation > served));
                    break;
                default:
                    throw new InvalidOperationException($"{actor} lets go of what it does not hold: {effect}");
            }
        }
    }

    /// <summary>Whether the receiver still holds what a message carries: a node that had come for an actor which is gone went with it, and is not the next one's.</summary>
    public bool Holds(ActorAddress receiver, Message message)
    {
        lock (gate)
        {
            return message is not Contribution contribution || (holders.TryGetValue(receiver, out var held) && held.Gradients.Contains(contribution.Gradient));
        }
    }

    /// <summary>Lets go of what the receiver holds by this message, if it still does.</summary>
    public void Discard(ActorAddress receiver, ActorMessage message)
    {
        lock (gate)
        {
            var held = Of(receiver);
            switch (message)
            {
                case Contribution contribution when held.Gradients.Remove(contribution.Gradient):
                    gradients.Release(contribution.Gradient);
                    break;
                case WeightsPublished published:
                    DiscardVersion(held, new VersionKey(message.Header.Incarnation, published.Version));
                    break;
                case WeightsDelivered delivered:
                    DiscardVersion(held, new VersionKey(message.Header.Incarnation, delivered.Version));
                    break;
                case StateDelivered delivered:
                    DiscardState(held, delivered.Shard, message.Header.Incarnation, delivered.State.Version);
                    break;
                case ResumeServing resume:
                    DiscardState(held, resume.Shard, message.Header.Incarnation, resume.State.Version);
                    break;
            }
        }
    }

    /// <summary>The actor is gone; of the versions that may be kept, the newest is. A state that has come for the actor that takes its place stays for that.</summary>
    /// <param name="served">By a server: the incarnation that it served in. Null for the others.</param>
    public void ReleaseAll(ActorAddress actor, Func<VersionKey, bool> mayBeKept, Incarnation? served = null)
    {
        lock (gate)
        {
            if (!holders.Remove(actor, out var held))
            {
                return;
            }

            held.Gradients.ForEach(gradients.Release);
            var newest = held.Versions.Where(mayBeKept).Order().Select(key => (VersionKey?)key).LastOrDefault();
            Release(held, key => key != newest);
            if (newest is not null)
            {
                Of(actor).Versions.AddRange(held.Versions);
            }

            held.States.RemoveAll(state => !(state.Incarnation > served));
            if (held.States.Count > 0)
            {
                var next = held.States.Max(state => state.Incarnation);
                Of(actor).States.AddRange(held.States.Where(state => state.Incarnation == next));
            }
        }
    }

    private void DiscardVersion(Held held, VersionKey version)
    {
        if (held.Versions.Remove(version))
        {
            weights.Release(version);
        }
    }

    private static void DiscardState(Held held, ShardId shard, Incarnation incarnation, WeightVersion version)
    {
        if (held.States.FindIndex(state => state.Shard == shard && state.Incarnation == incarnation && state.Version == version) is >= 0 and var place)
        {
            held.States.RemoveAt(place);
        }
    }

    /// <summary>A worker holds a version by one message of each shard, and lets go of it as a whole; others let go of what came by one message.</summary>
    private bool DropVersion(Held held, ActorAddress actor, WeightVersion version)
    {
        if (actor.Role == ActorRole.Worker)
        {
            Release(held, key => key.Version == version);
            return true;
        }

        var place = held.Versions.FindIndex(key => key.Version == version);
        if (place < 0)
        {
            return false;
        }

        weights.Release(held.Versions[place]);
        held.Versions.RemoveAt(place);
        return true;
    }

    private void Release(Held held, Predicate<VersionKey> which)
    {
        foreach (var key in held.Versions)
        {
            if (which(key))
            {
                weights.Release(key);
            }
        }

        held.Versions.RemoveAll(which);
    }

    private void ShareVersion(ActorAddress receiver, VersionKey version)
    {
        weights.AddHolder(version);
        Add(receiver, version);
    }

    private Held Of(ActorAddress actor)
    {
        if (!holders.TryGetValue(actor, out var held))
        {
            holders.Add(actor, held = new Held());
        }

        return held;
    }

    private sealed class Held
    {
        public List<GradientHandle> Gradients { get; } = [];

        public List<VersionKey> Versions { get; } = [];

        public List<ShardState> States { get; } = [];

        /// <summary>Of a worker: the newest one of which it has held anything.</summary>
        public Incarnation Incarnation { get; set; }
    }
}
