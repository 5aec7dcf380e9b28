using DistTrain.Actors;

namespace DistTrain.Runtime.Hosting;

/// <summary>
/// An actor and its mailbox. Whoever posts to an idle actor runs it, on its own thread, until the mailbox is empty: a message never waits for a thread to wake up.
/// Messages are handed over one at a time, in the order of posting, each with its effects carried out before the next.
/// </summary>
internal sealed class ActorCell
{
    /// <summary>More waiting messages than run-ahead and membership can explain are our bug, and end the run instead of filling the memory.</summary>
    private const int MailboxCapacity = 100_000;

    /// <summary>Actors that this thread is to run after the one it is running; null when it is running none.</summary>
    [ThreadStatic]
    private static Queue<ActorCell>? ready;

    private readonly IActor actor;
    private readonly LocalActors owner;
    private readonly object gate = new();
    private readonly Queue<Message> mailbox = new();
    private readonly EffectList effects = new();
    private Action? whenVacated;
    private bool active;
    private bool retired;
    private bool replaced;
    private bool vacated;
    private int openWork;

    /// <param name="thread">The thread of the pool that computes for it; null where any may.</param>
    /// <param name="isWaiting">Whether it is to take no message before <see cref="Resume"/>.</param>
    public ActorCell(IActor actor, LocalActors owner, int? thread, bool isWaiting)
    {
        this.actor = actor;
        this.owner = owner;
        Thread = thread;
        active = isWaiting;
    }

    public ActorAddress Address => actor.Address;

    public int? Thread { get; }

    /// <returns>Whether the message is, or will be, dealt with here: not if another is to have it, or nobody.</returns>
    public bool Post(Message message)
    {
        lock (gate)
        {
            if (replaced)
            {
                return false;
            }

            if (mailbox.Count >= MailboxCapacity)
            {
                throw new InvalidOperationException($"the mailbox of {Address} holds {MailboxCapacity:N0} messages");
            }

            mailbox.Enqueue(message);
            if (active)
            {
                return true;
            }

            active = true;
        }

        Run();
        return true;
    }

    /// <summary>Takes up what has been posted while it waited.</summary>
    public void Resume() => Run();

    /// <summary>The actor has done its part: nothing is handed over any more. Called while it is run.</summary>
    public void Retire()
    {
        lock (gate)
        {
            retired = true;
        }
    }

    /// <summary>Ends the actor, whatever it is doing.</summary>
    /// <param name="then">Called once, when nothing of it is running any more and what it held is free. May be called at once.</param>
    public void Replace(Action then)
    {
        lock (gate)
        {
            retired = true;
            replaced = true;
            whenVacated += then;
        }

        VacateIfIdle();
    }

    /// <summary>Work begins that uses what the actor holds. Called while the actor is run.</summary>
    public void BeginWork()
    {
        lock (gate)
        {
            openWork++;
        }
    }

    public void EndWork()
    {
        lock (gate)
        {
            openWork--;
        }

        VacateIfIdle();
    }

    private void Run()
    {
        if (ready is { } queue)
        {
            queue.Enqueue(this);
            return;
        }

        queue = ready = new Queue<ActorCell>();
        try
        {
            for (var cell = this; cell is not null; cell = queue.TryDequeue(out var next) ? next : null)
            {
                cell.Drain();
            }
        }
        finally
        {
            ready = null;
        }
    }

    private void Drain()
    {
        while (TryTake(out var message))
        {
            if (IsRetired() || !owner.Holds(Address, message))
            {
                owner.Discard(Address, message);
            }
            else
            {
                Step(message);
            }

            owner.EndActivity();
        }

        VacateIfIdle();
    }

    private bool IsRetired()
    {
        lock (gate)
        {
            return retired;
        }
    }

    private void Step(Message message)
    {
        effects.Clear();
        actor.Step(owner.Now, message, effects);
        foreach (var effect in effects)
        {
            owner.CarryOut(this, effect);
        }
    }

    private bool TryTake(out Message message)
    {
        lock (gate)
        {
            if (mailbox.TryDequeue(out message!))
            {
                return true;
            }

            active = false;
            return false;
        }
    }

    /// <summary>Lets go of what the actor holds when neither it nor any work of its own is running, nor ever will.</summary>
    private void VacateIfIdle()
    {
        Action? inform;
        lock (gate)
        {
            if (!retired || active || openWork > 0)
            {
                return;
            }

            if (!vacated)
            {
                vacated = true;
                owner.Forget(this);
            }

            (inform, whenVacated) = (whenVacated, null);
        }

        inform?.Invoke();
    }
}
