using DistTrain.Cli.Cluster;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Commands;

/// <param name="Coordinator">Whom to ask.</param>
/// <param name="Connection">Of which the settings of connections count.</param>
/// <param name="Json">One JSON object a line instead of tables.</param>
/// <param name="Watch">From one question to the next; null to ask once.</param>
public sealed record StatusRequest(HostAndPort Coordinator, TrainConfiguration Connection, bool Json, TimeSpan? Watch);

/// <summary>Shows how a run goes and who takes part in it.</summary>
public static class StatusCommand
{
    /// <exception cref="CommandException">The coordinator cannot be asked.</exception>
    public static ExitCode Run(StatusRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        var security = Stage.Configuration(() => Credentials.Of(request.Connection, host.Error.WriteLine));
        var limits = Credentials.Limits(request.Connection);
        using var stop = new CancellationTokenSource();
        using var interruption = host.ListenForInterruption(stop.Cancel, () => { });
        while (true)
        {
            var status = Stage.Network(() => host.AskStatus(request.Coordinator, security, limits));
            Show(status, request, host);
            if (request.Watch is not { } interval || status.Phase == RunPhase.Ended || stop.Token.WaitHandle.WaitOne(interval))
            {
                return ExitCode.Success;
            }
        }
    }

    private static void Show(ClusterStatus status, StatusRequest request, Host host)
    {
        if (request.Json)
        {
            host.Output.WriteLine(status.ToJson());
        }
        else
        {
            if (request.Watch is not null && host.OutputIsTerminal)
            {
                // Home and clear: the next picture takes the place of the last.
                host.Output.Write("\u001b[H\u001b[2J");
            }

            foreach (var line in StatusText.Lines(status))
            {
                host.Output.WriteLine(line);
            }
        }

        host.Output.Flush();
    }
}
