using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Configuration;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Security;

namespace DistTrain.Cli.Chaos;

/// <summary>
/// The processes of one training: a coordinator, workers and servers, all on this machine, each member with a line to the coordinator that can be cut. Started and started again by the thread that calls; they end with it.
/// </summary>
internal sealed class ChaosCluster : IDisposable
{
    /// <summary>Which processes use to be together; run directories do not have it.</summary>
    private const string RuntimeKey = "runtime";

    private readonly ChaosRequest request;
    private readonly Host host;
    private readonly string folder;
    private readonly string runDirectory;
    private readonly string configurationFile;
    private readonly ConcurrentQueue<ProcessLine> lines;
    private readonly Func<double> clock;
    private readonly HostAndPort address;
    private readonly TrainConfiguration connection;
    private readonly TrainConfiguration listening;
    private readonly ClusterSecurity security;

    /// <param name="folder">Where logs and the secret lie, and the run directory is made.</param>
    /// <param name="name">Of the run directory.</param>
    /// <param name="lines">Takes what the processes write.</param>
    /// <param name="clock">Seconds since the chaos run began.</param>
    public ChaosCluster(ChaosRequest request, Host host, string folder, string name, ConcurrentQueue<ProcessLine> lines, Func<double> clock)
    {
        this.request = request;
        this.host = host;
        this.folder = folder;
        this.lines = lines;
        this.clock = clock;
        runDirectory = Path.Combine(folder, name);
        configurationFile = Path.Combine(folder, $"{name}.yaml");
        address = new HostAndPort("127.0.0.1", FreePort());
        connection = request.Configuration with { SecretFile = WriteSecret(folder) };
        security = Credentials.Of(connection, static _ => { });
        listening = connection with { Listen = address, Workers = 1, MinWorkers = request.Configuration.Workers, Placement = request.Placement, Shards = request.Shards };
        File.WriteAllText(configurationFile, ConfigurationWriter.ToYaml(listening));
        Coordinator = new ChaosMember("coordinator", ChaosRole.Coordinator, line: null);
        Members =
        [
            Coordinator,
            .. Enumerable.Range(1, request.Servers).Select(number => new ChaosMember($"server {Letter(number)}", ChaosRole.Server, new CutLine(address))),
            .. Enumerable.Range(1, request.Configuration.Workers).Select(number => new ChaosMember($"worker {Letter(number)}", ChaosRole.Worker, new CutLine(address))),
        ];
    }

    public ImmutableArray<ChaosMember> Members { get; }

    public ChaosMember Coordinator { get; }

    public RunPaths Paths => new(runDirectory);

    /// <summary>Starts a process in the member's place.</summary>
    public void Start(ChaosMember member)
    {
        member.Process?.Dispose();
        var arguments = member.Role == ChaosRole.Coordinator ? CoordinatorArguments() : MemberArguments(member);
        member.Process = new ChaosProcess(() => host.StartProcess(arguments), Path.Combine(folder, $"{member.Name.Replace(' ', '-')}.log"), lines, clock);
        member.StartsAt = null;
    }

    /// <summary>What the coordinator says of its members; null where it cannot say anything at the moment.</summary>
    public ClusterStatus? Ask()
    {
        try
        {
            return host.AskStatus(address, security, Credentials.Limits(connection));
        }
        catch (Exception fault) when (fault is SecureConnectException or Learning.InvalidInputException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        foreach (var member in Members)
        {
            member.Dispose();
        }
    }

    private string[] CoordinatorArguments() => File.Exists(Paths.Configuration)
        ? ["resume", runDirectory, "--json", "--directed", .. ResumeArguments()]
        : ["train", "--config", configurationFile, "--run", runDirectory, "--json", "--directed"];

    /// <summary>Run directories do not say which processes train.</summary>
    private IEnumerable<string> ResumeArguments() => ConfigurationKeys.All
        .Where(key => key is { MayChangeOnResume: true, Group: KeyGroup.Cluster } or { Name: RuntimeKey })
        .Where(key => !Equals(key.Get(listening), key.Get(TrainConfiguration.Default)))
        .SelectMany(key => (string[])[key.Flag, ConfigurationWriter.ToText(key.Get(listening))]);

    private IEnumerable<string> ConnectionArguments() =>
        ClusterKeys.Connections().Append(ConfigurationKeys.Find(RuntimeKey)!).SelectMany(key => (string[])[key.Flag, ConfigurationWriter.ToText(key.Get(connection))]);

    private string[] MemberArguments(ChaosMember member) =>
    [
        .. member.Role == ChaosRole.Worker ? (string[])["worker"] : ["node", "--role", "server"],
        "--join", member.Line!.Address.ToString(), "--directed", .. ConnectionArguments(),
    ];

    /// <summary>Numbers are what the cluster gives to whoever joins.</summary>
    private static string Letter(int number) => number <= 26 ? ((char)('A' + number - 1)).ToString() : $"{Letter((number - 1) / 26)}{Letter(((number - 1) % 26) + 1)}";

    private static string WriteSecret(string folder)
    {
        var file = Path.Combine(folder, "secret");
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            // Others could join.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(file, options);
        writer.WriteLine(Convert.ToBase64String(Parent.NewSecret()));
        return file;
    }

    /// <summary>Nobody else is likely to take it in the moment before the coordinator does.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
