using DistTrain.Actors;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Akka;

/// <summary>A further candidate for the coordinator: joins the cluster by way of the present one, and waits until it is its turn. One that the cluster parts from joins again.</summary>
internal sealed class Standby(AkkaProcess process, StandbySettings settings) : ILinkHandler
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public void Wait(CancellationToken cancellation)
    {
        process.BeCandidate(settings);
        while (true)
        {
            var node = Join(cancellation);
            process.Tell($"stands by for the coordinator at {settings.Coordinator}, and goes on with the run when that one is gone");
            Task.WaitAny([process.Authority, node.Ended], cancellation);
            if (process.Authority.IsCompleted)
            {
                return;
            }

            process.Tell("the cluster has parted from this process; it joins again");
            cancellation.WaitHandle.WaitOne(Pause);
        }
    }

    private AkkaNode Join(CancellationToken cancellation)
    {
        using var network = new AkkaNetwork(process, new NetworkOptions { Security = settings.Security, Limits = settings.Limits, Handler = this, Tell = process.Tell }, process.Fail);
        network.Join(settings.Coordinator, settings.JoinTimeout, static _ => { }, cancellation);
        process.Node!.StandAsCandidate(process);
        return process.Node;
    }

    void ILinkHandler.Received(ILink link, ReadOnlySpan<byte> message) => throw new WireFormatException("a candidate that stands by takes no messages");

    IIncomingTensors ILinkHandler.Open(ILink link, ActorAddress receiver, TensorKey key) => throw new WireFormatException("a candidate that stands by takes no tensors");

    void ILinkHandler.Received(ILink link, ActorAddress receiver, IIncomingTensors tensors, ReadOnlySpan<byte> message) => throw new WireFormatException("a candidate that stands by takes no tensors");

    void ILinkHandler.Changed(ILink link, string sentence)
    {
    }

    void ILinkHandler.Lost(ILink link, string reason, bool isOrderly)
    {
    }
}
