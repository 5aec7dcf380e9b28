using DistTrain.Actors;
using DistTrain.Runtime.Compute;

namespace DistTrain.Runtime.Links;

/// <summary>Calls a link's handler: one call at a time, whichever threads they come from, and none behind the last.</summary>
internal sealed class HandlerCalls(ILink link, ILinkHandler handler)
{
    private readonly object gate = new();
    private bool isOver;

    public void Received(ReadOnlySpan<byte> message)
    {
        lock (gate)
        {
            if (!isOver)
            {
                handler.Received(link, message);
            }
        }
    }

    /// <returns>Null when the link is over.</returns>
    public IIncomingTensors? Open(ActorAddress receiver, TensorKey key)
    {
        lock (gate)
        {
            return isOver ? null : handler.Open(link, receiver, key);
        }
    }

    /// <returns>Whether the handler has taken the tensors; not when the link is over.</returns>
    public bool Received(ActorAddress receiver, IIncomingTensors tensors, ReadOnlySpan<byte> message)
    {
        lock (gate)
        {
            if (isOver)
            {
                return false;
            }

            handler.Received(link, receiver, tensors, message);
            return true;
        }
    }

    public void Changed(string sentence)
    {
        lock (gate)
        {
            if (!isOver)
            {
                handler.Changed(link, sentence);
            }
        }
    }

    /// <summary>Nothing is called from now on but <see cref="Lost"/>.</summary>
    public void Stop()
    {
        lock (gate)
        {
            isOver = true;
        }
    }

    public void Lost(string reason, bool isOrderly)
    {
        lock (gate)
        {
            handler.Lost(link, reason, isOrderly);
        }
    }
}
