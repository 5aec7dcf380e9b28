using System.Collections.Concurrent;
using System.Diagnostics;
using DistTrain.Cli.Chaos;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Configuration;
using DistTrain.Runtime.RunDirectory;

namespace DistTrain.Cli.Commands;

/// <summary>
/// Proves on this machine that a run survives its processes: trains undisturbed in one process, then again in a cluster of processes under faults, and compares. Whatever happens, no process of it is left.
/// </summary>
public sealed class ChaosCommand
{
    private readonly ChaosRequest request;
    private readonly Host host;
    private readonly string folder;
    private readonly IChaosReport report;
    private readonly ConcurrentQueue<ProcessLine> lines = [];
    private readonly long began = Stopwatch.GetTimestamp();
    private readonly List<RoundFacts> rounds = [];
    private readonly List<FaultFacts> made = [];

    private ChaosCommand(ChaosRequest request, Host host, string folder)
    {
        this.request = request;
        this.host = host;
        this.folder = folder;
        report = request.Json ? new ChaosJsonReport(host.Output) : new ChaosTextReport(host.Output);
    }

    /// <exception cref="CommandException">It cannot begin, or was interrupted.</exception>
    public static ExitCode Run(ChaosRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        Check(request);
        var folder = Directory.CreateTempSubdirectory("disttrain-chaos-").FullName;
        var isToStay = true;
        try
        {
            using var interruption = new CancellationTokenSource();
            using var listening = host.ListenForInterruption(interruption.Cancel, () => { });
            var passed = new ChaosCommand(request, host, folder).Run(interruption.Token);
            isToStay = request.Keep || !passed;
            return passed ? ExitCode.Success : ExitCode.NotProved;
        }
        finally
        {
            if (!isToStay)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static void Check(ChaosRequest request)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new CommandException(ExitCode.WrongUsage, "chaos stops and kills processes by signals, which Windows does not have: run it on Linux or macOS");
        }

        if (request.Configuration.Runtime is not (ConfigurationKeys.AkkaRuntime or "in-process"))
        {
            throw new CommandException(ExitCode.WrongUsage, $"chaos needs processes to kill, and the runtime {request.Configuration.Runtime} has one only: leave out --runtime");
        }

        if (request.Roles.Contains(ChaosRole.Server) && request.Placement != Actors.ShardPlacement.Servers)
        {
            throw new CommandException(ExitCode.WrongUsage, "--roles names server, but without --placement servers no process is only one: leave out one of the two");
        }
    }

    private double Clock() => Stopwatch.GetElapsedTime(began).TotalSeconds;

    private bool Run(CancellationToken cancellation)
    {
        var planned = new LinkedList<PlannedFault>(ChaosSchedule.Draw(request.Schedule));
        var count = planned.Count;
        report.Begin(request, [.. planned], folder);
        var reference = TrainUndisturbed(cancellation);
        string? gaveUp = null;
        while (gaveUp is null && (planned.Count > 0 || rounds.Count == 0) && !cancellation.IsCancellationRequested)
        {
            gaveUp = TrainUnderFaults(planned, cancellation);
        }

        if (cancellation.IsCancellationRequested)
        {
            throw new CommandException(ExitCode.Interrupted, $"interrupted after {made.Count} of {count} faults; logs and run directories are in {folder}");
        }

        var facts = new ChaosFacts(
            reference, [.. rounds], [.. made], ChaosSchedule.Required(request.Schedule), count, new ChaosBounds(request.MaxLostSeconds, request.RestartSeconds), gaveUp);
        var reasons = ChaosVerdict.Reasons(facts);
        report.End(facts, reasons, Clock());
        if (reasons.Length > 0)
        {
            host.Error.WriteLine($"disttrain: not proved; logs and run directories are in {folder}.");
        }

        return reasons.IsEmpty;
    }

    private string? TrainUnderFaults(LinkedList<PlannedFault> planned, CancellationToken cancellation)
    {
        var number = rounds.Count + 1;
        report.RoundBegins(number, Clock());
        using var cluster = new ChaosCluster(request, host, folder, $"run-{number}", lines, Clock);
        var round = new ChaosRound(request, cluster, planned, lines, Clock, report, cancellation);
        var gaveUp = round.Run();
        made.AddRange(round.Made);
        rounds.Add(new RoundFacts(MetricsReader.Read(cluster.Paths), round.Watch.Outcome, round.Watch.TotalSteps, round.Watch.Computed));
        report.RoundEnded(number, rounds[^1], Clock());
        return gaveUp;
    }

    /// <summary>In a process of its own, with another number of workers.</summary>
    private RunFacts TrainUndisturbed(CancellationToken cancellation)
    {
        var start = Clock();
        var workers = request.Configuration.Workers == 1 ? 2 : 1;
        var paths = new RunPaths(Path.Combine(folder, "undisturbed"));
        var file = Path.Combine(folder, "undisturbed.yaml");
        File.WriteAllText(file, ConfigurationWriter.ToYaml(request.Configuration.WithoutCluster(new SingleProcess(workers))));
        using var process = new ChaosProcess(() => host.StartProcess(["train", "--config", file, "--run", paths.Directory, "--json", "--directed"]), Path.Combine(folder, "undisturbed.log"), lines, Clock);
        for (var moved = Clock(); !process.HasEnded && !cancellation.IsCancellationRequested && Clock() - moved < request.GiveUpSeconds;)
        {
            while (lines.TryDequeue(out _))
            {
                moved = Clock();
            }

            Thread.Sleep(10);
        }

        if (!cancellation.IsCancellationRequested && process is { HasEnded: true, ExitCode: not 0 })
        {
            throw new CommandException((ExitCode)process.ExitCode, $"the undisturbed training failed: {process.LastWords.Replace("disttrain: ", "", StringComparison.Ordinal).TrimEnd('.')}");
        }

        lines.Clear();
        var facts = MetricsReader.Read(paths);
        report.ReferenceEnded(facts, workers, Clock() - start);
        return facts;
    }
}
