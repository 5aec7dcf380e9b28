using DistTrain.Actors;

namespace DistTrain.Runtime;

/// <summary>
/// What holds the tensors of a run's actors and computes on them, one call at a time. The deterministic runtime asks it to do at once what other runtimes do in the
/// background; implementations run a real engine, or stand in for one.
/// </summary>
public interface IComputeHost
{
    /// <summary>Does the work and gives the answer that the actor is to get.</summary>
    ComputeResult Execute(ActorAddress actor, ComputeEffect effect);

    /// <summary>Lets go of what the actor held.</summary>
    void Release(ActorAddress actor, ReleaseEffect effect);

    /// <summary>
    /// Called when the message is sent: the receiver gets a hold of its own on the tensors that it carries. Gives the message as the receiver is to see it, with its
    /// own handles.
    /// </summary>
    ActorMessage Transfer(ActorAddress sender, ActorAddress receiver, ActorMessage message);

    /// <summary>The actor is gone or has retired: everything that it holds is free, except the coordinator's newest version of which it holds every part: the run's result.</summary>
    void Forget(ActorAddress actor);
}
