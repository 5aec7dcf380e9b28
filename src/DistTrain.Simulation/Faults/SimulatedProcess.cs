using DistTrain.Actors;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Wire;

namespace DistTrain.Simulation.Faults;

/// <summary>One life of one process: its actors, the tensors that they hold, and its links. It may be stopped and go on, and it may die at any moment.</summary>
internal abstract class SimulatedProcess
{
    private readonly SortedDictionary<ActorAddress, ActorCell> cells = [];
    private readonly Dictionary<ActorAddress, ActorCell> leaving = [];
    private readonly Dictionary<(ActorAddress Sender, ActorAddress Receiver), long> lastArrivals = [];
    private readonly Queue<Action> held = new();
    private int shards = 1;

    /// <param name="slot">The machine's place in the cluster; the next life on it has the same.</param>
    protected SimulatedProcess(ClusterWorld world, int slot, string name)
    {
        World = world;
        Slot = slot;
        Life = world.NextLife();
        Name = $"{name}.{Life}";
        Id = new ProcessId(new Guid(Life, 0, 0, new byte[8]));
        World.Register(this);
    }

    public ClusterWorld World { get; }

    public ProcessId Id { get; }

    public int Slot { get; }

    /// <summary>Unique in the run.</summary>
    public int Life { get; }

    public string Name { get; }

    public bool IsAlive { get; private set; } = true;

    public bool IsStopped { get; private set; }

    /// <summary>How often it has been stopped or has gone on.</summary>
    public int Stops { get; private set; }

    public List<LinkEnd> Links { get; } = [];

    /// <summary>How far its clock is ahead of the true time, in microseconds.</summary>
    public long ClockAhead { get; set; }

    public EngineComputeHost? Host { get; protected set; }

    public IEnumerable<ActorAddress> Actors => cells.Keys;

    protected Switchboard? Switchboard { get; set; }

    /// <summary>Something happens to it: now, or when it goes on.</summary>
    public void Happen(Action act)
    {
        if (!IsAlive)
        {
            return;
        }

        if (!IsStopped && held.Count == 0)
        {
            act();
            return;
        }

        held.Enqueue(act);
        if (!IsStopped)
        {
            TakeUpLater(1);
        }
    }

    /// <summary>As by SIGSTOP.</summary>
    public void Stop()
    {
        IsStopped = true;
        Stops++;
        foreach (var end in Links)
        {
            var stops = Stops;
            World.Clock.At(World.Clock.Now + World.DrawPatience(), end.Other.Process, () =>
            {
                if (IsAlive && IsStopped && Stops == stops)
                {
                    end.Other.Lose("it says nothing", isOrderly: false);
                }
            });
        }
    }

    /// <summary>As by SIGCONT.</summary>
    public void Continue()
    {
        IsStopped = false;
        Stops++;
        TakeUpLater(held.Count);
    }

    /// <summary>As by SIGKILL.</summary>
    public void Die()
    {
        IsAlive = false;
        held.Clear();
        foreach (var end in Links)
        {
            end.Died();
        }

        Host?.Dispose();
    }

    /// <summary>Ends in order: peers are told.</summary>
    public void End(string reason)
    {
        World.Note(this, $"ends: {reason}");
        foreach (var end in Links.ToArray())
        {
            end.Close("its process ends");
        }

        IsAlive = false;
        held.Clear();
        Host?.Dispose();
        World.Ended(this);
    }

    public abstract void Received(LinkEnd end, ReadOnlySpan<byte> message);

    public abstract IIncomingTensors Open(LinkEnd end, ActorAddress receiver, TensorKey key);

    public abstract void Received(LinkEnd end, ActorAddress receiver, IIncomingTensors tensors, ReadOnlySpan<byte> message);

    public abstract void LinkLost(LinkEnd end, string reason, bool isOrderly);

    /// <summary>Takes an actor in and starts it, when one of the same address is gone.</summary>
    public void Add(IActor actor)
    {
        var earlier = cells.GetValueOrDefault(actor.Address) ?? leaving.GetValueOrDefault(actor.Address);
        var cell = cells[actor.Address] = new ActorCell(actor, this, isWaiting: earlier is not null);
        earlier?.Replace(cell.Resume);
        World.Clock.At(World.Clock.Now, this, () => cell.Post(null, new Started()));
    }

    /// <summary>Hands a message to an actor of this process; if there is none, what it carries is let go.</summary>
    public void Post(ActorAddress? sender, ActorAddress receiver, Message message)
    {
        if (cells.TryGetValue(receiver, out var cell))
        {
            cell.Post(sender, message);
        }
        else
        {
            Discard(receiver, message);
        }
    }

    /// <inheritdoc cref="EngineComputeHost.Holds"/>
    public bool Holds(ActorAddress receiver, Message message) => Host!.Holds(receiver, message);

    public void Discard(ActorAddress receiver, Message message)
    {
        if (message is ActorMessage carrier and ITensorMessage)
        {
            Host!.Discard(receiver, carrier);
        }
    }

    /// <summary>The actor has gone and none of its work is running.</summary>
    public void Forget(ActorAddress actor) => Host!.Forget(actor);

    /// <summary>Hands a message over and carries out what follows from it.</summary>
    public void Step(ActorCell cell, ActorAddress? sender, Message message)
    {
        var effects = World.Step(this, cell.Actor, sender, message);
        foreach (var effect in effects)
        {
            World.BeforeEffect(this);
            if (!IsAlive)
            {
                return;
            }

            CarryOut(cell, effect);
        }
    }

    /// <summary>Ends the server actors of earlier maps and makes those of this one that are to live here.</summary>
    protected void ReplaceShards(ShardMap map, NodeId own)
    {
        shards = map.ShardCount;
        Host!.Place(shards);
        foreach (var earlier in cells.Values.Where(cell => cell.Address.Role == ActorRole.ParameterServer).ToArray())
        {
            cells.Remove(earlier.Address);
            leaving[earlier.Address] = earlier;
            earlier.Replace(() => Left(earlier));
        }

        foreach (var shard in map.Shards.Where(shard => map.NodeOf(shard) == own))
        {
            Add(new ParameterServerActor(shard));
        }
    }

    /// <summary>What only a coordinator's process can do.</summary>
    protected virtual void CarryOutHere(ActorCell cell, Effect effect) => throw new InvalidOperationException($"{Name} does not know how to carry out {effect.GetType().Name}");

    private void TakeUpLater(int count)
    {
        for (var i = 0; i < count; i++)
        {
            World.Clock.At(World.Clock.Now + 1, null, TakeUpOne);
        }
    }

    private void TakeUpOne()
    {
        if (IsAlive && !IsStopped && held.TryDequeue(out var act))
        {
            World.Do(this, act);
        }
    }

    private void Left(ActorCell cell)
    {
        if (leaving.GetValueOrDefault(cell.Address) == cell)
        {
            leaving.Remove(cell.Address);
        }
    }

    private void CarryOut(ActorCell cell, Effect effect)
    {
        switch (effect)
        {
            case Send send:
                Send(cell, send);
                break;
            case ComputeEffect compute:
                Compute(cell, compute);
                break;
            case PrepareSamples prepare:
                Host!.Prepare(cell.Address, prepare);
                break;
            case ReleaseEffect release:
                Host!.Release(cell.Address, release);
                break;
            case Retire:
                cell.Retire();
                break;
            case Log or Refuse:
                break;
            default:
                CarryOutHere(cell, effect);
                break;
        }
    }

    private void Send(ActorCell sender, Send send)
    {
        World.Observe(this, sender.Address, send.Message, shards);
        if (!cells.TryGetValue(send.To, out var receiver))
        {
            Switchboard!.Route(sender.Address, send.To, send.Message);
            return;
        }

        var message = WireTrip.Take(send.Message is ITensorMessage ? Host!.Transfer(sender.Address, send.To, send.Message) : send.Message);
        var pair = (sender.Address, send.To);
        var arrival = Math.Max(World.Clock.Now + World.DrawLocalDelay(), lastArrivals.GetValueOrDefault(pair));
        lastArrivals[pair] = arrival;
        receiver.BeginWork();
        World.Clock.At(arrival, this, () =>
        {
            receiver.Post(sender.Address, message);
            receiver.EndWork();
        });
    }

    /// <summary>As the threads of a real process do it: what the work reads is taken at once, and the work is done in the end.</summary>
    private void Compute(ActorCell cell, ComputeEffect effect)
    {
        cell.BeginWork();
        var work = effect switch
        {
            ReduceAndUpdate update => Parts(cell.Address, Host!.Begin(update)),
            ContinueUpdate update => Parts(cell.Address, Host!.Continue(update)),
            _ => Host!.Begin(cell.Address, effect),
        };
        var duration = World.DurationOf(this, effect);
        var isSerial = cell.Address.Role == ActorRole.Worker;
        var end = (isSerial ? Math.Max(World.Clock.Now, cell.BusyUntil) : World.Clock.Now) + duration;
        cell.BusyUntil = end;
        World.Clock.At(end, this, () =>
        {
            try
            {
                cell.Answer(WithDuration(work(), duration));
                cell.EndWork();
            }
            catch (Exception failure) when (failure is SupersededException or RunDirectoryException)
            {
                End(failure.Message);
            }
        });
    }

    private Func<ComputeResult> Parts(ActorAddress actor, StepUpdate update) => () =>
    {
        do
        {
            for (var part = 0; part < update.PartCount; part++)
            {
                update.RunPart(part);
            }
        }
        while (update.EndStage());
        return Host!.Complete(actor, update);
    };

    /// <summary>Nothing that a real clock has measured may be seen.</summary>
    private static ComputeResult WithDuration(ComputeResult result, long duration) => result switch
    {
        GradientComputed computed => computed with { ElapsedMicroseconds = duration },
        CheckpointSaved saved => saved with { ElapsedMicroseconds = duration },
        _ => result,
    };
}
