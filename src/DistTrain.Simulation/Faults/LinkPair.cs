using DistTrain.Actors;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Links;

namespace DistTrain.Simulation.Faults;

/// <summary>
/// Two processes that talk, as the real link has it: small messages and tensors on a stream each, every message once and in order of its kind, late when the network breaks, and lost only together with the link. Each side
/// gives the other up by itself, at its own time.
/// </summary>
internal sealed class LinkPair
{
    private readonly ClusterWorld world;
    private int cuts;

    /// <param name="dialler">The process that made the first connection.</param>
    /// <param name="listener">The one that was connected to.</param>
    public LinkPair(ClusterWorld world, SimulatedProcess dialler, SimulatedProcess listener)
    {
        this.world = world;
        Dialler = new LinkEnd(world, this, dialler);
        Listener = new LinkEnd(world, this, listener);
        (Dialler.Other, Listener.Other) = (Listener, Dialler);
        dialler.Links.Add(Dialler);
        listener.Links.Add(Listener);
        world.Links.Add(this);
        if (!world.CanReach(dialler.Slot, listener.Slot))
        {
            Cut();
        }
    }

    public LinkEnd Dialler { get; }

    public LinkEnd Listener { get; }

    public bool IsCut { get; private set; }

    /// <summary>When a process has died: what it had sent still arrives until then, and nothing after.</summary>
    public long LastArrival { get; private set; } = long.MaxValue;

    public bool Joins(int slot, int other) => (Dialler.Process.Slot, Listener.Process.Slot) is var (one, two) && ((one == slot && two == other) || (one == other && two == slot));

    /// <summary>Nothing passes any more.</summary>
    public void Cut()
    {
        if (IsCut)
        {
            return;
        }

        IsCut = true;
        var cut = ++cuts;
        foreach (var end in (LinkEnd[])[Dialler, Listener])
        {
            world.Clock.At(world.Clock.Now, end.Process, end.AbandonArriving);
            world.Clock.At(world.Clock.Now + world.DrawPatience(), end.Process, () =>
            {
                if (IsCut && cut == cuts)
                {
                    end.Lose("it cannot be reached", isOrderly: false);
                }
            });
        }
    }

    /// <summary>The network is whole again: what has waited arrives, unless one side has given up; then the other finds that out.</summary>
    public void Heal()
    {
        if (!IsCut)
        {
            return;
        }

        IsCut = false;
        if (Dialler.IsOver || Listener.IsOver)
        {
            TellOfEnd(Dialler.IsOver ? Listener : Dialler);
            return;
        }

        Dialler.SendWaiting();
        Listener.SendWaiting();
    }

    /// <summary>One of the processes is gone, in the middle of anything.</summary>
    public void Died(LinkEnd end)
    {
        LastArrival = Math.Min(LastArrival, world.Clock.Now + world.DrawRest());
        end.IsOver = true;
        if (!IsCut)
        {
            world.Clock.At(world.Clock.Now + world.DrawPatience(), end.Other.Process, () => end.Other.Lose("its process ended", isOrderly: false));
        }
    }

    /// <summary>The other side has given up: this one hears of it when it looks for it.</summary>
    public void TellOfEnd(LinkEnd left)
    {
        if (!left.IsOver && !IsCut)
        {
            world.Clock.At(world.Clock.Now + world.DrawPatience(), left.Process, () => left.Lose("the other side has given up", isOrderly: false));
        }
    }
}

/// <summary>One process's side of a link.</summary>
internal sealed class LinkEnd(ClusterWorld world, LinkPair pair, SimulatedProcess process) : ILink
{
    private readonly SortedDictionary<long, Parcel> waiting = [];
    private readonly SortedDictionary<long, Parcel> arriving = [];
    private readonly SortedDictionary<long, Parcel> unacknowledged = [];
    private readonly SortedDictionary<long, Parcel> early = [];
    private long lastNumber;
    private long lastControl;
    private long nextControl = 1;
    private long lastControlArrival;
    private long lastOpening;

    public SimulatedProcess Process => process;

    public LinkEnd Other { get; set; } = null!;

    /// <summary>Nothing more comes or goes.</summary>
    public bool IsOver { get; set; }

    public Runtime.Security.ProcessId Peer => Other.Process.Id;

    public string PeerName { get; set; } = "";

    public LinkStatistics Statistics => throw new NotSupportedException("nobody asks a simulated link for its statistics");

    public void Send(ReadOnlySpan<byte> message) => Send(new Parcel(++lastNumber, message.ToArray(), default, null) { Control = ++lastControl });

    public void Send(ActorAddress receiver, IOutgoingTensors tensors, ReadOnlySpan<byte> message)
    {
        if (IsOver)
        {
            tensors.Dispose();
            return;
        }

        var parcel = new Parcel(++lastNumber, message.ToArray(), receiver, tensors);
        unacknowledged.Add(parcel.Number, parcel);
        Send(parcel);
    }

    public void Close(string reason)
    {
        if (!IsOver)
        {
            Send(new Parcel(++lastNumber, [], default, null) { Control = ++lastControl, Closing = reason });
            world.Clock.At(world.Clock.Now + world.Timing.SurvivedInterruption, process, () => Lose(reason, isOrderly: true));
        }
    }

    /// <summary>Its process is gone, in the middle of anything.</summary>
    public void Died() => pair.Died(this);

    /// <summary>What came in part is thrown away, and comes again as a whole.</summary>
    public void AbandonArriving()
    {
        foreach (var parcel in arriving.Values)
        {
            parcel.Incoming!.Abandon();
            parcel.Incoming = null;
            waiting.TryAdd(parcel.Number, parcel);
        }

        arriving.Clear();
        if (!pair.IsCut && !IsOver)
        {
            // This process was stopped while the link was cut and made whole again.
            SendWaiting();
        }
    }

    /// <summary>The link is whole again: what is for this side is on its way again.</summary>
    public void SendWaiting()
    {
        foreach (var parcel in waiting.Values)
        {
            Other.Schedule(parcel);
        }

        waiting.Clear();
    }

    /// <summary>Ends this side, for good.</summary>
    public void Lose(string reason, bool isOrderly)
    {
        if (IsOver)
        {
            return;
        }

        IsOver = true;
        AbandonArriving();
        waiting.Clear();
        foreach (var parcel in unacknowledged.Values)
        {
            parcel.LetGo();
        }

        unacknowledged.Clear();
        process.Links.Remove(this);
        pair.TellOfEnd(Other);
        process.LinkLost(this, reason, isOrderly);
    }

    private void Send(Parcel parcel)
    {
        if (IsOver)
        {
            return;
        }

        if (pair.IsCut)
        {
            Other.waiting.Add(parcel.Number, parcel);
        }
        else
        {
            Schedule(parcel);
        }
    }

    /// <summary>A parcel of this side sets out.</summary>
    private void Schedule(Parcel parcel)
    {
        var drawn = world.Clock.Now + world.DrawDelay();
        ref var last = ref parcel.Tensors is null ? ref lastControlArrival : ref lastOpening;
        last = Math.Max(last, drawn);
        world.Clock.At(last, Other.Process, parcel.Tensors is null ? () => Other.Arrive(parcel) : () => Other.Open(parcel));
    }

    private void Arrive(Parcel parcel)
    {
        if (IsLate(parcel))
        {
            return;
        }

        // What was on its way when the link was cut comes again, and what was sent after it waits.
        early.Add(parcel.Control, parcel);
        while (!IsOver && process.IsAlive && early.Remove(nextControl, out var next))
        {
            nextControl++;
            Take(next);
        }
    }

    private void Take(Parcel parcel)
    {
        if (parcel.Closing is { } reason)
        {
            Lose(reason, isOrderly: true);
            return;
        }

        ClusterWorld.Guard(this, () => process.Received(this, parcel.Message));
    }

    private void Open(Parcel parcel)
    {
        if (IsLate(parcel) || !ClusterWorld.Guard(this, () => parcel.Incoming = process.Open(this, parcel.Receiver, parcel.Tensors!.Key)))
        {
            return;
        }

        arriving.Add(parcel.Number, parcel);
        var incoming = parcel.Incoming;
        world.Clock.At(world.Clock.Now + world.DrawDelay(), process, () =>
        {
            if (parcel.Incoming == incoming && !IsOver)
            {
                Complete(parcel, incoming!);
            }
        });
    }

    private void Complete(Parcel parcel, IIncomingTensors incoming)
    {
        if (pair.IsCut || world.Clock.Now > pair.LastArrival)
        {
            // Comes as a whole when the link is whole again, or never: then it is abandoned with the link.
            return;
        }

        arriving.Remove(parcel.Number);
        foreach (var (sent, received) in parcel.Segments.Zip(incoming.Segments))
        {
            sent.CopyTo(received);
        }

        ClusterWorld.Guard(this, () => process.Received(this, parcel.Receiver, incoming, parcel.Message));
        world.Clock.At(world.Clock.Now + world.DrawDelay(), Other.Process, () =>
        {
            if (Other.unacknowledged.Remove(parcel.Number))
            {
                parcel.Tensors!.Dispose();
            }
        });
    }

    /// <summary>Whether nothing comes of an arrival, now or ever.</summary>
    private bool IsLate(Parcel parcel)
    {
        if (IsOver || world.Clock.Now > pair.LastArrival)
        {
            return true;
        }

        if (pair.IsCut)
        {
            waiting.Add(parcel.Number, parcel);
        }

        return pair.IsCut;
    }

    /// <summary>A message under way.</summary>
    private sealed class Parcel(long number, byte[] message, ActorAddress receiver, IOutgoingTensors? tensors)
    {
        public long Number => number;

        public byte[] Message => message;

        public ActorAddress Receiver => receiver;

        public IOutgoingTensors? Tensors => tensors;

        /// <summary>What arrives: read from the sender's memory as late as possible, so that it shows if somebody writes there too early.</summary>
        public IReadOnlyList<ReadOnlyMemory<float>> Segments { get; private set; } = tensors?.Segments ?? [];

        /// <summary>Counts small messages; 0 for tensors.</summary>
        public long Control { get; init; }

        /// <summary>While it arrives.</summary>
        public IIncomingTensors? Incoming { get; set; }

        /// <summary>The sender has given the link up. What is on its way may lie in the receiver's operating system already.</summary>
        public void LetGo()
        {
            Segments = [.. Segments.Select(segment => (ReadOnlyMemory<float>)segment.ToArray())];
            tensors!.Dispose();
        }

        /// <summary>Why the sender closes the link; null in any other message.</summary>
        public string? Closing { get; init; }
    }
}
