using DistTrain.Actors;

namespace DistTrain.Simulation.Faults.Checks;

/// <summary>
/// Nobody acts upon a message of an older term or incarnation than it knows of; and once a newer coordinator has made its journal, an older one changes nothing on the disk that is valid.
/// </summary>
public sealed class FencingCheck : RunCheck
{
    private readonly Dictionary<(int Life, ActorAddress Actor), (Term Term, Incarnation Incarnation)> known = [];
    private Term newestTerm;

    public override void Observe(Observation observation)
    {
        switch (observation)
        {
            case ActorStepped { Delivery.Message: Started } step:
                known.Remove((step.Life, step.Delivery.Receiver));
                break;
            case ActorStepped { Delivery.Message: ActorMessage message } step when message is not JoinRequested && step.WasActedUpon:
                ObserveActedUpon(step, message);
                break;
            case DiskChanged { Action: DiskAction.Create, Name: var name } created when name.StartsWith("journal/", StringComparison.Ordinal):
                newestTerm = created.Term > newestTerm ? created.Term : newestTerm;
                break;
            case DiskChanged { Action: DiskAction.Append or DiskAction.Rename } changed when changed.Name.StartsWith("journal/", StringComparison.Ordinal) || changed.Name.EndsWith("manifest.json", StringComparison.Ordinal):
                Require(changed.Term >= newestTerm, $"the coordinator of term {changed.Term} changes {changed.Name}, although term {newestTerm} has begun");
                break;
        }
    }

    private void ObserveActedUpon(ActorStepped step, ActorMessage message)
    {
        var key = (step.Life, step.Delivery.Receiver);
        var now = (message.Header.Term, message.Header.Incarnation);
        if (known.TryGetValue(key, out var before))
        {
            Require(now.Term >= before.Term, $"{step.Delivery.Receiver} acts upon {message.GetType().Name} of term {now.Term}, although it knows of term {before.Term}");
            Require(
                now.Term > before.Term || now.Incarnation >= before.Incarnation || MayBeOlder(message),
                $"{step.Delivery.Receiver} acts upon {message.GetType().Name} of incarnation {now.Incarnation}, although it knows of incarnation {before.Incarnation}");
        }

        known[key] = known.ContainsKey(key) && MayBeOlder(message) ? (before.Term, before.Incarnation) : now;
    }

    /// <summary>A worker that goes says so under whatever incarnation it was last told of.</summary>
    private static bool MayBeOlder(ActorMessage message) => message is WorkerStopped;
}
