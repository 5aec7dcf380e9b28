using System.Collections.Immutable;
using System.Diagnostics;
using DistTrain.Cli.Configuration;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.RunDirectory;

namespace DistTrain.Cli.Cluster;

/// <summary>The worker processes of <c>--processes</c>: started when the coordinator listens, watched, started again when they die, and gone when it is.</summary>
internal sealed class LocalWorkers : IDisposable
{
    private static readonly TimeSpan PatienceAtTheEnd = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PatienceBeforeGivingUp = TimeSpan.FromSeconds(3);

    private readonly Clustered plan;
    private readonly TrainConfiguration configuration;
    private readonly ProcessStarter start;
    private readonly RunPaths paths;
    private readonly Action<string> notice;
    private readonly Action<string> giveUp;
    private readonly object gate = new();
    private readonly List<LocalWorker> workers = [];
    private readonly Dictionary<int, ImmutableArray<TimeSpan>> restarts = [];
    private readonly ManualResetEventSlim isOver = new();
    private int left;
    private bool hasBegun;

    /// <param name="plan">How many there are.</param>
    /// <param name="configuration">What they are told of connections.</param>
    /// <param name="start">Starts one.</param>
    /// <param name="paths">Where their output goes.</param>
    /// <param name="notice">Takes a sentence for the user, on any thread.</param>
    /// <param name="giveUp">Takes the reason why the run cannot go on with those who are left.</param>
    public LocalWorkers(Clustered plan, TrainConfiguration configuration, ProcessStarter start, RunPaths paths, Action<string> notice, Action<string> giveUp)
    {
        this.plan = plan;
        this.configuration = configuration;
        this.start = start;
        this.paths = paths;
        this.notice = notice;
        this.giveUp = giveUp;
        left = plan.ProcessesToStart;
    }

    public ReadOnlyMemory<byte> Secret { get; } = Parent.NewSecret();

    public void Start(HostAndPort coordinator)
    {
        var arguments = Arguments(coordinator);
        for (var number = 1; number <= plan.ProcessesToStart; number++)
        {
            var worker = LocalWorker.Start(number, () => start(arguments), Secret.Span, paths.WorkerLog(number), HandleEnd);
            lock (gate)
            {
                workers.Add(worker);
            }
        }
    }

    /// <summary>The first step has been made.</summary>
    public void HandleBeginning()
    {
        lock (gate)
        {
            hasBegun = true;
        }
    }

    /// <summary>Gives those who are left a while to end by themselves, then ends them.</summary>
    public void Dispose()
    {
        isOver.Set();
        var deadline = DateTime.UtcNow + PatienceAtTheEnd;
        foreach (var worker in workers)
        {
            var rest = deadline - DateTime.UtcNow;
            worker.WaitForEnd(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
            worker.Dispose();
        }

        isOver.Dispose();
    }

    /// <summary>Why a run cannot go on with the processes that are left; null when it can.</summary>
    internal static string? Hopelessness(int left, int minimum, bool hasBegun, bool waitsBelowMinimum) => (left, hasBegun) switch
    {
        (0, _) => "no worker process is left",
        (_, false) when left < minimum => $"training cannot begin: {Left(left)}, but --min-workers is {minimum}",
        (_, true) when left < minimum && waitsBelowMinimum => $"training waits for workers that nobody starts: {Left(left)}, but --min-workers is {minimum}",
        _ => null,
    };

    private static string Left(int count) => count == 1 ? "one worker process is left" : $"{count} worker processes are left";

    /// <summary>Those who will come again count as left.</summary>
    private TimeSpan? HandleEnd(LocalWorkerEnd end)
    {
        var decision = Decide(end);

        // Those who leave in order are told of by the coordinator.
        if (end.ExitCode != 0)
        {
            notice(end + decision.Reason);
        }

        if (decision.Pause is null)
        {
            GiveUpIfHopeless();
        }

        return decision.Pause;
    }

    private RestartDecision Decide(LocalWorkerEnd end)
    {
        lock (gate)
        {
            var now = Stopwatch.GetElapsedTime(0);
            var before = restarts.GetValueOrDefault(end.Number, []);
            var decision = isOver.IsSet ? default : RestartRule.Decide(end.ExitCode, before, now, Random.Shared.NextDouble());
            if (decision.Pause is null)
            {
                left--;
            }
            else
            {
                restarts[end.Number] = before.Add(now);
            }

            return decision;
        }
    }

    private void GiveUpIfHopeless()
    {
        // A first step may have been made that nobody has told of yet; and a run that has ended, ends its workers.
        if (Judge() is not null && !isOver.Wait(PatienceBeforeGivingUp) && Judge() is { } reason)
        {
            giveUp(reason);
        }
    }

    private string? Judge()
    {
        lock (gate)
        {
            return Hopelessness(left, plan.MinimumWorkers, hasBegun, configuration.WaitsBelowMinWorkers);
        }
    }

    private string[] Arguments(HostAndPort coordinator)
    {
        string[] runtime = configuration.Runtime == ConfigurationKeys.AkkaRuntime ? ["runtime", "akka-config"] : [];
        string[] passedOn = [.. runtime, "local-sockets", "heartbeat-milliseconds", "silence-seconds", "reconnect-seconds", "rejoin-seconds"];
        return
        [
            "worker", "--spawned", "--join", coordinator.ToString(), "--tls", configuration.Tls == true ? "yes" : "no",
            .. passedOn.SelectMany(name => (string[])[$"--{name}", ConfigurationWriter.ToText(ConfigurationKeys.Find(name)!.Get(configuration))]),
        ];
    }
}
