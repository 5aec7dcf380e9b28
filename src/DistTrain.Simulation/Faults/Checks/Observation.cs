using DistTrain.Actors;

namespace DistTrain.Simulation.Faults.Checks;

/// <summary>Something that could be seen from outside. Checks look at these, and at nothing of the actors' or the processes' own.</summary>
public abstract record Observation;

/// <summary>An actor was handed a message, and this is what it wanted done.</summary>
/// <param name="Life">Of the process: no two lives in a run have the same number.</param>
public sealed record ActorStepped(int Life, Delivery Delivery) : Observation
{
    /// <summary>Whether the actor did what the message asks for, and did not refuse it.</summary>
    public bool WasActedUpon => !Delivery.Effects.Any(effect => effect is Refuse refuse && ReferenceEquals(refuse.Message, Delivery.Message));
}

/// <summary>A message with tensors was sent.</summary>
/// <param name="Shards">How many there are.</param>
/// <param name="Segments">What it carries, in the order of the wire.</param>
public sealed record TensorsSent(ActorMessage Message, int Shards, IReadOnlyList<ReadOnlyMemory<float>> Segments) : Observation;

/// <summary>A coordinator told people something.</summary>
public sealed record CoordinatorAnnounced(Term Term, Announcement Announcement) : Observation;

/// <summary>A new coordinator has read what those before it had written down.</summary>
public sealed record JournalRead(JournalPast Past) : Observation;

/// <summary>A new coordinator found in the journal that the run has ended.</summary>
public sealed record RunFoundEnded(RunEndRecorded Ending) : Observation;

/// <summary>A process changed the disk of the run.</summary>
/// <param name="Term">The coordinator's.</param>
/// <param name="Name">The file or folder; of a renamed one, the new name.</param>
public sealed record DiskChanged(Term Term, DiskAction Action, string Name) : Observation;

/// <summary>Nothing moves any more, and this is what processes still hold that live.</summary>
/// <param name="IsCoordinator">Whether it may hold the run's result.</param>
public sealed record ProcessRested(string Process, bool IsCoordinator, int Versions, int Gradients, int States) : Observation;

/// <summary>Something that must hold in every run.</summary>
public abstract class RunCheck
{
    /// <exception cref="CheckFailedException">It does not.</exception>
    public abstract void Observe(Observation observation);

    /// <summary>The run has ended.</summary>
    /// <exception cref="CheckFailedException">It does not hold.</exception>
    public virtual void End()
    {
    }

    protected static void Require(bool holds, string sentence)
    {
        if (!holds)
        {
            throw new CheckFailedException(sentence);
        }
    }
}
