using System.Globalization;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Output;

/// <summary>The status of a run as lines for people.</summary>
internal static class StatusText
{
    private static readonly string[] Headings = ["member", "host", "process", "shards", "step", "samples/s", "compute ms", "wait ms", "round trip ms", "sent", "received", "joined", "heard"];

    public static IEnumerable<string> Lines(ClusterStatus status)
    {
        yield return RunText.Printable($"{status.Run}: {Phase(status)}");
        if (status.Step > 0)
        {
            var loss = status.Loss is { } mean ? $", loss {RunText.Loss(mean)}" : "";
            yield return $"epoch {status.Epoch}, step {RunText.Whole(status.Step)} of {RunText.Whole(status.TotalSteps)}{loss}, {RunText.Whole(status.SamplesPerSecond)} samples/s";
        }

        yield return status.MapVersion == 0
            ? "the shards have no place yet"
            : $"{status.ShardNodes.Length} {(status.ShardNodes.Length == 1 ? "shard" : "shards")} (map {status.MapVersion}, incarnation {status.Incarnation}, term {status.Term})";
        yield return "";
        foreach (var line in TextTable.Lines(Headings, [.. status.Members.Select(member => Row(status, member))], leftColumns: 2))
        {
            yield return line;
        }

        yield return "";
        yield return RunText.Printable($"slow: {status.Slow ?? "nobody"}");
    }

    private static string Phase(ClusterStatus status)
    {
        var name = status.Phase switch
        {
            RunPhase.WaitingForWorkers => "waiting for workers",
            RunPhase.Training => "training",
            RunPhase.Ended => "ended",
            _ => throw new ArgumentOutOfRangeException(nameof(status), status.Phase, "no such phase"),
        };
        return status.Explanation is null ? name : $"{name} ({status.Explanation.TrimEnd('.')})";
    }

    private static string[] Row(ClusterStatus status, MemberStatus member) =>
    [
        member.Name,
        RunText.Printable(member.Host),
        member.ProcessId.ToString(CultureInfo.InvariantCulture),
        Shards(status, member.Node),
        member.Step is { } step ? RunText.Whole(step) : "",
        member.SamplesPerSecond is { } rate ? RunText.Whole(rate) : "",
        Milliseconds(member.ComputeMilliseconds),
        Milliseconds(member.WaitMilliseconds),
        Milliseconds(member.Link?.RoundTripMilliseconds),
        member.Link is { } sent ? Bytes(sent.BytesSent) : "",
        member.Link is { } received ? Bytes(received.BytesReceived) : "",
        Time(member.SecondsSinceJoined),
        member.Link is { } heard ? string.Create(CultureInfo.InvariantCulture, $"{heard.SecondsSinceHeard:F1} s ago") : "",
    ];

    private static string Shards(ClusterStatus status, int node) =>
        string.Join(",", Enumerable.Range(0, status.ShardNodes.Length).Where(shard => status.ShardNodes[shard] == node));

    private static string Milliseconds(double? value) => value is { } time ? time.ToString(time < 10 ? "F2" : "F1", CultureInfo.InvariantCulture) : "";

    private static string Time(double seconds) => seconds switch
    {
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds:F0} s"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:F0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:F1} h"),
    };

    private static string Bytes(long count) => count switch
    {
        < 10_000 => string.Create(CultureInfo.InvariantCulture, $"{count} B"),
        < 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{count / 1e3:F0} kB"),
        < 10_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{count / 1e6:F0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{count / 1e9:F1} GB"),
    };
}
