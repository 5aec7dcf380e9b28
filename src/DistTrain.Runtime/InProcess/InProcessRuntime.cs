using System.Collections.Concurrent;
using System.Diagnostics;
using DistTrain.Actors;
using DistTrain.Runtime.Compute;

namespace DistTrain.Runtime.InProcess;

/// <summary>
/// Runs the actors of one process: mailboxes, effects in order, engine work on the workers' own threads, events on the caller's thread. Back-pressure is the
/// protocol's: the coordinator plans a bounded number of steps ahead of what has been committed.
/// </summary>
internal sealed class InProcessRuntime : IDisposable
{
    private readonly EngineComputeHost host;
    private readonly ComputePool pool;
    private readonly Dictionary<ActorAddress, ActorCell> cells = [];
    private readonly Dictionary<ActorAddress, int> threadOfWorker = [];
    private readonly BlockingCollection<TrainingEvent> events = [];
    private readonly long startTimestamp = Stopwatch.GetTimestamp();
    private RunEnded? ended;
    private Exception? failure;
    private int openActivities;

    /// <param name="threadsPerWorker">Threads that each worker computes on, its own included.</param>
    public InProcessRuntime(EngineComputeHost host, IReadOnlyList<IActor> actors, int threadsPerWorker)
    {
        this.host = host;
        foreach (var actor in actors)
        {
            cells.Add(actor.Address, new ActorCell(actor, this));
            if (actor.Address.Role == ActorRole.Worker)
            {
                threadOfWorker.Add(actor.Address, threadOfWorker.Count);
            }
        }

        var threads = Math.Max(1, threadOfWorker.Count);
        pool = new ComputePool(threads, Fail, spins: (long)threads * threadsPerWorker <= Environment.ProcessorCount);
    }

    public Timestamp Now => new((long)Stopwatch.GetElapsedTime(startTimestamp).TotalMicroseconds);

    /// <summary>Starts every actor and hands events to <paramref name="listener"/>, on this thread, until the run has ended.</summary>
    /// <returns>The last announcement.</returns>
    public RunEnded Run(Action<TrainingEvent> listener)
    {
        // Held until all are started, so that the first pauses are not taken for a standstill.
        BeginActivity();
        foreach (var cell in cells.OrderBy(pair => pair.Key).Select(pair => pair.Value).ToArray())
        {
            Post(cell.Address, new Started());
        }

        EndActivity();
        foreach (var happened in events.GetConsumingEnumerable())
        {
            listener(happened);
        }

        return ended ?? throw failure ?? new InvalidOperationException("the run ended without saying how");
    }

    public void RequestStop() => Post(ActorAddress.Coordinator, new StopRequested());

    public void Dispose()
    {
        pool.Dispose();
        events.Dispose();
    }

    /// <summary>One message in a mailbox, or one piece of engine work, has been dealt with. When none is left and the run has not ended, it never would.</summary>
    internal void EndActivity()
    {
        if (Interlocked.Decrement(ref openActivities) == 0 && !events.IsAddingCompleted)
        {
            Fail(new InvalidOperationException("the actors stand still: no message and no engine work is left, and the run has not ended"));
        }
    }

    internal void CarryOut(ActorCell cell, Effect effect)
    {
        switch (effect)
        {
            case Send send:
                Post(send.To, send.Message is ITensorMessage ? host.Transfer(cell.Address, send.To, send.Message) : send.Message);
                break;
            case ReduceAndUpdate update:
                StartUpdate(cell, host.Begin(update));
                break;
            case ComputeEffect compute:
                StartCompute(cell, compute);
                break;
            case PrepareSamples prepare:
                StartPreparation(cell, prepare);
                break;
            case ReleaseEffect release:
                host.Release(cell.Address, release);
                break;
            case Announce announce:
                HandleAnnouncement(announce.Announcement);
                break;
            case Log log:
                Tell(new Logged($"{cell.Address}: {log.Sentence}"));
                break;
            case Refuse refuse:
                Tell(new Logged($"{cell.Address} refused {refuse.Message.GetType().Name}: {refuse.Reason}"));
                break;
            case PlaceShards:
                // There is one, and it is here.
                break;
            case Retire:
                cell.Retire();
                host.Forget(cell.Address);
                break;
            default:
                throw new InvalidOperationException($"no way is known to carry out {effect.GetType().Name}");
        }
    }

    private void BeginActivity() => Interlocked.Increment(ref openActivities);

    private void Post(ActorAddress to, Message message)
    {
        if (cells.TryGetValue(to, out var cell))
        {
            BeginActivity();
            try
            {
                cell.Post(message);
            }
            catch (Exception bug)
            {
                Fail(bug);
            }
        }
    }

    private void StartCompute(ActorCell cell, ComputeEffect effect)
    {
        BeginActivity();
        if (threadOfWorker.TryGetValue(cell.Address, out var thread))
        {
            pool.Enqueue(thread, () => Answer(cell, host.Execute(cell.Address, effect)));
        }
        else
        {
            pool.Share(1, _ => Answer(cell, host.Execute(cell.Address, effect)), completed: static () => { });
        }
    }

    /// <summary>Behind the computation that is running: it fills the gap in which the worker would wait for the others and for the new weights.</summary>
    private void StartPreparation(ActorCell cell, PrepareSamples prepare)
    {
        BeginActivity();
        pool.Enqueue(threadOfWorker[cell.Address], () =>
        {
            host.Prepare(cell.Address, prepare);
            EndActivity();
        });
    }

    private void StartUpdate(ActorCell cell, StepUpdate update)
    {
        BeginActivity();
        ShareStage(cell, update);
    }

    private void ShareStage(ActorCell cell, StepUpdate update) => pool.Share(update.PartCount, update.RunPart, () =>
    {
        if (update.EndStage())
        {
            ShareStage(cell, update);
        }
        else
        {
            Answer(cell, host.Complete(cell.Address, update));
        }
    });

    private void Answer(ActorCell cell, ComputeResult result)
    {
        Post(cell.Address, result);
        EndActivity();
    }

    private void HandleAnnouncement(Announcement announcement)
    {
        if (announcement is RunEnded last)
        {
            ended = last;
            StopListening();
        }
        else
        {
            Tell(TrainingEvents.Translate(announcement, host.Layout));
        }
    }

    private void Tell(TrainingEvent happened)
    {
        try
        {
            events.Add(happened);
        }
        catch (InvalidOperationException)
        {
            // The run has ended or failed already: nobody listens any more.
        }
    }

    private void Fail(Exception cause)
    {
        Interlocked.CompareExchange(ref failure, cause, null);
        StopListening();
    }

    private void StopListening()
    {
        try
        {
            events.CompleteAdding();
        }
        catch (ObjectDisposedException)
        {
            // The run is over; how it ended has been reported.
        }
    }
}
