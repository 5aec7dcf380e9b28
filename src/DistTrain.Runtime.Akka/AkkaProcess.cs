using Akka.Configuration;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Akka;

/// <summary>What of Akka outlives one actor system and one network: a process may go through several of both.</summary>
/// <param name="user">HOCON of the user.</param>
/// <param name="tell">Takes sentences for people, from any thread.</param>
internal sealed class AkkaProcess(Config user, Action<string> tell) : IAuthority, IDisposable
{
    private readonly object gate = new();
    private readonly object renewal = new();
    private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource authority = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ClusterSecurity? security;
    private string role = AkkaNode.CoordinatorRole;
    private MemberSettings? member;
    private HostAndPort? listen;
    private Action? requestStop;
    private bool coordinates;
    private bool isDisposed;
    private Exception? failure;

    /// <summary>The present actor system; null before the first.</summary>
    public AkkaNode? Node { get; private set; }

    /// <summary>The present network; null before the first.</summary>
    public AkkaNetwork? Network { get; private set; }

    /// <summary>Where the coordinator of this process listens; null while it does not.</summary>
    public HostAndPort? Coordinates { get; set; }

    /// <summary>When it is this process's turn to be the coordinator.</summary>
    public Task Authority => authority.Task;

    /// <summary>Whether this process holds the coordinator.</summary>
    public bool IsCoordinator => coordinates;

    public void Tell(string sentence) => tell(sentence);

    /// <summary>Becomes the coordinator's process: blocks until the cluster says so.</summary>
    /// <param name="stop">Ends the run after the current step.</param>
    /// <exception cref="InvalidInputException">It cannot listen, or its own cluster has ended.</exception>
    public void BeCoordinator(CoordinatorSettings settings, Action stop)
    {
        requestStop = stop;
        if (Node is null)
        {
            StandAlone(settings.Security, NodeHost.Of(settings.Listen));
        }

        if (Task.WaitAny(Authority, Node!.Ended) != 0)
        {
            throw new InvalidInputException("the Akka cluster of this process ended before it had begun");
        }

        coordinates = true;
        if (Node!.Ended.IsCompleted)
        {
            // The cluster parted from it while it was told to begin.
            Renew(Node);
        }
    }

    public void BeMember(MemberSettings settings) => (member, security, role) = (settings, settings.Security, settings.Role == MemberRole.Worker ? "worker" : "server");

    /// <summary>A further candidate, which joins before it stands.</summary>
    public void BeCandidate(StandbySettings settings) => (security, listen) = (settings.Security, settings.Listen);

    /// <summary>A network takes the place of the one before.</summary>
    /// <exception cref="Exception">A bug has ended this process's part.</exception>
    public void Attach(AkkaNetwork network)
    {
        if (failure is not null)
        {
            throw failure;
        }

        Network = network;
    }

    /// <summary>Our bug: this process's part in the run is over.</summary>
    public void Fail(Exception bug)
    {
        failure ??= bug;
        Network?.Fail(bug);
    }

    /// <summary>A node in the cluster of that peer: the present one if it is, otherwise another, which takes its place.</summary>
    /// <param name="peer">A member of the cluster.</param>
    /// <param name="host">Where this process is reached.</param>
    /// <exception cref="InvalidInputException">It cannot listen, or was not taken in.</exception>
    public AkkaNode NodeWith(PeerMail peer, NodeHost host, TimeSpan patience, CancellationToken cancellation)
    {
        if (Node is { IsFit: true } present && present.Sees(peer.Node))
        {
            return present;
        }

        Replace(null);
        var node = AkkaNode.Start(this, user, security!, role, host);
        try
        {
            node.Join(peer.Node.Address, patience, cancellation);
        }
        catch
        {
            node.Dispose();
            throw;
        }

        Replace(node);
        return node;
    }

    /// <summary>Where this process is reached, if nothing else is said.</summary>
    /// <param name="own">This machine's address on the way to the coordinator.</param>
    public NodeHost HostFor(string own) => listen is not null ? NodeHost.Of(listen, own) : new NodeHost(member?.Listen?.Host ?? own, member?.AdvertisedHost ?? own);

    void IAuthority.Begin() => authority.TrySetResult();

    Task IAuthority.MakeWay()
    {
        // A node that the cluster has parted from ends under a coordinator that goes on with another: see NodeEnded.
        if (Node?.IsLeaving != true || !coordinates)
        {
            return Task.CompletedTask;
        }

        if (!isDisposed)
        {
            requestStop?.Invoke();
        }

        return finished.Task;
    }

    public void Dispose()
    {
        isDisposed = true;
        finished.TrySetResult();
        Replace(null);
    }

    private void StandAlone(ClusterSecurity known, NodeHost host)
    {
        security = known;
        var node = AkkaNode.Start(this, user, known, AkkaNode.CoordinatorRole, host);
        Replace(node);
        node.JoinSelf(CancellationToken.None);
        node.StandAsCandidate(this);
    }

    private void Replace(AkkaNode? next)
    {
        AkkaNode? before;
        lock (gate)
        {
            (before, Node) = (Node, next);
        }

        before?.Dispose();
        next?.Ended.ContinueWith(_ => NodeEnded(next), TaskScheduler.Default);
    }

    /// <summary>
    /// The cluster has parted from this node. A member joins again; a coordinator begins a cluster of its own again, as long as its journal lets it: if another has taken the run over, that one's term is higher.
    /// </summary>
    private void NodeEnded(AkkaNode node)
    {
        if (isDisposed || Node != node)
        {
            return;
        }

        const string reason = "the cluster has parted from this process, which reached none of the others";
        Network?.DropAll(reason);
        if (coordinates)
        {
            Tell($"{reason}; it begins a cluster of its own, and waits for workers");
            Renew(node);
        }
    }

    /// <summary>A coordinator's node that has ended is followed by one in a cluster of its own.</summary>
    private void Renew(AkkaNode ended)
    {
        lock (renewal)
        {
            if (isDisposed || Node != ended)
            {
                return;
            }

            try
            {
                StandAlone(security!, ended.Host);
            }
            catch (InvalidInputException fault)
            {
                Fail(fault);
            }
        }
    }
}
