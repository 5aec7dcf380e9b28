using DistTrain.Actors;

namespace DistTrain.Simulation.Faults;

/// <summary>An actor in a simulated process, with the rules that the threads of a real one keep: one that takes another's place begins when that one's work has ended and what it held is free.</summary>
internal sealed class ActorCell(IActor actor, SimulatedProcess process, bool isWaiting)
{
    private readonly Queue<(ActorAddress? Sender, Message Message)> waiting = new();
    private bool isWaiting = isWaiting;
    private bool isRetired;
    private bool isReplaced;
    private bool isVacated;
    private int openWork;
    private Action? whenVacated;

    public IActor Actor => actor;

    public ActorAddress Address => actor.Address;

    /// <summary>Until when the actor's own thread is busy, in virtual time.</summary>
    public long BusyUntil { get; set; }

    /// <summary>Hands over a message, now or when its predecessor has gone.</summary>
    public void Post(ActorAddress? sender, Message message)
    {
        if (isWaiting)
        {
            waiting.Enqueue((sender, message));
        }
        else if (isRetired || !process.Holds(Address, message))
        {
            process.Discard(Address, message);
        }
        else
        {
            process.Step(this, sender, message);
        }
    }

    public void Retire()
    {
        isRetired = true;
        VacateIfIdle();
    }

    /// <summary>Ends the actor, whatever it is doing.</summary>
    /// <param name="then">Called once, when what it held is free.</param>
    public void Replace(Action then)
    {
        isRetired = isReplaced = true;
        whenVacated += then;
        VacateIfIdle();
    }

    /// <summary>The predecessor has gone.</summary>
    public void Resume()
    {
        isWaiting = false;
        while (process.IsAlive && waiting.TryDequeue(out var next))
        {
            Post(next.Sender, next.Message);
        }

        VacateIfIdle();
    }

    public void BeginWork() => openWork++;

    public void EndWork()
    {
        openWork--;
        VacateIfIdle();
    }

    /// <summary>The answer to the actor's own work: to nobody if another has taken its place.</summary>
    public void Answer(ComputeResult result)
    {
        if (!isReplaced)
        {
            Post(null, result);
        }
    }

    private void VacateIfIdle()
    {
        if (!isRetired || isWaiting || openWork > 0)
        {
            return;
        }

        if (!isVacated)
        {
            isVacated = true;
            process.Forget(Address);
        }

        var inform = whenVacated;
        whenVacated = null;
        inform?.Invoke();
    }
}
