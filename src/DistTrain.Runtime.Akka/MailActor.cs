using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using ClusterOfAkka = Akka.Cluster.Cluster;

namespace DistTrain.Runtime.Akka;

/// <summary>
/// The actor of a process: takes its mail, and what the cluster and death watch say of others, and hands all of it on to the links. What it throws is our bug and ends the process's part in the run; it is not restarted.
/// </summary>
internal sealed class MailActor(AkkaNode node) : UntypedActor, IWithTimers
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        ClusterOfAkka.Get(Context.System).Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
        Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, TickInterval);
    }

    protected override void PostStop() => ClusterOfAkka.Get(Context.System).Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        try
        {
            Handle(message);
        }
        catch (Exception bug)
        {
            node.Fail(bug);
            throw;
        }
    }

    private void Handle(object message)
    {
        switch (message)
        {
            case Letter letter:
                node.Network?.LinkOf(letter.From, letter.To)?.Arrived(letter);
                break;
            case Receipt receipt:
                node.Network?.LinkOf(receipt.From, receipt.To)?.Arrived(receipt);
                break;
            case Tick:
                node.Network?.Tick();
                break;
            case CoordinatorAsked when node.Coordinates is { } endpoint:
                Sender.Tell(new CoordinatorListens(endpoint));
                break;
            case CoordinatorListens listens:
                node.HandleCoordinator(listens.Endpoint);
                break;
            case Watch watch:
                Context.Watch(watch.Peer);
                break;
            case Terminated ended:
                node.Network?.Lose(ended.ActorRef.Path.Address, "its node has ended");
                break;
            case ThisActorSystemQuarantinedEvent quarantine:
                node.Network?.Lose(quarantine.RemoteAddress, "it has given this process up");
                break;
            case ClusterEvent.IClusterDomainEvent happening:
                HandleMembership(happening);
                break;
        }
    }

    private void HandleMembership(ClusterEvent.IClusterDomainEvent happening)
    {
        switch (happening)
        {
            case ClusterEvent.MemberUp or ClusterEvent.MemberWeaklyUp:
                node.HandleUp(((ClusterEvent.IMemberEvent)happening).Member.UniqueAddress);
                break;
            case ClusterEvent.UnreachableMember unreachable:
                node.Network?.Suspect(unreachable.Member.UniqueAddress, isReachable: false);
                break;
            case ClusterEvent.ReachableMember reachable:
                node.Network?.Suspect(reachable.Member.UniqueAddress, isReachable: true);
                break;
            case ClusterEvent.MemberDowned downed:
                node.Network?.Lose(downed.Member.UniqueAddress, "the cluster could not reach it, and has given it up");
                break;
            case ClusterEvent.MemberRemoved removed:
                node.HandleRemoved(removed.Member.UniqueAddress);
                node.Network?.Lose(removed.Member.UniqueAddress, "it is no member of the cluster any more");
                break;
        }
    }

    /// <summary>Time has passed.</summary>
    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    /// <summary>From now on the end of that actor is to be told.</summary>
    internal sealed record Watch(IActorRef Peer);
}
