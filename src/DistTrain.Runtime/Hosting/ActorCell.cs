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
    private Action? vacated;
    private bool active;
    private bool retired;
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

    public void Post(Message message)
    {
        lock (gate)
        {
            if (mailbox.Count >= MailboxCapacity)
            {
                throw new InvalidOperationException($"the mailbox of {Address} holds {MailboxCapacity:N0} messages");
            }

            mailbox.Enqueue(message);
            if (active)
            {
                return;
            }

            active = true;
        }

        Run();
    }

    /// <summary>Takes up what has been posted while it waited.</summary>
    public void Resume() => Run();

    /// <summary>Nothing is handed over any more. What the actor holds is let go of when no work of its own is left that may use it.</summary>
    /// <param name="whenVacated">Called once, when that is so; null where nobody waits for it.</param>
    public void Retire(Action? whenVacated = null)
    {
        lock (gate)
        {
            retired = true;
            vacated += whenVacated;
        }

        LetGoIfIdle();
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
        bool isLast;
        lock (gate)
        {
            isLast = --openWork == 0 && retired;
        }

        if (isLast)
        {
            LetGoIfIdle();
        }
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
            if (TryBeginStep())
            {
                Step(message);
            }
            else if (message is ITensorMessage)
            {
                // The sender's runtime has given this actor a hold on what the message carries.
                LetGoIfIdle();
            }

            owner.EndActivity();
        }
    }

    private bool TryBeginStep()
    {
        lock (gate)
        {
            openWork += retired ? 0 : 1;
            return !retired;
        }
    }

    private void Step(Message message)
    {
        try
        {
            effects.Clear();
            actor.Step(owner.Now, message, effects);
            foreach (var effect in effects)
            {
                owner.CarryOut(this, effect);
            }
        }
        finally
        {
            EndWork();
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

    private void LetGoIfIdle()
    {
        Action? inform;
        lock (gate)
        {
            if (openWork > 0)
            {
                return;
            }

            (inform, vacated) = (vacated, null);
        }

        owner.Forget(this);
        inform?.Invoke();
    }
}
