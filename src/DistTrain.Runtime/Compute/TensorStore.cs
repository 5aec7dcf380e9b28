using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Compute;

/// <summary>Memory for tensors that travel: the very buffers that the actors of this process use, so that nothing is copied.</summary>
internal sealed class TensorStore(ServerCompute server, WeightVersions weights, GradientBuffers gradients, Holdings holdings, int optimizerTensors, int maximumMicroBatches, TensorLimits limits) : ITensorStore
{
    private int openStates;

    public IOutgoingTensors Hold(ActorAddress sender, ActorMessage message)
    {
        var incarnation = message.Header.Incarnation;
        return message switch
        {
            Contribution contribution => HoldGradient(contribution),
            WeightsPublished published => HoldWeights(new WeightsKey(incarnation, published.Shard, published.Version)),
            WeightsDelivered delivered => HoldWeights(new WeightsKey(incarnation, delivered.Shard, delivered.Version)),
            StateDelivered delivered => HoldState(sender, new StateKey(incarnation, delivered.Shard, delivered.State.Version)),
            ResumeServing resume => HoldState(sender, new StateKey(incarnation, resume.Shard, resume.State.Version)),
            _ => throw new InvalidOperationException($"{message.GetType().Name} is not known to carry tensors"),
        };
    }

    public IIncomingTensors Open(ActorAddress receiver, TensorKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Shard.Value < 0 || key.Shard.Value >= server.Cut.ShardCount)
        {
            throw new WireFormatException($"tensors of shard {key.Shard.Value} are announced, but there are {server.Cut.ShardCount} shards");
        }

        return (key, receiver.Role) switch
        {
            (GradientKey gradient, ActorRole.ParameterServer) => OpenGradient(receiver, gradient),
            (WeightsKey published, ActorRole.Worker or ActorRole.Coordinator) => OpenWeights(receiver, published),
            (StateKey state, ActorRole.ParameterServer or ActorRole.Coordinator) => OpenState(receiver, state),
            _ => throw new WireFormatException($"{receiver} takes no tensors of the kind that is announced to it"),
        };
    }

    private Outgoing HoldGradient(Contribution contribution)
    {
        gradients.AddHolder(contribution.Gradient);
        return new Outgoing(
            KeyOf(contribution),
            [.. SegmentsOf(contribution.Shard, gradients.Get(contribution.Gradient)).Reverse()],
            () => gradients.Release(contribution.Gradient));
    }

    private Outgoing HoldWeights(WeightsKey key)
    {
        var lease = weights.Read(new VersionKey(key.Incarnation, key.Version), key.Shard);
        return new Outgoing(key, [.. SegmentsOf(key.Shard, lease.Weights)], lease.Dispose);
    }

    /// <summary>Nobody writes into a state that is set aside, and it is free when nobody refers to it: there is nothing to let go of.</summary>
    private Outgoing HoldState(ActorAddress sender, StateKey key) =>
        new(key, [.. holdings.State(sender, key.Shard, key.Version).Parts.Select(part => part.Memory)], static () => { });

    private Incoming OpenGradient(ActorAddress receiver, GradientKey key)
    {
        RequireShard(receiver, key.Shard);
        var node = key.Node;
        if (node.Level is < 0 or > 30 || node.Index < 0 || ((long)node.Index + 1) << node.Level > maximumMicroBatches)
        {
            throw new WireFormatException($"a gradient of level {node.Level}, index {node.Index} is announced, but no mini-batch has more than {maximumMicroBatches} micro-batches");
        }

        var (handle, buffer) = Receive(key);
        return new Incoming(
            [.. SegmentsOf(key.Shard, buffer).Reverse()],
            message => message is Contribution contribution && KeyOf(contribution) == key,
            message =>
            {
                holdings.Add(receiver, handle);
                return (Contribution)message with { Gradient = handle };
            },
            () => gradients.Release(handle));
    }

    private Incoming OpenWeights(ActorAddress receiver, WeightsKey key)
    {
        if (server.Has(key.Shard, key.Incarnation))
        {
            throw new WireFormatException($"weights of {key.Shard} are announced, but it lives here");
        }

        var version = new VersionKey(key.Incarnation, key.Version);
        if (!weights.Exists(version) && weights.Count >= limits.WeightVersions)
        {
            throw new WireFormatException($"more than {limits.WeightVersions} weight versions are sent");
        }

        bool IsMeant(ActorMessage message) => message switch
        {
            WeightsPublished published => receiver.Role == ActorRole.Worker && published.Shard == key.Shard && published.Version == key.Version,
            WeightsDelivered delivered => receiver.Role == ActorRole.Coordinator && delivered.Shard == key.Shard && delivered.Version == key.Version,
            _ => false,
        };
        return weights.BeginWriting(version, key.Shard) is { } buffer
            ? new Incoming(
                [.. SegmentsOf(key.Shard, buffer)],
                message => message.Header.Incarnation == key.Incarnation && IsMeant(message),
                message =>
                {
                    weights.EndWriting(version, key.Shard);
                    holdings.Add(receiver, version);
                    return message;
                },
                () => weights.AbandonWriting(version, key.Shard))
            : OpenSecondCopy(receiver, key, version, IsMeant);
    }

    /// <summary>Others may be reading what is here: a second copy goes elsewhere, and is needed only if the first one does not become whole.</summary>
    private Incoming OpenSecondCopy(ActorAddress receiver, WeightsKey key, VersionKey version, Predicate<ActorMessage> isMeant)
    {
        GradientHandle scratch;
        TensorBuffer copy;
        try
        {
            (scratch, copy) = Receive(new GradientKey(key.Incarnation, key.Shard, key.Version, default, default, default));
        }
        catch (WireFormatException)
        {
            weights.Release(version);
            throw;
        }

        return new Incoming(
            [.. SegmentsOf(key.Shard, copy)],
            message => message.Header.Incarnation == key.Incarnation && isMeant(message),
            message =>
            {
                FillIn(version, key.Shard, copy);
                gradients.Release(scratch);
                holdings.Add(receiver, version);
                return message;
            },
            () =>
            {
                gradients.Release(scratch);
                weights.Release(version);
            });
    }

    private void FillIn(VersionKey version, ShardId shard, TensorBuffer copy)
    {
        if (weights.Lacking(version, shard) is { } buffer)
        {
            foreach (var segment in server.Cut.SegmentsOf(shard.Value))
            {
                copy.Span.Slice(segment.Offset, segment.Length).CopyTo(buffer.Span[segment.Offset..]);
            }

            weights.EndWriting(version, shard);
        }
    }

    private Incoming OpenState(ActorAddress receiver, StateKey key)
    {
        if (receiver.Role == ActorRole.ParameterServer)
        {
            RequireShard(receiver, key.Shard);
        }

        // One that is in use and one that takes its place, of each shard.
        var most = 2 * server.Cut.ShardCount;
        if (Interlocked.Increment(ref openStates) + holdings.StateCount(receiver) > most)
        {
            Interlocked.Decrement(ref openStates);
            throw new WireFormatException($"more than {most} states of {server.Cut.ShardCount} shards are sent");
        }

        var state = new ShardState(server.Cut, key.Shard, key.Incarnation, key.Version, optimizerTensors);
        return new Incoming(
            [.. state.Parts.Select(part => part.Memory)],
            message => message.Header.Incarnation == key.Incarnation && message switch
            {
                StateDelivered delivered => receiver.Role == ActorRole.Coordinator && delivered.Shard == key.Shard && delivered.State.Version == key.Version,
                ResumeServing resume => receiver.Role == ActorRole.ParameterServer && resume.Shard == key.Shard && resume.State.Version == key.Version,
                _ => false,
            },
            message =>
            {
                Interlocked.Decrement(ref openStates);
                holdings.Add(receiver, state);
                return message;
            },
            () => Interlocked.Decrement(ref openStates));
    }

    private (GradientHandle Handle, TensorBuffer Buffer) Receive(GradientKey key) => gradients.ReceivedCount < limits.ReceivedGradients
        ? gradients.Receive(key)
        : throw new WireFormatException($"more than {limits.ReceivedGradients} gradients are sent at once");

    private IEnumerable<Memory<float>> SegmentsOf(ShardId shard, TensorBuffer flat) =>
        server.Cut.SegmentsOf(shard.Value).Select(segment => flat.Memory.Slice(segment.Offset, segment.Length));

    private static GradientKey KeyOf(Contribution contribution) => new(
        contribution.Header.Incarnation, contribution.Shard, contribution.Step.Reads, contribution.Worker, contribution.Header.Session, contribution.Node);

    private static void RequireShard(ActorAddress receiver, ShardId shard)
    {
        if (receiver.Number != shard.Value)
        {
            throw new WireFormatException($"tensors of {shard} are announced to {receiver}");
        }
    }

    private sealed class Outgoing(TensorKey key, Memory<float>[] segments, Action release) : IOutgoingTensors
    {
        private Action? release = release;

        public TensorKey Key => key;

        public IReadOnlyList<ReadOnlyMemory<float>> Segments { get; } = [.. segments];

        public void Dispose() => Interlocked.Exchange(ref release, null)?.Invoke();
    }

    private sealed class Incoming(Memory<float>[] segments, Predicate<ActorMessage> isMeant, Func<ActorMessage, ActorMessage> complete, Action abandon) : IIncomingTensors
    {
        private int ended;

        public IReadOnlyList<Memory<float>> Segments => segments;

        public ActorMessage Complete(ActorMessage message)
        {
            End();
            if (isMeant(message))
            {
                return complete(message);
            }

            abandon();
            throw new WireFormatException($"the tensors that came with {message.GetType().Name} had been announced as others");
        }

        public void Abandon()
        {
            End();
            abandon();
        }

        private void End()
        {
            if (Interlocked.Exchange(ref ended, 1) != 0)
            {
                throw new InvalidOperationException("tensors are received once");
            }
        }
    }
}
