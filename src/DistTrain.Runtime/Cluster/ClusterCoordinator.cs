using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Runtime.DataTransfer;
using DistTrain.Runtime.Hosting;
using DistTrain.Runtime.Recovery;

namespace DistTrain.Runtime.Cluster;

/// <summary>Trains with workers in other processes: this one holds the coordinator, and the shards that live nowhere else.</summary>
public static class ClusterCoordinator
{
    private static readonly TimeSpan PatienceAtTheEnd = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SuccessionInterval = TimeSpan.FromSeconds(2);

    /// <summary>Runs until the training has ended, and returns how.</summary>
    /// <param name="settings">Where to listen, and who may come.</param>
    /// <param name="offer">What those who join are told.</param>
    /// <param name="openFile">Opens one of the offer's files for those who have no copy of the data.</param>
    /// <param name="definition">What to train.</param>
    /// <param name="engine">The kernels.</param>
    /// <param name="listener">Called on this thread, in order.</param>
    /// <param name="cancellation">Ends the run after the current step.</param>
    /// <param name="recovery">Where the run leaves what another coordinator can go on from, and what it goes on from itself; null for a run that ends with this process.</param>
    /// <exception cref="InvalidInputException">The settings are not possible.</exception>
    /// <exception cref="SupersededException">Another coordinator has taken the run over.</exception>
    /// <exception cref="RunDirectory.RunDirectoryException">The journal cannot be written.</exception>
    public static TrainingResult Run(
        CoordinatorSettings settings,
        RunOffer offer,
        Func<DataFile, Stream> openFile,
        TrainingDefinition definition,
        IEngine engine,
        Action<TrainingEvent> listener,
        CancellationToken cancellation,
        RunRecovery? recovery = null) =>
        RunWith(static (options, _) => new Network(options), settings, offer, openFile, definition, engine, listener, recovery, cancellation);

    /// <summary>The same over another network.</summary>
    /// <param name="connect">Makes it; what cannot be worked around is given to the second argument, and ends the run.</param>
    internal static TrainingResult RunWith(
        Func<NetworkOptions, Action<Exception>, INetwork> connect,
        CoordinatorSettings settings,
        RunOffer offer,
        Func<DataFile, Stream> openFile,
        TrainingDefinition definition,
        IEngine engine,
        Action<TrainingEvent> listener,
        RunRecovery? recovery,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(offer);
        ArgumentNullException.ThrowIfNull(listener);
        CoordinatorNode? node = null;
        using var local = new LocalProcess(definition, engine, Environment.ProcessorCount, (from, to, message) => node!.Route(from, to, message), effect => node!.CarryOut(effect), recovery);
        var past = recovery?.Journal.Past ?? JournalPast.None;
        var run = local.Definition with
        {
            WorkerCount = settings.MinimumWorkers,
            WaitsBelowWorkerCount = settings.WaitsBelowMinimum,
            Placement = settings.Placement,
            ShardCount = settings.ShardCount,
        };
        run.Check();
        node = new CoordinatorNode(settings, offer, run, local.Actors, local.Host, sentence => local.Actors.Tell(new Noticed(sentence)))
        {
            // Reports of an epoch speak of workers of all terms in which it was trained.
            LastWorker = past.LastWorker,
        };
        using var files = new FileServer(offer.Data.Files, openFile, node.Say, settings.Limits.Transfer);
        using var network = connect(
            new NetworkOptions
            {
                Security = settings.Security,
                Limits = settings.Limits,
                Handler = node,
                Tell = node.Say,
                Files = files.Serve,
                Status = connection => StatusExchange.Answer(connection, node.Status()),
            },
            local.Actors.Fail);
        node.IssueTicket = peer => network.IssueFileTicket(peer).ToArray();
        var address = network.Listen(settings.Listen, settings.Listen.Host);
        node.Listens(address);
        using var health = settings.Health is { } at ? HealthServer.Start(at, node.Readiness, node.Status) : null;
        settings.Listening?.Invoke(address);
        using var registration = cancellation.Register(() => local.Actors.Post(ActorAddress.Coordinator, new StopRequested()));
        using var succession = new Timer(_ => EndIfSuperseded(local.Actors, recovery), null, SuccessionInterval, SuccessionInterval);
        local.Actors.Add(new CoordinatorActor(run, past));
        var ended = local.Actors.Listen(happening =>
        {
            node.Happened(happening);
            listener(happening);
        }) ?? throw new InvalidOperationException("the run ended without saying how");
        // A run that another process goes on with is not over for its members: they lose this process, and join the other.
        if (ended.Outcome != RunOutcome.Cancelled || !network.HasSuccessor)
        {
            node.EndRun(ended.Explanation ?? "the run is complete", PatienceAtTheEnd);
        }

        return TrainingEvents.Result(definition, ended, local.Host.CopyWeights(ended.Version));
    }

    /// <summary>One that was stopped, or cut off, while another took the run over may have nothing to write for a long time, and would keep its members from going over to the other.</summary>
    private static void EndIfSuperseded(LocalActors actors, RunRecovery? recovery)
    {
        try
        {
            recovery?.Journal.RequireNewest();
        }
        catch (SupersededException superseded)
        {
            actors.Fail(superseded);
        }
        catch (IOException)
        {
            // A disk that cannot be read now says nothing about a successor; the next entry of the journal will tell.
        }
    }
}
