using DistTrain.Actors;

namespace DistTrain.Runtime.InProcess;

/// <summary>
/// An actor and its mailbox. Whoever posts to an idle actor runs it, on its own thread, until the mailbox is empty: a message never waits for a thread to wake up.
/// Messages are handed over one at a time, in the order of posting, each with its effects carried out before the next.
/// </summary>
internal sealed class ActorCell(IActor actor, InProcessRuntime runtime)
{
    /// <summary>More waiting messages than run-ahead and membership can explain are our bug, and end the run instead of filling the memory.</summary>
    private const int MailboxCapacity = 100_000;

    /// <summary>Actors that this thread is to run after the one it is running; null when it is running none.</summary>
    [ThreadStatic]
    private static Queue<ActorCell>? ready;

    private readonly object gate = new();
    private readonly Queue<Message> mailbox = new();
    private readonly EffectList effects = new();
    private bool active;
    private bool retired;

    public ActorAddress Address => actor.Address;

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

        if (ready is { } queue)
        {
            queue.Enqueue(this);
            return;
        }

        RunReady();
    }

    /// <summary>Nothing is handed over any more.</summary>
    public void Retire() => retired = true;

    private void RunReady()
    {
        var queue = ready = new Queue<ActorCell>();
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
            if (!retired)
            {
                effects.Clear();
                actor.Step(runtime.Now, message, effects);
                foreach (var effect in effects)
                {
                    runtime.CarryOut(this, effect);
                }
            }

            runtime.EndActivity();
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
}
