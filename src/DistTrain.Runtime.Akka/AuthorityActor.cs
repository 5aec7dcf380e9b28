using Akka.Actor;

namespace DistTrain.Runtime.Akka;

/// <summary>Who is told that a process is the coordinator's. Called on threads of Akka.</summary>
internal interface IAuthority
{
    /// <summary>It is this process's turn.</summary>
    void Begin();

    /// <summary>Another candidate is to take over.</summary>
    /// <returns>Completes when nothing more will be written by this process.</returns>
    Task MakeWay();
}

/// <summary>The cluster's singleton: lives in the process that is to be the coordinator, and as long as it has the place.</summary>
internal sealed class AuthorityActor(IAuthority authority) : UntypedActor
{
    protected override void PreStart() => authority.Begin();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MakeWay:
                var self = Self;
                authority.MakeWay().ContinueWith(_ => self.Tell(Gone.Instance, ActorRefs.NoSender), TaskScheduler.Default);
                break;
            case Gone:
                Context.Stop(Self);
                break;
        }
    }

    /// <summary>The singleton manager's request.</summary>
    internal sealed class MakeWay
    {
        public static readonly MakeWay Instance = new();
    }

    private sealed class Gone
    {
        public static readonly Gone Instance = new();
    }
}
