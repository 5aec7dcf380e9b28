namespace DistTrain.Actors;

/// <summary>
/// A pure state machine: a message comes in, effects go out, and nothing else happens. It has no clock, no IO, no task, no lock and no random generator of its own,
/// so the same messages in the same order give the same effects in every runtime.
/// <para>The caller's duties:</para>
/// <list type="number">
/// <item>Send each actor <see cref="Started"/> first.</item>
/// <item>Hand over one message at a time; messages from one sender in the order in which it sent them.</item>
/// <item>Carry out the effects in their order before the next message of this actor is handed over. A <see cref="ComputeEffect"/> is started in that order, may run
/// meanwhile, and is answered by exactly one message to the same actor.</item>
/// <item>Hand over a message that carries tensors (<see cref="ITensorMessage"/>) only when they are whole at the receiver. Sending it gives the receiver a hold of its
/// own, so the sender may let go at once.</item>
/// <item>Keep alive what a running computation reads, whatever is released meanwhile.</item>
/// <item>Tell the coordinator by <see cref="WorkerLost"/> when a worker is gone. What it had sent may still arrive; the actors judge it.</item>
/// </list>
/// </summary>
public interface IActor
{
    ActorAddress Address { get; }

    /// <param name="now">The runtime's clock; never lower than at the call before.</param>
    /// <param name="message">One message.</param>
    /// <param name="effects">Where the effects are appended, in the order in which they are to be carried out.</param>
    void Step(Timestamp now, Message message, EffectList effects);
}
