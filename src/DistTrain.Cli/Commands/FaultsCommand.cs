using DistTrain.Cli.Output;
using DistTrain.Simulation.Faults;

namespace DistTrain.Cli.Commands;

/// <summary>What to simulate.</summary>
/// <param name="Seed">Of the first run.</param>
/// <param name="Runs">Null for any number.</param>
/// <param name="Seconds">After which no run begins; null for any time.</param>
/// <param name="TraceFile">Where the trace of a single run goes; null for nowhere.</param>
public sealed record FaultsRequest(ulong Seed, long? Runs, double? Seconds, string? TraceFile, bool Json);

/// <summary>Lets everything die, stop and break in clusters under virtual time, and checks that each run ends as if nothing had been.</summary>
public static class FaultsCommand
{
    private const int ShownTraceLines = 60;
    private const int ShownFailures = 10;

    public static ExitCode Run(FaultsRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        if (request.TraceFile is { } file)
        {
            OutputFile.Check(file);
        }

        using var stop = new CancellationTokenSource();
        using var listening = host.ListenForInterruption(stop.Cancel, static () => { });
        var engine = host.Engine("simd");
        var shown = 0;
        var tally = FaultCampaign.Run(request.Seed, request.Runs, request.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, engine, run =>
        {
            if (run.Violation is not null && shown++ < ShownFailures)
            {
                host.Output.WriteLine(request.Json ? FaultText.FailureJson(run, host.Version) : FaultText.Failure(run, host.Version));
            }
        }, stop.Token);
        ShowTrace(request, tally, engine, host);
        host.Output.WriteLine(request.Json ? FaultText.SummaryJson(request.Seed, tally) : FaultText.Summary(request.Seed, tally));
        return tally.Failures.Count == 0 ? ExitCode.Success : ExitCode.InternalError;
    }

    /// <summary>A seed gives the same run every time, so a trace is made only of one that is to be seen.</summary>
    private static void ShowTrace(FaultsRequest request, FaultTally tally, Learning.Engines.IEngine engine, Host host)
    {
        var seed = tally.Failures is [var first, ..] ? first.Scenario.Seed : request.Seed;
        if (request.TraceFile is null && (tally.Failures.Count == 0 || request.Json))
        {
            return;
        }

        var lines = new List<string>();
        FaultRun.Execute(FaultScenario.Draw(seed), engine, lines.Add);
        if (request.TraceFile is { } file)
        {
            OutputFile.Write(file, string.Join('\n', lines) + "\n");
        }

        if (tally.Failures.Count > 0 && !request.Json)
        {
            host.Output.WriteLine($"the last {Math.Min(ShownTraceLines, lines.Count)} of {lines.Count:N0} lines of the trace of seed {seed}:");
            lines.TakeLast(ShownTraceLines).ToList().ForEach(host.Output.WriteLine);
        }
    }
}
