using DistTrain.Actors;

namespace DistTrain.Simulation.WhatIf;

/// <summary>A message on its way, and how it came to be where it is.</summary>
/// <param name="IsRemote">Whether it comes from another process.</param>
/// <param name="Bytes">Of the tensors that it carries.</param>
internal sealed record Parcel(bool IsRemote, VirtualActor Receiver, Message Message, long Bytes, Spent Spent);

/// <summary>An actor and its mailbox: it handles one message at a time, in the order of arrival.</summary>
internal sealed class VirtualActor(IActor actor, VirtualNode node, int thread)
{
    private readonly Queue<(Parcel Parcel, long Arrival)> mailbox = new();
    private readonly HashSet<(StepNumber Step, WorkRange Range)> prepared = [];

    public IActor Actor => actor;

    public VirtualNode Node => node;

    /// <summary>Of the node's, on which a worker computes.</summary>
    public int Thread => thread;

    /// <summary>Until when it handles what it has begun to handle.</summary>
    public long BusyUntil { get; set; }

    public bool IsHandling { get; set; }

    public void Post(Parcel parcel, long arrival) => mailbox.Enqueue((parcel, arrival));

    public bool TryTake(out Parcel parcel, out long arrival)
    {
        var isThere = mailbox.TryDequeue(out var next);
        (parcel, arrival) = next;
        return isThere;
    }

    /// <summary>A worker's samples are gathered before they are asked for.</summary>
    public void Prepare(MiniBatch batch, WorkRange range) => prepared.Add((batch.Step, range));

    /// <summary>Whether they were.</summary>
    public bool TakePrepared(MiniBatch batch, WorkRange range) => prepared.Remove((batch.Step, range));
}
