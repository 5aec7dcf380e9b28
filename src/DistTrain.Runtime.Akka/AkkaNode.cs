using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Security;
using ClusterOfAkka = Akka.Cluster.Cluster;
using MemberStatus = Akka.Cluster.MemberStatus;

namespace DistTrain.Runtime.Akka;

/// <summary>One actor system, from its start to its end: one membership in one Akka cluster. One that has been given up never comes back; a process then begins with another.</summary>
internal sealed class AkkaNode : IDisposable
{
    public const string SystemName = "disttrain";
    public const string CoordinatorRole = "coordinator";

    /// <summary>For leaving in order; what the others have not noticed by then they find out by themselves.</summary>
    private static readonly TimeSpan PatienceAtTheEnd = TimeSpan.FromSeconds(10);

    private readonly AkkaProcess process;
    private readonly ActorSystem system;
    private readonly ClusterOfAkka cluster;
    private readonly IActorRef mail;
    private readonly TaskCompletionSource up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly object gate = new();
    private readonly HashSet<UniqueAddress> removed = [];
    private TaskCompletionSource<HostAndPort>? search;
    private volatile string? givenUp;

    private AkkaNode(AkkaProcess process, ActorSystem system, NodeHost host)
    {
        (this.process, this.system, Host) = (process, system, host);
        cluster = ClusterOfAkka.Get(system);

        // On a thread of its own: letters wait for nobody.
        mail = system.ActorOf(Props.Create(() => new MailActor(this)).WithDispatcher("akka.actor.mail-dispatcher"), PeerMail.ActorName);
        Address = PeerMail.Of(cluster.SelfUniqueAddress, mail.Path);
    }

    public NodeHost Host { get; }

    public PeerMail Address { get; }

    public AkkaNetwork? Network => process.Network;

    /// <summary>Where this process listens as the coordinator; null while it is not.</summary>
    public HostAndPort? Coordinates => process.Coordinates;

    /// <summary>When the actor system has ended, for whatever reason.</summary>
    public Task Ended => system.WhenTerminated;

    /// <summary>Whether it is a member that has not been given up by anybody.</summary>
    public bool IsFit => givenUp is null && !Ended.IsCompleted && cluster.SelfMember.Status is MemberStatus.Up or MemberStatus.WeaklyUp;

    /// <summary>Whether it leaves the cluster in order, or is asked to.</summary>
    public bool IsLeaving => cluster.SelfMember.Status is MemberStatus.Leaving or MemberStatus.Exiting;

    /// <summary>Whether another candidate could be the coordinator in this one's place.</summary>
    public bool HasOtherCandidate => Candidates().Any(member => !member.UniqueAddress.Equals(cluster.SelfUniqueAddress) && !cluster.State.Unreachable.Contains(member));

    /// <exception cref="InvalidInputException">It cannot listen, or the configuration is not possible.</exception>
    public static AkkaNode Start(AkkaProcess process, Config user, ClusterSecurity security, string role, NodeHost host)
    {
        var tls = AkkaTls.For(security);
        var bootstrap = BootstrapSetup.Create().WithConfig(AkkaConfiguration.For(user, role, host, isEncrypted: tls is not null));
        ActorSystem? system = null;
        try
        {
            system = tls is null ? ActorSystem.Create(SystemName, bootstrap) : ActorSystem.Create(SystemName, bootstrap.And(tls));
            return new AkkaNode(process, system, host);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // Akka gives whatever it comes across: a port that is taken, a key of the configuration that it cannot read.
            system?.Terminate();
            throw new InvalidInputException($"Akka does not start on {host.Bind}: {fault.GetBaseException().Message.ReplaceLineEndings(" ").TrimEnd('.')}", fault);
        }
    }

    /// <summary>Begins a cluster of its own.</summary>
    public void JoinSelf(CancellationToken cancellation) => Join(cluster.SelfAddress, Timeout.InfiniteTimeSpan, cancellation);

    /// <summary>Becomes a member of another node's cluster; blocks until then.</summary>
    /// <exception cref="InvalidInputException">It did not in time.</exception>
    public void Join(Address contact, TimeSpan patience, CancellationToken cancellation)
    {
        cluster.Join(contact);
        var first = Task.WhenAny(up.Task, Ended);
        if (!first.Wait((int)patience.TotalMilliseconds, cancellation) || !up.Task.IsCompleted)
        {
            var sentence = $"the Akka cluster of {contact} took in this process at {cluster.SelfAddress} not in time: can each reach the other there?";
            throw new InvalidInputException(sentence, new SecureConnectException(ConnectionFault.TimedOut, sentence));
        }
    }

    /// <summary>Stands for the place of the coordinator, in the order in which candidates joined.</summary>
    /// <param name="authority">Told when it is this process's turn, and when it is asked to make way.</param>
    public void StandAsCandidate(IAuthority authority) => system.ActorOf(
        ClusterSingletonManager.Props(
            Props.Create(() => new AuthorityActor(authority)), AuthorityActor.MakeWay.Instance, ClusterSingletonManagerSettings.Create(system).WithRole(CoordinatorRole)),
        CoordinatorRole);

    /// <summary>Whether that node is a member of this one's cluster, as far as is known here.</summary>
    public bool Sees(UniqueAddress other) => cluster.State.Members.Any(member => member.UniqueAddress.Equals(other) && member.Status is not (MemberStatus.Down or MemberStatus.Removed));

    /// <summary>Whether that node was a member and has been given up, or has left: it cannot come back.</summary>
    public bool HasRemoved(UniqueAddress other)
    {
        lock (gate)
        {
            return removed.Contains(other);
        }
    }

    /// <summary>A way to the other process's mail, whose end is watched from now on.</summary>
    public IActorRef Reach(PeerMail other)
    {
        var reference = ((ExtendedActorSystem)system).Provider.ResolveActorRef(other.Path);
        mail.Tell(new MailActor.Watch(reference), ActorRefs.NoSender);
        return reference;
    }

    /// <summary>Asks the candidates which of them is the coordinator, and where it listens.</summary>
    /// <returns>Null when none has answered in time.</returns>
    public HostAndPort? FindCoordinator(TimeSpan patience, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<HostAndPort>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            search = answer;
        }

        foreach (var candidate in Candidates())
        {
            system.ActorSelection(new RootActorPath(candidate.Address) / "user" / PeerMail.ActorName).Tell(new CoordinatorAsked(), mail);
        }

        return answer.Task.Wait((int)patience.TotalMilliseconds, cancellation) ? answer.Task.Result : null;
    }

    public void HandleCoordinator(HostAndPort endpoint)
    {
        lock (gate)
        {
            search?.TrySetResult(endpoint);
        }
    }

    public void HandleUp(UniqueAddress member)
    {
        if (member.Equals(cluster.SelfUniqueAddress))
        {
            up.TrySetResult();
        }
    }

    public void HandleRemoved(UniqueAddress member)
    {
        lock (gate)
        {
            removed.Add(member);
        }
    }

    /// <summary>This node is of no use any more: others have given it up, though it may not know of it through the cluster.</summary>
    public void GiveUp(string reason)
    {
        givenUp ??= reason;
        Network?.DropAll(reason);
    }

    public void Fail(Exception bug) => process.Fail(bug);

    /// <summary>Leaves the cluster in order, if it is still in one, and ends.</summary>
    public void Dispose()
    {
        if (!IsFit)
        {
            // Nobody is left who would say goodbye.
            cluster.Down(cluster.SelfAddress);
        }

        CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance).Wait(PatienceAtTheEnd);
        system.Terminate().Wait(PatienceAtTheEnd);
    }

    private ImmutableArray<Member> Candidates() => [.. cluster.State.Members.Where(member => member.HasRole(CoordinatorRole) && member.Status is MemberStatus.Up or MemberStatus.WeaklyUp)];
}
