using DistTrain.Actors;

namespace DistTrain.Simulation.WhatIf;

/// <summary>
/// Tensors go through the sender's and the receiver's link at once, each of which shares its speed among all that goes through it. A transfer is limited by the slower of the two; what it leaves unused of
/// the other is not given to others.
/// </summary>
internal sealed partial class VirtualCluster
{
    private void Transfer(VirtualNode sender, Parcel parcel, long now)
    {
        bytesSent += parcel.Bytes;
        var transfer = new Transfer(parcel, now);
        if (double.IsInfinity(bytesPerNanosecond) || parcel.Bytes == 0)
        {
            transfer.Finish(isSenders: true, now);
            transfer.Finish(isSenders: false, now + latency);
            EndIfDone(transfer);
            return;
        }

        Put(sender.Outgoing, isSenders: true, transfer, now);
        At(now + latency, new Arrives(transfer));
    }

    private void Arrive(Transfer transfer, long now) => Put(transfer.Parcel.Receiver.Node.Incoming, isSenders: false, transfer, now);

    private void Put(SharedLink link, bool isSenders, Transfer transfer, long now)
    {
        if (link.Add(transfer, now) is { } due)
        {
            At(due, new IsThrough(link, isSenders));
        }
    }

    private void FinishOn(SharedLink link, bool isSenders, long now)
    {
        if (link.DueAt != now)
        {
            return;
        }

        foreach (var transfer in link.TakeFinished(now))
        {
            transfer.Finish(isSenders, now);
            EndIfDone(transfer);
        }

        if (link.DueAt is { } due)
        {
            At(due, new IsThrough(link, isSenders));
        }
    }

    private void EndIfDone(Transfer transfer)
    {
        if (transfer is not { LeftAt: { } left, ReceivedAt: { } received })
        {
            return;
        }

        var parcel = transfer.Parcel;
        var end = Math.Max(left + latency, received);
        var moving = end - transfer.SentAt - latency;
        var alone = Math.Min(moving, CostHost.Nanoseconds(parcel.Bytes / question.BytesPerSecond));
        var (own, shared) = parcel.Message is Contribution ? (Phase.GradientsUp, Phase.FanIn) : (Phase.WeightsDown, Phase.FanOut);

        // What it takes longer than alone is the servers' doing only where theirs was the slower link.
        var isServers = parcel.Message is Contribution ? received > left + latency : left + latency > received;
        At(end, new IsPosted(parcel with { Spent = parcel.Spent.Plus(Phase.Latency, latency).Plus(own, alone).Plus(isServers ? shared : own, moving - alone) }));
    }
}
