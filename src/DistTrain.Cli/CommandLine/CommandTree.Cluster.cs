using System.CommandLine;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Security;

namespace DistTrain.Cli.CommandLine;

/// <summary>The commands of processes that take part in another's run, or ask about it.</summary>
internal sealed partial class CommandTree
{
    private const double DefaultJoinTimeoutSeconds = 60;
    private const double DefaultWatchSeconds = 2;

    private readonly Option<string> join = new("--join") { HelpName = "HOST:PORT", Description = "where the coordinator listens ('disttrain train --listen'); needed" };
    private readonly Option<string> role = new("--role") { HelpName = "ROLE", Description = "server (holds shards of the parameter server, with --placement servers) or worker; needed" };
    private readonly Option<string> ownData = new("--data") { HelpName = "SOURCE", Description = "this machine's copy of the run's data; without it: the run's source where it exists here, else fetched from the coordinator" };
    private readonly Option<string> ownEngine = new("--engine") { HelpName = "NAME", Description = "simd or reference; without it as the run says" };
    private readonly Option<string> ownThreads = new("--threads") { HelpName = "COUNT", Description = "threads to compute on; without it as the run's threads-per-worker" };
    private readonly Option<string> ownMemory = new("--memory") { HelpName = "SIZE", Description = "what activations may take here, such as 2GiB; without it as the run says" };
    private readonly Option<string> cache = new("--cache") { HelpName = "FOLDER", Description = "where fetched data is kept; without it disttrain/data in the user's cache folder" };
    private readonly Option<string> memberListen = new("--listen") { HelpName = "HOST:PORT", Description = "where other members reach this process if it holds shards; without it any free port of the address with which it reaches the coordinator" };
    private readonly Option<string> advertise = new("--advertise") { HelpName = "HOST", Description = "the name under which they reach it; without it that address" };
    private readonly Option<string> joinTimeout = new("--join-timeout") { HelpName = "SECONDS", Description = FormattableString.Invariant($"how long to wait for a coordinator that is not there yet [{DefaultJoinTimeoutSeconds}]") };
    private readonly Option<bool> spawned = new("--spawned") { Description = "as 'disttrain train --processes' starts it: the secret is the first line of standard input, the process ends with it, Ctrl-C is left to others" };
    private readonly Option<string> watch = new("--watch") { HelpName = "[SECONDS]", Description = FormattableString.Invariant($"ask again every so often, until Ctrl-C or the run's end [{DefaultWatchSeconds}]"), Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> timeout = new("--timeout") { HelpName = "SECONDS", Description = FormattableString.Invariant($"how long to wait for the answer [{HealthCommand.DefaultTimeoutSeconds}]") };
    private readonly Option<bool> ready = new("--ready") { Description = "ask for readiness (set up, and training or waiting for workers), not only for life" };
    private readonly Argument<string?> credentialFolder = new("FOLDER")
    {
        Description = $"where to put them, for --cluster-folder; without it {ClusterInitCommand.DefaultFolder}", Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> certificateDays = new("--days") { HelpName = "DAYS", Description = FormattableString.Invariant($"how long the certificates hold [{ClusterInitCommand.DefaultDays}]") };
    private readonly Option<bool> force = new("--force") { Description = "replace credentials that are there; every node then needs the new ones" };
    private readonly Option<bool> ifMissing = new("--if-missing") { Description = "leave credentials that are there as they are, if they can be used; safe when several processes start at once" };
    private readonly Argument<string> coordinator = new("HOST:PORT") { Description = "where the coordinator listens" };
    private readonly Argument<string> healthAddress = new("HOST:PORT") { Description = "what the coordinator's --health names; a host of 0.0.0.0 there is 127.0.0.1 here" };

    private void AddClusterCommands()
    {
        Add(
            "init", "make the secret and the certificates of a cluster", CommandExamples.ClusterInit, InitializeCluster, [credentialFolder], [certificateDays, force, ifMissing, json],
            AddGroup("cluster", "the credentials by which the processes of a cluster know each other"));
        Option[] member = [ownData, ownEngine, ownThreads, ownMemory, cache, memberListen, advertise, joinTimeout];
        Add("worker", "compute gradients for a run of another process, until it ends", CommandExamples.Worker, line => Join(line, MemberRole.Worker), [], [join, .. member, spawned, .. RuntimeOption(), .. ConnectionOptions()]);
        Add("node", "take part in a run of another process in the role that is given", CommandExamples.Node, line => Join(line, Role(line)), [], [role, join, .. member, .. RuntimeOption(), .. ConnectionOptions()]);
        Add("status", "who takes part in a run, how fast, and who is slow in which phase", CommandExamples.Status, Status, [coordinator], [watch, json, .. ConnectionOptions()]);
        Add("health", "whether a coordinator lives: for container health checks", CommandExamples.Health, Health, [healthAddress], [ready, timeout]);
    }

    private ExitCode InitializeCluster(ParseResult line) => ClusterInitCommand.Run(
        new ClusterInitRequest(
            line.GetValue(credentialFolder) switch
            {
                null => ClusterInitCommand.DefaultFolder,
                "" => throw new CommandException(ExitCode.WrongUsage, "cluster init must name a folder, but it is empty"),
                var folder => folder,
            },
            ReadValue(line, certificateDays, text => ValueReading.WholeNumber(text, 1) is var days and <= ClusterInitCommand.MaximumDays
                ? days
                : throw new InvalidValueException(FormattableString.Invariant($"must be at most {ClusterInitCommand.MaximumDays}, but is '{text}'"))) ?? ClusterInitCommand.DefaultDays,
            (line.GetValue(force), line.GetValue(ifMissing)) switch
            {
                (true, true) => throw new CommandException(ExitCode.WrongUsage, "--force replaces credentials that are there, --if-missing leaves them: give one of the two"),
                (true, false) => ExistingCredentials.Replace,
                (false, true) => ExistingCredentials.Keep,
                (false, false) => ExistingCredentials.Refuse,
            },
            line.GetValue(json)),
        host);

    private IEnumerable<Option> ConnectionOptions()
    {
        var names = ClusterKeys.Connections().Select(key => key.Name).ToHashSet(StringComparer.Ordinal);
        return settings.Where(setting => names.Contains(setting.Key.Name)).Select(setting => setting.Option);
    }

    /// <summary>Of which a member may be part of the coordinator's.</summary>
    private IEnumerable<Option> RuntimeOption() => settings.Where(setting => setting.Key.Name == "runtime").Select(setting => setting.Option);

    private MemberRole Role(ParseResult line) => line.GetValue(role) switch
    {
        "server" => MemberRole.Server,
        "worker" => MemberRole.Worker,
        null => throw new CommandException(ExitCode.WrongUsage, "node needs --role: server or worker"),
        var other => throw new CommandException(ExitCode.WrongUsage, $"--role must be server or worker, but is '{other}'"),
    };

    private ExitCode Join(ParseResult line, MemberRole asRole)
    {
        var connection = Overlay(line, TrainConfiguration.Default);
        if (connection.Runtime != TrainConfiguration.Default.Runtime && connection.Runtime != ConfigurationKeys.AkkaRuntime)
        {
            throw new CommandException(ExitCode.WrongUsage, $"--runtime must be {ConfigurationKeys.AkkaRuntime}, or be left out, for processes that join others, but is '{connection.Runtime}'");
        }

        using var runtime = UseRuntime(connection);
        return Join(line, asRole, connection);
    }

    private ExitCode Join(ParseResult line, MemberRole asRole, TrainConfiguration connection) => MemberCommand.Run(
        new MemberRequest
        {
            Coordinator = Read(line, join, Address.ToReach) ?? throw new CommandException(ExitCode.WrongUsage, "--join is needed: say where the coordinator listens, for example --join node-1:7000"),
            Role = asRole,
            Connection = connection,
            Data = Read(line, ownData, ValueReading.NotEmpty),
            Engine = Read(line, ownEngine, text => ValueReading.OneOf(text, ConfigurationKeys.EngineNames)),
            Threads = ReadValue(line, ownThreads, text => ValueReading.WholeNumber(text, 1)),
            MemoryBytes = ReadValue(line, ownMemory, ByteSize.Parse),
            CacheFolder = Read(line, cache, ValueReading.NotEmpty),
            Listen = Read(line, memberListen, Address.ToListenOn),
            AdvertisedHost = Read(line, advertise, ValueReading.NotEmpty),
            JoinTimeout = Seconds(line, joinTimeout, DefaultJoinTimeoutSeconds),
            IsSpawned = line.GetResult(spawned) is { Implicit: false },
        },
        host);

    private ExitCode Status(ParseResult line) => StatusCommand.Run(
        new StatusRequest(
            Required(line, coordinator),
            Overlay(line, TrainConfiguration.Default),
            line.GetValue(json),
            IsGiven(line, watch) ? Seconds(line, watch, DefaultWatchSeconds) : null),
        host);

    private ExitCode Health(ParseResult line) =>
        HealthCommand.Run(new HealthRequest(Required(line, healthAddress), line.GetValue(ready), Seconds(line, timeout, HealthCommand.DefaultTimeoutSeconds)), host);

    /// <summary>A file may say how many workers a single process has, as every run's own does; two flags that both count workers leave open which one is meant.</summary>
    private void RefuseWorkersOfTwoKinds(ParseResult line)
    {
        var given = settings.Where(setting => setting.Key.Name is "workers" or "processes" or "listen" && IsGiven(line, setting.Option)).Select(setting => setting.Key.Name).ToArray();
        if (given is ["workers", var other, ..])
        {
            throw new CommandException(ExitCode.WrongUsage, $"--workers counts the workers within this process, but --{other} asks for workers of other processes: leave out --workers");
        }
    }

    private static TimeSpan Seconds(ParseResult line, Option<string> option, double otherwise) =>
        TimeSpan.FromSeconds(ReadValue(line, option, text => ValueReading.Number(text, value => value is > 0 and <= 86_400, "above 0 and at most 86400")) ?? otherwise);

    private static T? Read<T>(ParseResult line, Option<string> option, Func<string, T> read)
        where T : class => line.GetValue(option) is { } text ? Guarded(option.Name, text, read) : null;

    private static T? ReadValue<T>(ParseResult line, Option<string> option, Func<string, T> read)
        where T : struct => line.GetValue(option) is { } text ? Guarded(option.Name, text, read) : null;

    private static HostAndPort Required(ParseResult line, Argument<string> argument) => Guarded(argument.Name, line.GetRequiredValue(argument), Address.ToReach);

    private static T Guarded<T>(string name, string text, Func<string, T> read)
    {
        try
        {
            return read(text);
        }
        catch (InvalidValueException fault)
        {
            throw new CommandException(ExitCode.WrongUsage, $"{name} {fault.Message}", fault);
        }
    }
}
