using DistTrain.Learning.Engines;
using DistTrain.Runtime;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Security;

namespace DistTrain.Tests.Shared;

/// <summary>One process of a runtime of several processes; in tests all of them are in one.</summary>
public interface IClusterProcess : IDisposable
{
    TrainingResult Coordinate(CoordinatorSettings settings, RunOffer offer, TrainingDefinition definition, IEngine engine, Action<TrainingEvent> listener, CancellationToken cancellation);

    MemberOutcome TakePart(MemberSettings settings, string programVersion, Func<RunOffer, IDataFetcher, PreparedRun> prepare, CancellationToken leave);
}

/// <summary>A coordinator's process and others that join it, all of them in this one, over real connections on loopback.</summary>
public sealed class ClusterScene : IDisposable
{
    private const string Version = "1.0";
    private const string Hash = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Func<IClusterProcess> start;
    private readonly IEngine engine;
    private readonly TaskCompletionSource<HostAndPort> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource stop = new();
    private readonly List<CancellationTokenSource> leaves = [];
    private readonly Task<TrainingResult> run;
    private int preparations;

    /// <param name="start">Begins a process of the runtime that is tested.</param>
    /// <param name="change">Of the coordinator's settings: by default any port of loopback, plain text, one worker and one shard.</param>
    /// <param name="listener">Hears what the coordinator announces.</param>
    public ClusterScene(Func<IClusterProcess> start, TrainingDefinition definition, IEngine engine, Func<CoordinatorSettings, CoordinatorSettings>? change = null, Action<TrainingEvent>? listener = null)
    {
        Definition = definition;
        this.start = start;
        this.engine = engine;
        var settings = new CoordinatorSettings
        {
            Listen = new HostAndPort("127.0.0.1", 0),
            Security = new ClusterSecurity { UsesTls = false },
            ShardCount = 1,
            MinimumWorkers = 1,
            Listening = listening.SetResult,
        };
        settings = change?.Invoke(settings) ?? settings;
        Security = settings.Security;
        var offer = new RunOffer(Version, $"configuration {settings.RunName}", settings.MinimumWorkers, new DataOffer("test", "test", Hash, []));
        run = Task.Factory.StartNew(
            () =>
            {
                using var process = start();
                return process.Coordinate(settings, offer, definition, engine, happening => Hear(happening, listener), stop.Token);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    public ClusterSecurity Security { get; }

    /// <summary>What members make of an offer; of another coordinator's too.</summary>
    public TrainingDefinition Definition { get; set; }

    /// <summary>How often members have made something of an offer.</summary>
    public int Preparations => preparations;

    /// <summary>As soon as others can join; fails as the run does.</summary>
    public HostAndPort Address
    {
        get
        {
            if (Task.WaitAny([listening.Task, run], Patience) == 1)
            {
                run.GetAwaiter().GetResult();
            }

            return listening.Task.WaitAsync(TimeSpan.Zero).GetAwaiter().GetResult();
        }
    }

    /// <summary>What the coordinator told people.</summary>
    public List<string> Notices { get; } = [];

    /// <summary>A process joins; it leaves when <see cref="Leave"/> is called with its index.</summary>
    public Task<MemberOutcome> Join(MemberRole role = MemberRole.Worker, Func<MemberSettings, MemberSettings>? change = null, string version = Version)
    {
        var leave = new CancellationTokenSource();
        leaves.Add(leave);
        var settings = new MemberSettings { Coordinator = Address, Role = role, Security = Security };
        settings = change?.Invoke(settings) ?? settings;
        return Task.Factory.StartNew(
            () =>
            {
                using var process = start();
                return process.TakePart(settings, version, (_, _) => Prepare(), leave.Token);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    public Task<MemberOutcome>[] Join(int count) => [.. Enumerable.Range(0, count).Select(_ => Join())];

    public void Leave(int index) => leaves[index].Cancel();

    public void Stop() => stop.Cancel();

    public Task<TrainingResult> Result() => run.WaitAsync(Patience);

    public void Dispose()
    {
        stop.Cancel();
        leaves.ForEach(leave => leave.Cancel());
        stop.Dispose();
    }

    private PreparedRun Prepare()
    {
        Interlocked.Increment(ref preparations);
        return new PreparedRun(Definition, engine);
    }

    private void Hear(TrainingEvent happening, Action<TrainingEvent>? listener)
    {
        if (happening is Noticed notice)
        {
            lock (Notices)
            {
                Notices.Add(notice.Sentence);
            }
        }

        listener?.Invoke(happening);
    }
}
