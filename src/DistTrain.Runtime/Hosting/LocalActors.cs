using System.Collections.Concurrent;
using System.Diagnostics;
using DistTrain.Actors;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Hosting;

/// <summary>
/// The actors that live in this process: mailboxes, effects in order, engine work on the workers' own threads, events on the caller's thread. Back-pressure is the protocol's: the
/// coordinator plans a bounded number of steps ahead of what has been committed. Actors may come and go while others run.
/// </summary>
internal sealed class LocalActors : IDisposable
{
    private readonly EngineComputeHost host;
    private readonly ComputePool pool;
    private readonly int threads;
    private readonly bool failsAtStandstill;
    private readonly object gate = new();
    private readonly ConcurrentDictionary<Task, bool> storageWork = [];
    private readonly ConcurrentDictionary<ActorAddress, ActorCell> cells = [];
    private readonly Dictionary<ActorAddress, ActorCell> leaving = [];
    private readonly BlockingCollection<TrainingEvent> events = [];
    private readonly long startTimestamp = Stopwatch.GetTimestamp();
    private RunEnded? ended;
    private Exception? failure;
    private int workersSoFar;
    private int openActivities;

    /// <param name="host">Computes for all of them.</param>
    /// <param name="threads">On which engine work runs, at least 1; workers take them in turn.</param>
    /// <param name="spins">Whether idle threads look for work for a while before they sleep.</param>
    /// <param name="failsAtStandstill">Whether nothing more can happen when no message and no work is left here; not so where messages come from other processes.</param>
    public LocalActors(EngineComputeHost host, int threads, bool spins, bool failsAtStandstill)
    {
        this.host = host;
        this.threads = threads;
        this.failsAtStandstill = failsAtStandstill;
        pool = new ComputePool(threads, Fail, spins);
    }

    /// <summary>
    /// Takes a message (sender, receiver, message) to an actor that is not here. What a message with tensors carries is the sender's, and has to be held
    /// before this returns. Called on any thread, while the sender is run. By default such a message is lost.
    /// </summary>
    public Action<ActorAddress, ActorAddress, ActorMessage> RouteElsewhere { get; init; } = static (_, _, _) => { };

    /// <summary>Carries out an effect that concerns nodes and their actors. Called on any thread, while the coordinator is run.</summary>
    public required Action<Effect> HandleEffect { get; init; }

    /// <summary>Sees every result of engine work before its actor does. Called on the thread that has computed.</summary>
    public Action<ComputeResult>? Computed { get; init; }

    /// <summary>Writes down what the coordinator decides, before anything that follows from it is carried out. What it throws ends the run. Called on any thread, while the coordinator is run.</summary>
    public Action<JournalEntry> Journal { get; init; } = static _ => { };

    public Timestamp Now => new((long)Stopwatch.GetElapsedTime(startTimestamp).TotalMicroseconds);

    /// <summary>Says how many shards the parameter server is cut into, wherever they live: one, as long as nothing is said. To be called before the first of them begins, or is heard of, here.</summary>
    public void Place(ShardMap map) => host.Place(map.ShardCount);

    /// <summary>Whether there is, or was, such an actor here, that has not been removed.</summary>
    public bool Has(ActorAddress address) => cells.ContainsKey(address);

    /// <summary>Of those that have been added and not removed.</summary>
    public IEnumerable<ActorAddress> Addresses => cells.Keys;

    /// <summary>Takes actors in and starts them, in order of their addresses.</summary>
    public void Add(params IEnumerable<IActor> actors)
    {
        // Held until all are started, so that the first pauses are not taken for a standstill.
        BeginActivity();
        var added = actors.OrderBy(actor => actor.Address).ToArray();
        foreach (var actor in added)
        {
            Add(actor);
        }

        foreach (var actor in added)
        {
            Post(actor.Address, new Started());
        }

        EndActivity();
    }

    /// <summary>Ends an actor: no message reaches it any more, and what it holds is let go of as soon as none of its work is running. Nothing happens if there is none.</summary>
    public void Remove(ActorAddress address)
    {
        ActorCell? cell;
        lock (gate)
        {
            if (!cells.TryRemove(address, out cell))
            {
                return;
            }

            leaving[address] = cell;
        }

        cell.Replace(() => Left(cell));
    }

    /// <summary>Hands a message to an actor of this process. What a message with tensors carries is the receiver's already.</summary>
    /// <returns>Whether there is such an actor here. If there is none, what the message carries is let go.</returns>
    public bool Post(ActorAddress to, Message message)
    {
        while (cells.TryGetValue(to, out var cell))
        {
            BeginActivity();
            try
            {
                if (cell.Post(message))
                {
                    return true;
                }
            }
            catch (Exception bug)
            {
                Fail(bug);
                return true;
            }

            EndActivity();
        }

        Discard(to, message);
        return false;
    }

    /// <summary>Hands events to <paramref name="listener"/>, on this thread, until the run has ended, <see cref="StopListening"/> is called, or something fails.</summary>
    /// <returns>The coordinator's last announcement; null where it has made none here.</returns>
    public RunEnded? Listen(Action<TrainingEvent> listener)
    {
        foreach (var happened in events.GetConsumingEnumerable())
        {
            listener(happened);
        }

        return ended is null && failure is not null ? throw failure : ended;
    }

    /// <summary>Tells the listener something, behind all that has been told.</summary>
    public void Tell(TrainingEvent happened)
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

    /// <summary>Ends <see cref="Listen"/> with this exception, unless it has ended or an earlier one came first.</summary>
    public void Fail(Exception cause)
    {
        Interlocked.CompareExchange(ref failure, cause, null);
        StopListening();
    }

    /// <summary>Ends <see cref="Listen"/> after what has been told so far.</summary>
    public void StopListening()
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

    public void Dispose()
    {
        // A checkpoint that is being written is finished, or cut off by whatever ends the process.
        Task.WaitAll([.. storageWork.Keys]);
        pool.Dispose();
        events.Dispose();
    }

    /// <summary>One message in a mailbox, or one piece of engine work, has been dealt with. When none is left and the run has not ended, it never would.</summary>
    internal void EndActivity()
    {
        if (Interlocked.Decrement(ref openActivities) == 0 && failsAtStandstill && !events.IsAddingCompleted)
        {
            Fail(new InvalidOperationException("the actors stand still: no message and no engine work is left, and the run has not ended"));
        }
    }

    internal void CarryOut(ActorCell cell, Effect effect)
    {
        switch (effect)
        {
            case Send send:
                Send(cell, send);
                break;
            case ReduceAndUpdate update:
                StartUpdate(cell, host.Begin(update));
                break;
            case ContinueUpdate update:
                StartUpdate(cell, host.Continue(update));
                break;
            case SaveCheckpoint or LoadCheckpoint:
                StartStorageWork(cell, (ComputeEffect)effect);
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
            case WriteJournal write:
                WriteDown(write.Entry);
                break;
            case PlaceShards or ReleaseNode:
                HandleEffect(effect);
                break;
            case Retire:
                cell.Retire();
                break;
            default:
                throw new InvalidOperationException($"no way is known to carry out {effect.GetType().Name}");
        }
    }

    /// <inheritdoc cref="EngineComputeHost.Holds"/>
    internal bool Holds(ActorAddress receiver, Message message) => host.Holds(receiver, message);

    /// <summary>The actor has ended and no work of its own is running.</summary>
    internal void Forget(ActorCell cell) => host.Forget(cell.Address);

    /// <summary>The message finds nobody: what it carries is free.</summary>
    internal void Discard(ActorAddress receiver, Message message)
    {
        if (message is ActorMessage and ITensorMessage)
        {
            host.Discard(receiver, (ActorMessage)message);
        }
    }

    /// <summary>One that takes the place of another begins when that one's work has ended and what it held is free: both hold under the same address.</summary>
    private void Add(IActor actor)
    {
        ActorCell? earlier;
        ActorCell cell;
        lock (gate)
        {
            earlier = cells.GetValueOrDefault(actor.Address) ?? leaving.GetValueOrDefault(actor.Address);
            int? thread = actor.Address.Role == ActorRole.Worker ? workersSoFar++ % threads : null;
            cell = new ActorCell(actor, this, thread, isWaiting: earlier is not null);
            cells[actor.Address] = cell;
        }

        earlier?.Replace(cell.Resume);
    }

    private void Left(ActorCell cell)
    {
        lock (gate)
        {
            if (leaving.GetValueOrDefault(cell.Address) == cell)
            {
                leaving.Remove(cell.Address);
            }
        }
    }

    private void BeginActivity() => Interlocked.Increment(ref openActivities);

    private void Send(ActorCell cell, Send send)
    {
        if (!cells.ContainsKey(send.To))
        {
            RouteElsewhere(cell.Address, send.To, send.Message);
            return;
        }

        var message = send.Message is ITensorMessage ? host.Transfer(cell.Address, send.To, send.Message) : send.Message;
        Post(send.To, WireTrip.IsAsked ? WireTrip.Take(message) : message);
    }

    private void StartCompute(ActorCell cell, ComputeEffect effect)
    {
        BeginWork(cell);
        var work = host.Begin(cell.Address, effect);
        if (cell.Thread is { } thread)
        {
            pool.Enqueue(thread, () => Answer(cell, work()));
        }
        else
        {
            pool.Share(1, _ => Answer(cell, work()), completed: static () => { });
        }
    }

    /// <summary>On a thread of its own: a step does not wait for a disk.</summary>
    private void StartStorageWork(ActorCell cell, ComputeEffect effect)
    {
        BeginWork(cell);
        var work = host.Begin(cell.Address, effect);
        var task = new Task(
            () =>
            {
                try
                {
                    Answer(cell, work());
                }
                catch (Exception cause)
                {
                    Fail(cause);
                }
            },
            TaskCreationOptions.LongRunning);
        storageWork.TryAdd(task, true);
        task.ContinueWith(done => storageWork.TryRemove(done, out _), TaskScheduler.Default);
        task.Start(TaskScheduler.Default);
    }

    private void WriteDown(JournalEntry entry)
    {
        try
        {
            Journal(entry);
        }
        catch (IOException fault)
        {
            throw new RunDirectoryException($"the journal of the run cannot be written: {fault.Message.TrimEnd('.')}", fault);
        }
    }

    /// <summary>Behind the computation that is running: it fills the gap in which the worker would wait for the others and for the new weights.</summary>
    private void StartPreparation(ActorCell cell, PrepareSamples prepare)
    {
        BeginWork(cell);
        pool.Enqueue(cell.Thread ?? throw new InvalidOperationException($"{cell.Address} is no worker, and prepares samples"), () =>
        {
            host.Prepare(cell.Address, prepare);
            EndWork(cell);
        });
    }

    private void StartUpdate(ActorCell cell, StepUpdate update)
    {
        BeginWork(cell);
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

    private void BeginWork(ActorCell cell)
    {
        BeginActivity();
        cell.BeginWork();
    }

    private void EndWork(ActorCell cell)
    {
        cell.EndWork();
        EndActivity();
    }

    /// <summary>To the actor that asked; if another has taken its place, to nobody.</summary>
    private void Answer(ActorCell cell, ComputeResult result)
    {
        Computed?.Invoke(result);
        BeginActivity();
        if (!cell.Post(result))
        {
            EndActivity();
        }

        EndWork(cell);
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
}
