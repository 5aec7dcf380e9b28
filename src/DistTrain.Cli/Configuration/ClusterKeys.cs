using System.Collections.Immutable;
using DistTrain.Actors;
using static DistTrain.Cli.Configuration.ValueReading;

namespace DistTrain.Cli.Configuration;

/// <summary>The keys of a run of several processes, and of the network between them.</summary>
internal static class ClusterKeys
{
    private const string Nothing = "none";
    private const string Waiting = "wait";
    private const string Continuing = "continue";

    public static ImmutableArray<string> PlacementNames { get; } = ["workers", "central", "servers"];

    /// <summary>Who takes part.</summary>
    public static IEnumerable<ConfigurationKey> Members() =>
    [
        new(KeyGroup.Cluster, KeyKind.Text, "listen", "HOST:PORT", "wait here for workers of other processes ('disttrain worker --join HOST:PORT'); none for no network",
            (c, text) => c with { Listen = OrNothing(text, Address.ToListenOn) }, c => c.Listen?.ToString() ?? Nothing),
        new(KeyGroup.Cluster, KeyKind.Number, "processes", "COUNT", "start so many worker processes on this machine and train with them; 0 for threads in this one",
            (c, text) => c with { Processes = WholeNumber(text, 0) }, c => c.Processes),
        new(KeyGroup.Cluster, KeyKind.Number, "min-workers", "COUNT", "training begins when so many have joined; auto is 1, and all of --processes",
            (c, text) => c with { MinWorkers = OrAutomatic(text, t => WholeNumber(t, 1)) }, c => c.MinWorkers),
        new(KeyGroup.Cluster, KeyKind.Text, "below-min-workers", "WHAT", "with fewer workers than that left: continue, or wait for others",
            (c, text) => c with { WaitsBelowMinWorkers = OneOf(text, [Continuing, Waiting]) == Waiting }, c => c.WaitsBelowMinWorkers ? Waiting : Continuing),
        new(KeyGroup.Cluster, KeyKind.Text, "placement", "WHERE", "where the parameter server's shards live: workers, central (this process) or servers ('disttrain node --role server'); auto is workers with --processes, else central",
            (c, text) => c with { Placement = OrAutomatic(text, Placement) }, c => c.Placement is { } placement ? NameOf(placement) : null),
        new(KeyGroup.Cluster, KeyKind.Number, "shards", "COUNT", "pieces that the parameter server is cut into; auto is one on each node of the placement; any number gives the same weights",
            (c, text) => c with { Shards = OrAutomatic(text, t => WholeNumber(t, 1)) }, c => c.Shards),
        new(KeyGroup.Cluster, KeyKind.Text, "health", "HOST:PORT", "answer /health, /ready and /status over HTTP here; none for nowhere",
            (c, text) => c with { Health = OrNothing(text, Address.ToListenOn) }, c => c.Health?.ToString() ?? Nothing),
    ];

    /// <summary>How processes know and watch each other; the same for those who wait and those who join.</summary>
    public static IEnumerable<ConfigurationKey> Connections() =>
    [
        new(KeyGroup.Cluster, KeyKind.Text, "cluster-folder", "FOLDER", "the secret and the certificates that 'disttrain cluster init' made; the same on every machine",
            (c, text) => c with { ClusterFolder = OrNothing(text, NotEmpty) }, c => c.ClusterFolder ?? Nothing),
        new(KeyGroup.Cluster, KeyKind.Text, "secret-file", "FILE", "a file with a secret of at least 16 bytes, instead of a cluster folder",
            (c, text) => c with { SecretFile = OrNothing(text, NotEmpty) }, c => c.SecretFile ?? Nothing),
        new(KeyGroup.Cluster, KeyKind.Switch, "insecure", "yes|no", "allow plain text, and no secret: whoever reaches the network can read along, and without a secret take part",
            (c, text) => c with { IsInsecure = YesOrNo(text) }, c => c.IsInsecure)
        {
            MayStandAlone = true,
        },
        new(KeyGroup.Cluster, KeyKind.Switch, "tls", "yes|no", "whether traffic is encrypted; auto is yes, but no with --insecure and between --processes",
            (c, text) => c with { Tls = OrAutomatic(text, Switch) }, c => c.Tls),
        new(KeyGroup.Cluster, KeyKind.Switch, "local-sockets", "yes|no", "whether processes of one machine that do not encrypt use its own sockets, which cost a fraction of TCP",
            (c, text) => c with { LocalSockets = Switch(text) }, c => c.LocalSockets),
        new(KeyGroup.Cluster, KeyKind.Number, "heartbeat-milliseconds", "TIME", "time between two signs of life",
            (c, text) => c with { HeartbeatMilliseconds = AtMost(WholeNumber(text, 10), 60_000) }, c => c.HeartbeatMilliseconds),
        new(KeyGroup.Cluster, KeyKind.Number, "silence-seconds", "TIME", "a process that says nothing for this long is connected to anew",
            (c, text) => c with { SilenceSeconds = Number(text, v => v is >= 0.1 and <= 3600, "from 0.1 to 3600") }, c => c.SilenceSeconds),
        new(KeyGroup.Cluster, KeyKind.Number, "reconnect-seconds", "TIME", "a process that cannot be reached for this long is given up, and others do its work",
            (c, text) => c with { ReconnectSeconds = Number(text, v => v is >= 0 and <= 3600, "from 0 to 3600") }, c => c.ReconnectSeconds),
        new(KeyGroup.Cluster, KeyKind.Number, "rejoin-seconds", "TIME", "a member that has lost the coordinator tries for so long to join it, or the next one at its address, again; 0 to end instead",
            (c, text) => c with { RejoinSeconds = Number(text, v => v is >= 0 and <= 86_400, "from 0 to 86400") }, c => c.RejoinSeconds),
        new(KeyGroup.Cluster, KeyKind.Text, "akka-config", "FILE", "with --runtime akka: HOCON that wins over the program's own (cluster-config/akka.reference.conf)",
            (c, text) => c with { AkkaConfiguration = OrNothing(text, NotEmpty) }, c => c.AkkaConfiguration ?? Nothing),
    ];

    private static string NameOf(ShardPlacement placement) => PlacementNames[placement switch
    {
        ShardPlacement.Workers => 0,
        ShardPlacement.Central => 1,
        ShardPlacement.Servers => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(placement), placement, "no such placement"),
    }];

    private static ShardPlacement Placement(string text) => OneOf(text, PlacementNames) switch
    {
        "workers" => ShardPlacement.Workers,
        "central" => ShardPlacement.Central,
        _ => ShardPlacement.Servers,
    };

    private static T? OrNothing<T>(string text, Func<string, T> read)
        where T : class => text == Nothing ? null : read(text);

    private static int AtMost(int value, int largest) => value <= largest ? value : throw new InvalidValueException($"must be at most {largest}, but is {value}");
}
