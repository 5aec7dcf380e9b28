using System.Net;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.DataTransfer;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Cluster;

/// <summary>
/// One membership of this process, from its first connection to the coordinator until it is over. Nothing of it outlives it: a process that joins again begins with a number of its own, other
/// connections and empty memory, so that whatever is still under way from the old life finds nobody.
/// </summary>
internal sealed class MemberLife : ILinkHandler, IDisposable
{
    /// <summary>A member that cannot reach another one's shard leaves after this time, if the coordinator has not decided otherwise by then.</summary>
    private static readonly TimeSpan PatienceWithoutShard = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    private readonly MemberSettings settings;
    private readonly Action<string> tell;
    private readonly INetwork network;
    private readonly object gate = new();
    private readonly TaskCompletionSource<MemberOutcome> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<RunOffer> offered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Tickets tickets = new();
    private ILink? coordinator;
    private LocalProcess? local;
    private MemberNode? node;

    /// <summary>
    /// What waits until this process is told that it is a member: others may be told of it before, and tensors of the coordinator's process travel on a way of their own.
    /// </summary>
    private readonly List<(ILink Link, NodeMessage Message, IIncomingTensors? Tensors)> early = [];

    /// <param name="settings">Whom to join, and as what.</param>
    /// <param name="tell">Takes sentences for people, from any thread.</param>
    /// <param name="connect">How it reaches the others.</param>
    public MemberLife(MemberSettings settings, Action<string> tell, NetworkMaker connect)
    {
        this.settings = settings;
        this.tell = tell;
        network = connect(new NetworkOptions { Security = settings.Security, Limits = settings.Limits, Handler = this, Tell = tell });
    }

    /// <summary>Whether the coordinator has admitted this process.</summary>
    public bool HasJoined => node is not null;

    /// <summary>Joins, and returns when the membership is over.</summary>
    /// <param name="programVersion">The coordinator's must be the same.</param>
    /// <param name="patience">How long a coordinator that is not there is waited for.</param>
    /// <param name="prepare">See <see cref="ClusterMember.Run"/>.</param>
    /// <param name="leave">Leaves in order.</param>
    /// <exception cref="InvalidInputException">The settings are not possible, or the coordinator cannot be reached in time.</exception>
    /// <exception cref="OperationCanceledException">It was to leave before it had reached the coordinator, or while it prepared.</exception>
    public MemberOutcome Run(string programVersion, TimeSpan patience, Func<RunOffer, IDataFetcher, PreparedRun> prepare, CancellationToken leave)
    {
        using var giveUp = leave.Register(() => End(MemberEnding.Left, "it was stopped before it became a member"));
        var (link, own) = network.Join(settings.Coordinator, patience, begun => coordinator = begun, leave);
        var endpoint = network.Listen(settings.Listen ?? new HostAndPort(own.ToString(), 0), settings.AdvertisedHost ?? own.ToString());
        link.Send(new Introduction(programVersion, settings.Role, Dns.GetHostName(), Environment.ProcessId, endpoint));
        Task.WaitAny([offered.Task, outcome.Task], CancellationToken.None);
        if (!outcome.Task.IsCompleted)
        {
            Prepare(link, offered.Task.GetAwaiter().GetResult(), prepare);
        }

        giveUp.Dispose();
        using var leaving = leave.Register(() => Leave("it was asked to leave"));
        using var reports = new Timer(_ => Report(link), null, ReportInterval, ReportInterval);
        local?.Actors.Listen(happening =>
        {
            if (happening is Noticed { Sentence: var sentence })
            {
                tell(sentence);
            }
        });
        return outcome.Task.GetAwaiter().GetResult();
    }

    /// <summary>Lets go of everything: first of the connections, so that nothing more comes for what is behind them.</summary>
    public void Dispose()
    {
        network.Dispose();
        local?.Dispose();
    }

    void ILinkHandler.Received(ILink link, ReadOnlySpan<byte> message) => Handle(link, MessageCodec.ReadNodeMessage(message, settings.Limits.Wire), tensors: null);

    IIncomingTensors ILinkHandler.Open(ILink link, ActorAddress receiver, TensorKey key)
    {
        LocalProcess? process;
        lock (gate)
        {
            process = node is null && link == coordinator ? local : null;
        }

        return process is null ? (node ?? throw new WireFormatException("tensors came before this process was a member")).Open(link, receiver, key) : process.Host.Open(receiver, key);
    }

    void ILinkHandler.Received(ILink link, ActorAddress receiver, IIncomingTensors tensors, ReadOnlySpan<byte> message) =>
        Handle(link, NodeMail.ReadBesideTensors(message, receiver, settings.Limits.Wire), tensors);

    void ILinkHandler.Changed(ILink link, string sentence) => tell(sentence);

    void ILinkHandler.Lost(ILink link, string reason, bool isOrderly)
    {
        if (link == coordinator)
        {
            End(MemberEnding.CoordinatorLost, $"the coordinator is gone: {reason}");
        }
        else if (node is { } member)
        {
            var isNeeded = member.NeedsShardOf(link);
            member.Lost(link);
            if (isNeeded)
            {
                _ = LeaveWithoutShard(member, reason);
            }
        }
    }

    private void Prepare(ILink link, RunOffer offer, Func<RunOffer, IDataFetcher, PreparedRun> prepare)
    {
        try
        {
            using var fetcher = new FileClient(
                cancellation => network.ConnectForFiles(settings.Coordinator, link, tickets.Get(() => link.Send(new TicketRequested())), cancellation),
                settings.Limits.Transfer);
            var run = prepare(offer, fetcher);
            Host(new LocalProcess(run.Definition, run.Engine, threads: 1, (from, to, message) => node!.Route(from, to, message), effect => throw new InvalidOperationException($"only a coordinator asks for {effect.GetType().Name}")));
            link.Send(new Prepared(run.Engine.ArithmeticId.Value, run.Engine.KernelPath, offer.Data.ContentHash));
        }
        catch (InvalidInputException reason)
        {
            link.Send(new Refusal(reason.Message));
            End(MemberEnding.Refused, reason.Message);
        }
    }

    /// <summary>The membership may have ended while this process prepared for it.</summary>
    private void Host(LocalProcess process)
    {
        lock (gate)
        {
            local = process;
        }

        if (outcome.Task.IsCompleted)
        {
            process.Actors.StopListening();
        }
    }

    private void Handle(ILink link, NodeMessage message, IIncomingTensors? tensors)
    {
        if (link != coordinator || message is ActorEnvelope)
        {
            if ((message is PeerIntroduction || tensors is not null) && IsEarly(link, message, tensors))
            {
                return;
            }

            (node ?? throw new WireFormatException("another member spoke before this process was one")).Receive(link, message, tensors);
            if (message is ActorEnvelope { Message: JoinRefused refused })
            {
                End(MemberEnding.Refused, $"the coordinator does not want it: {refused.Reason}");
            }

            return;
        }

        switch (message)
        {
            case Offer offer:
                offered.TrySetResult(offer.Run);
                break;
            case TicketIssued ticket:
                tickets.Put([.. ticket.Ticket]);
                break;
            case Admission admission when local is { } process && node is null:
                BecomeMember(admission, link, process);
                Begin(process, admission);
                break;
            case ShardsPlaced placed when node is not null:
                node.Place(placed);
                break;
            case Refusal refusal:
                End(MemberEnding.Refused, $"the coordinator does not want it: {refusal.Sentence}");
                break;
            case Released:
                End(MemberEnding.Left, "it has left the run in order");
                break;
            case RunOver over:
                End(MemberEnding.RunEnded, over.Sentence);
                break;
            default:
                throw new WireFormatException($"the coordinator said {message.GetType().Name} when it had no occasion to");
        }
    }

    private bool IsEarly(ILink link, NodeMessage message, IIncomingTensors? tensors)
    {
        lock (gate)
        {
            if (node is null)
            {
                early.Add((link, message, tensors));
            }

            return node is null;
        }
    }

    private void BecomeMember(Admission admission, ILink link, LocalProcess process)
    {
        lock (gate)
        {
            node = new MemberNode(admission, link, settings.Limits, process.Actors, process.Host, network.Dial, sentence => _ = LeaveWithoutShard(node!, sentence));
            foreach (var (from, message, tensors) in early)
            {
                node.Receive(from, message, tensors);
            }

            early.Clear();
        }
    }

    private void Begin(LocalProcess process, Admission admission)
    {
        tell(admission.Worker is { } worker ? $"joined as {worker} on {admission.Node}" : $"joined as {admission.Node} to hold shards");
        if (admission.Worker is { } id)
        {
            process.Actors.Add(new WorkerActor(id, process.Arithmetic, admission.Node));
        }
    }

    private void Report(ILink link)
    {
        if (node is not null && local?.Meter.Read() is { } status && !outcome.Task.IsCompleted)
        {
            link.Send(status);
        }
    }

    private void Leave(string reason)
    {
        if (node is not { } member || coordinator is not { } link)
        {
            End(MemberEnding.Left, reason);
            return;
        }

        if (member.Worker is { } worker)
        {
            local!.Actors.Post(ActorAddress.Of(worker), new LeaveAsked(reason));
        }

        link.Send(new Leaving(reason));
    }

    private async Task LeaveWithoutShard(MemberNode member, string reason)
    {
        var before = member.MapVersion;
        await Task.Delay(PatienceWithoutShard).ConfigureAwait(false);
        if (member.MapVersion == before && !outcome.Task.IsCompleted)
        {
            coordinator?.Close($"it cannot reach a shard: {reason}");
            End(MemberEnding.CoordinatorLost, $"it cannot reach a shard that it needs: {reason}");
        }
    }

    private void End(MemberEnding ending, string sentence)
    {
        outcome.TrySetResult(new MemberOutcome(ending, sentence));
        offered.TrySetCanceled();
        LocalProcess? process;
        lock (gate)
        {
            process = local;
        }

        process?.Actors.StopListening();
    }

    /// <summary>One-use tickets that the coordinator sends on request.</summary>
    private sealed class Tickets
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
        private readonly System.Collections.Concurrent.BlockingCollection<byte[]> received = [];

        public void Put(byte[] ticket) => received.Add(ticket);

        public byte[] Get(Action request)
        {
            request();
            return received.TryTake(out var ticket, Patience) ? ticket : throw new IOException("the coordinator gave no ticket for its files");
        }
    }
}
