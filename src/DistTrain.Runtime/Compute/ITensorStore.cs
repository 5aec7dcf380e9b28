using DistTrain.Actors;
using DistTrain.Learning.Reduction;

namespace DistTrain.Runtime.Compute;

/// <summary>What the tensors of a message are: enough to find memory for them before the message itself has come.</summary>
/// <param name="Incarnation">Of the parameter server; numbers of versions repeat in another one.</param>
/// <param name="Shard">Whose part it is.</param>
/// <param name="Version">The weights' or the state's; of a gradient, the version that it was computed on.</param>
public abstract record TensorKey(Incarnation Incarnation, ShardId Shard, WeightVersion Version);

/// <summary>Of <see cref="WeightsPublished"/> and <see cref="WeightsDelivered"/>: the shard's segments, in order of the flat buffer.</summary>
public sealed record WeightsKey(Incarnation Incarnation, ShardId Shard, WeightVersion Version) : TensorKey(Incarnation, Shard, Version);

/// <summary>Of <see cref="Contribution"/>: the shard's segments, in the order in which a backward pass makes them, last tensor first.</summary>
public sealed record GradientKey(Incarnation Incarnation, ShardId Shard, WeightVersion Version, WorkerId Worker, SessionNumber Session, TreeNode Node) : TensorKey(Incarnation, Shard, Version);

/// <summary>Of <see cref="StateDelivered"/> and <see cref="ResumeServing"/>: the shard's segments of the weights, then of each tensor of the optimizer, in order.</summary>
/// <param name="ShardCount">How many shards there are: a state may come before the word of where they live.</param>
public sealed record StateKey(Incarnation Incarnation, ShardId Shard, WeightVersion Version, int ShardCount) : TensorKey(Incarnation, Shard, Version);

/// <summary>Memory of this process that is to be sent, and stays as it is until disposed.</summary>
public interface IOutgoingTensors : IDisposable
{
    TensorKey Key { get; }

    /// <summary>In the order in which they are to be sent.</summary>
    IReadOnlyList<ReadOnlyMemory<float>> Segments { get; }
}

/// <summary>Memory of this process that is to be filled by a peer. Ends with exactly one of the two calls.</summary>
public interface IIncomingTensors
{
    /// <summary>In the order in which they arrive; as long as the sender's.</summary>
    IReadOnlyList<Memory<float>> Segments { get; }

    /// <summary>Everything has arrived: the receiver holds it. Gives the message as the receiver is to see it, with its own handles.</summary>
    ActorMessage Complete(ActorMessage message);

    /// <summary>It will never be whole: the memory is free again.</summary>
    void Abandon();
}

/// <summary>Where the tensors of messages from and to other processes lie in this one. Safe to call from several threads.</summary>
public interface ITensorStore
{
    /// <summary>What the message carries, held for sending beyond what its sender holds.</summary>
    IOutgoingTensors Hold(ActorAddress sender, ActorMessage message);

    /// <summary>Memory for what a message to <paramref name="receiver"/> is going to carry.</summary>
    /// <exception cref="Wire.WireFormatException">A peer cannot mean this: no such shard, or a receiver that takes nothing of the kind.</exception>
    IIncomingTensors Open(ActorAddress receiver, TensorKey key);
}
