using System.Net.Sockets;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Commands;

/// <param name="Address">What the coordinator's <c>--health</c> names.</param>
/// <param name="Ready">Whether to ask for readiness instead of life.</param>
/// <param name="Timeout">For the whole question.</param>
public sealed record HealthRequest(HostAndPort Address, bool Ready, TimeSpan Timeout);

/// <summary>Asks a coordinator over HTTP whether it lives: for health checks of containers, which have no other program to ask with.</summary>
public static class HealthCommand
{
    public const double DefaultTimeoutSeconds = 5;

    /// <exception cref="CommandException">It does not answer, or says no.</exception>
    public static ExitCode Run(HealthRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        var address = request.Address.Host is "0.0.0.0" ? request.Address with { Host = "127.0.0.1" } : request.Address;
        var url = new Uri($"http://{address}{(request.Ready ? HealthServer.ReadyPath : HealthServer.HealthPath)}");
        using var client = new HttpClient { Timeout = request.Timeout, MaxResponseContentBufferSize = 1 << 20 };
        using var question = new HttpRequestMessage(HttpMethod.Get, url);
        try
        {
            using var answer = client.Send(question);
            using var text = new StreamReader(answer.Content.ReadAsStream());
            var sentence = Output.RunText.Printable(text.ReadToEnd().Trim());
            if (!answer.IsSuccessStatusCode)
            {
                throw new CommandException(ExitCode.Network, $"{url} says: {sentence.TrimEnd('.')}");
            }

            host.Output.WriteLine(sentence);
            return ExitCode.Success;
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            throw new CommandException(ExitCode.Network, $"{url} does not answer: {(fault is OperationCanceledException ? $"no answer within {request.Timeout.TotalSeconds:G3} s" : fault.Message)}", fault);
        }
    }
}
