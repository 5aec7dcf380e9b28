using System.Diagnostics;
using System.Net;
using Akka.Actor;
using Akka.Cluster;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Akka;

/// <summary>
/// One process's ways to the others: the connections of the TCP runtime prove who belongs to the cluster, exchange Akka addresses and carry tensors and files; Akka.Remote carries everything else. Whoever connects asks for
/// the other's address, joins its cluster unless it is a member already, and then tells its own.
/// </summary>
internal sealed class AkkaNetwork : INetwork, ILinkHandler
{
    private const string RuntimeName = "akka";

    private static readonly TimeSpan PauseBetweenAttempts = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PatienceForAddress = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PatienceForCluster = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PatienceForSearch = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PatienceAtTheEnd = TimeSpan.FromSeconds(1);

    /// <summary>The carrier is the data plane: whether its peer is lost is for the cluster to say, so it looks for it for longer than any decision takes.</summary>
    private static readonly TimeSpan CarrierPatience = TimeSpan.FromSeconds(120);

    private readonly AkkaProcess process;
    private readonly NetworkOptions options;
    private readonly Action<Exception> fail;
    private readonly Network carriers;
    private readonly object gate = new();
    private readonly Dictionary<ProcessId, AkkaLink> links = [];

    /// <summary>Links on which this process has asked for an address, and what waits for the answer.</summary>
    private readonly Dictionary<ProcessId, TaskCompletionSource<PeerMail>> questions = [];
    private ProcessId? joined;
    private HostAndPort? joinedAt;

    /// <param name="process">Whose actor system is used.</param>
    /// <param name="fail">Takes what ends this process's part in the run.</param>
    public AkkaNetwork(AkkaProcess process, NetworkOptions options, Action<Exception> fail)
    {
        (this.process, this.options, this.fail) = (process, options, fail);
        var limits = options.Limits;
        carriers = new Network(options with { Handler = this, Limits = limits with { ReconnectDeadline = limits.ReconnectDeadline > CarrierPatience ? limits.ReconnectDeadline : CarrierPatience } });
        process.Attach(this);
    }

    public bool HasSuccessor => process.Node?.HasOtherCandidate == true;

    public HostAndPort Listen(HostAndPort address, string advertised)
    {
        var listens = carriers.Listen(address, advertised);
        if (process.IsCoordinator)
        {
            process.Coordinates = new HostAndPort(process.Node!.Host.Public, listens.Port);
        }

        return listens;
    }

    public (ILink Link, IPAddress Own) Join(HostAndPort coordinator, TimeSpan patience, Action<ILink> begun, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        string? said = null;
        while (true)
        {
            try
            {
                return JoinAt(Find(cancellation) ?? coordinator, begun, cancellation);
            }
            catch (InvalidInputException failure) when (failure.InnerException is SecureConnectException { MayChange: true } && Stopwatch.GetElapsedTime(start) < patience)
            {
                if (said != failure.Message)
                {
                    said = failure.Message;
                    options.Tell($"waiting for the coordinator: {said}");
                }

                cancellation.WaitHandle.WaitOne(PauseBetweenAttempts);
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    public ILink Dial(ShardHost host)
    {
        var carrier = (Link)carriers.Dial(host);
        var link = Adopt(carrier);
        var answer = Ask(carrier);
        answer.ContinueWith(
            task =>
            {
                Introduce(link);
                Bind(link, task.Result);
            },
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion,
            TaskScheduler.Default);
        return link;
    }

    public SecureConnection ConnectForFiles(HostAndPort coordinator, ILink link, ReadOnlyMemory<byte> ticket, CancellationToken cancellation) =>
        carriers.ConnectForFiles(joinedAt ?? coordinator, link, ticket, cancellation);

    public ReadOnlyMemory<byte> IssueFileTicket(ProcessId peer) => carriers.IssueFileTicket(peer);

    public void Dispose()
    {
        process.Coordinates = null;
        var open = Links();
        foreach (var link in open)
        {
            link.Close("its process ends");
        }

        for (var start = Stopwatch.GetTimestamp(); open.Any(link => !link.IsSettled) && Stopwatch.GetElapsedTime(start) < PatienceAtTheEnd;)
        {
            Thread.Sleep(10);
        }

        carriers.Dispose();
    }

    /// <summary>The link between these two processes; null where there is none (any more).</summary>
    public AkkaLink? LinkOf(ProcessId from, ProcessId to)
    {
        lock (gate)
        {
            return to == carriers.Own ? links.GetValueOrDefault(from) : null;
        }
    }

    public void Tick()
    {
        foreach (var link in Links())
        {
            link.Tick();
        }
    }

    /// <summary>The cluster cannot reach a node at the moment, or can again.</summary>
    public void Suspect(UniqueAddress node, bool isReachable)
    {
        foreach (var link in Links().Where(link => node.Equals(link.Mail?.Node)))
        {
            link.Suspect(isReachable);
        }
    }

    /// <summary>A node is gone for good.</summary>
    public void Lose(UniqueAddress node, string reason) => Drop(link => node.Equals(link.Mail?.Node), reason);

    public void Lose(Address address, string reason) => Drop(link => address.Equals(link.Mail?.Node.Address), reason);

    /// <summary>This process's own node is gone.</summary>
    public void DropAll(string reason) => Drop(_ => true, reason);

    public void Fail(Exception bug)
    {
        DropAll($"its process has failed: {bug.GetType().Name}: {bug.Message}");
        fail(bug);
    }

    void ILinkHandler.Received(ILink link, ReadOnlySpan<byte> message)
    {
        switch (MessageCodec.ReadNodeMessage(message, options.Limits.Wire))
        {
            case MailAddress { Runtime: RuntimeName } mail:
                HandleAddress((Link)link, mail.Address);
                break;
            case Refusal refusal:
                Refuse(link, ConnectionFault.OtherVersion, refusal.Sentence);
                break;
            default:
                link.Send(new Refusal("it was started without --runtime akka, but this process with it: start all processes of a run with the same runtime"));
                break;
        }
    }

    IIncomingTensors ILinkHandler.Open(ILink link, ActorAddress receiver, TensorKey key) => Adopt((Link)link).Open(receiver, key);

    void ILinkHandler.Received(ILink link, ActorAddress receiver, IIncomingTensors tensors, ReadOnlySpan<byte> message) => Adopt((Link)link).Received(receiver, tensors, message);

    void ILinkHandler.Changed(ILink link, string sentence) => Adopt((Link)link).Changed(sentence);

    void ILinkHandler.Lost(ILink link, string reason, bool isOrderly)
    {
        AkkaLink? own;
        bool wasCoordinator;
        lock (gate)
        {
            links.Remove(link.Peer, out own);
            wasCoordinator = joined == link.Peer;
        }

        Refuse(link, ConnectionFault.Closed, reason);
        if (wasCoordinator && !isOrderly && own?.Mail is { } mail && process.Node is { } node && node.Sees(mail.Node))
        {
            // The coordinator has given this process up, or this process has given up reaching it; whoever comes back comes with another node.
            node.GiveUp(reason);
        }

        own?.Lost(reason, isOrderly);
    }

    private static InvalidInputException Failure(ConnectionFault fault, string sentence) => new(sentence, new SecureConnectException(fault, sentence));

    /// <summary>A member of a cluster asks there where the coordinator is: it may have moved.</summary>
    private HostAndPort? Find(CancellationToken cancellation) => process.Node is { IsFit: true } node ? node.FindCoordinator(PatienceForSearch, cancellation) : null;

    private (ILink Link, IPAddress Own) JoinAt(HostAndPort coordinator, Action<ILink> begun, CancellationToken cancellation)
    {
        var (link, own) = carriers.Join(coordinator, TimeSpan.Zero, static _ => { }, cancellation);
        var carrier = (Link)link;
        try
        {
            var peer = Answer(Ask(carrier), coordinator, cancellation);
            process.NodeWith(peer, process.HostFor(own.ToString()), PatienceForCluster, cancellation);
            var ours = Adopt(carrier);
            lock (gate)
            {
                (joined, joinedAt) = (carrier.Peer, coordinator);
            }

            begun(ours);
            Introduce(ours);
            Bind(ours, peer);
            return (ours, own);
        }
        catch
        {
            carrier.Drop("it does not join after all");
            throw;
        }
    }

    private Task<PeerMail> Ask(Link carrier)
    {
        var answer = new TaskCompletionSource<PeerMail>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            questions[carrier.Peer] = answer;
        }

        carrier.Send(new MailAddress(RuntimeName, ""));
        return answer.Task;
    }

    private static PeerMail Answer(Task<PeerMail> answer, HostAndPort coordinator, CancellationToken cancellation)
    {
        try
        {
            return answer.Wait((int)PatienceForAddress.TotalMilliseconds, cancellation) ? answer.Result : throw Failure(ConnectionFault.TimedOut, $"{coordinator} does not say where its mail goes");
        }
        catch (AggregateException refusal) when (refusal.InnerException is InvalidInputException sentence)
        {
            throw new InvalidInputException(sentence.Message, sentence.InnerException!);
        }
    }

    private void HandleAddress(Link carrier, string address)
    {
        TaskCompletionSource<PeerMail>? question = null;
        lock (gate)
        {
            if (address.Length > 0)
            {
                questions.Remove(carrier.Peer, out question);
            }
        }

        if (question is not null)
        {
            question.TrySetResult(PeerMail.Parse(address));
            return;
        }

        var node = process.Node ?? throw new WireFormatException("a process that is no member of a cluster was asked for its mail");
        var link = Adopt(carrier);
        if (address.Length == 0)
        {
            Introduce(link);
        }
        else if (PeerMail.Parse(address) is var peer && node.HasRemoved(peer.Node))
        {
            carrier.Drop("its node has been given up by the cluster, and can only come back as another");
        }
        else
        {
            Bind(link, peer);
        }
    }

    /// <summary>A question gets no answer; the fault decides whether another attempt makes sense.</summary>
    private void Refuse(ILink link, ConnectionFault fault, string sentence)
    {
        TaskCompletionSource<PeerMail>? question;
        lock (gate)
        {
            questions.Remove(link.Peer, out question);
        }

        question?.TrySetException(Failure(fault, sentence));
    }

    private void Introduce(AkkaLink link) => link.Carrier.Send(new MailAddress(RuntimeName, process.Node!.Address.ToString()));

    private void Bind(AkkaLink link, PeerMail peer)
    {
        if (process.Node is { } node)
        {
            link.Bind(peer, node.Reach(peer));
        }
    }

    private AkkaLink Adopt(Link carrier)
    {
        lock (gate)
        {
            if (!links.TryGetValue(carrier.Peer, out var link) || link.Carrier != carrier)
            {
                links[carrier.Peer] = link = new AkkaLink(carrier, carriers.Own, options.Limits, options.Handler);
            }

            return link;
        }
    }

    private AkkaLink[] Links()
    {
        lock (gate)
        {
            return [.. links.Values];
        }
    }

    private void Drop(Func<AkkaLink, bool> isMeant, string reason)
    {
        foreach (var link in Links().Where(isMeant))
        {
            link.Drop(reason);
        }
    }
}
