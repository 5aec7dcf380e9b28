using System.Diagnostics;
using DistTrain.Learning.Engines;
using DistTrain.Runtime;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.Security;

namespace DistTrain.Cli;

/// <summary>Runs a training to its end, or goes on with one: the runtime's entry point.</summary>
public delegate TrainingResult Trainer(TrainingDefinition definition, IEngine engine, Action<TrainingEvent> listener, CancellationToken cancellation, RunRecovery? recovery);

/// <summary>Runs a training of several processes to its end, as their coordinator.</summary>
public delegate TrainingResult CoordinatorRunner(
    CoordinatorSettings settings,
    RunOffer offer,
    Func<DataFile, Stream> openFile,
    TrainingDefinition definition,
    IEngine engine,
    Action<TrainingEvent> listener,
    CancellationToken cancellation,
    RunRecovery? recovery);

/// <summary>Takes part in a run of another process, until it is over.</summary>
public delegate MemberOutcome MemberRunner(
    MemberSettings settings, string programVersion, Func<RunOffer, IDataFetcher, PreparedRun> prepare, Action<string> tell, CancellationToken leave);

/// <summary>Asks a coordinator how its run goes.</summary>
public delegate ClusterStatus StatusQuestion(HostAndPort coordinator, ClusterSecurity security, LinkLimits limits);

/// <summary>Starts this same program once more, its standard streams redirected to this process.</summary>
public delegate Process ProcessStarter(IReadOnlyList<string> arguments);

/// <summary>Listens for requests to stop, until disposed.</summary>
/// <param name="first">Called at the first request.</param>
/// <param name="second">Called at the second, just before the process ends.</param>
public delegate IDisposable InterruptionListener(Action first, Action second);

/// <summary>The world around the program, so that all of it can run inside a test.</summary>
public sealed record Host
{
    public required TextWriter Output { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Whether a person watches <see cref="Output"/>: only then is anything drawn over.</summary>
    public required bool OutputIsTerminal { get; init; }

    /// <summary>Columns of the terminal.</summary>
    public required Func<int> TerminalWidth { get; init; }

    public required Func<string, string?> EnvironmentVariable { get; init; }

    public required Func<DateTime> UtcNow { get; init; }

    public required string Version { get; init; }

    /// <summary>Whether a program watches that wants to be told of progress within epochs as well.</summary>
    public bool TellsProgress { get; init; }

    /// <summary>The engine of a name in <see cref="Configuration.ConfigurationKeys.EngineNames"/>.</summary>
    public required Func<string, IEngine> Engine { get; init; }

    /// <summary>The runtime of a name in <see cref="Configuration.ConfigurationKeys.RuntimeNames"/>.</summary>
    public required Func<string, Trainer> Trainer { get; init; }

    public required InterruptionListener ListenForInterruption { get; init; }

    /// <summary>As <see cref="ListenForInterruption"/>, but for SIGTERM alone: Ctrl-C is ignored.</summary>
    public required InterruptionListener ListenForTermination { get; init; }

    public required TextReader Input { get; init; }

    public required CoordinatorRunner Coordinator { get; init; }

    public required MemberRunner Member { get; init; }

    /// <summary>Makes what runs processes on Akka.NET, from a file of HOCON (null for none) and a receiver of sentences for people; null where the program was built without it.</summary>
    public Func<string?, Action<string>, IClusterRuntime>? Akka { get; init; }

    public required StatusQuestion AskStatus { get; init; }

    public required ProcessStarter StartProcess { get; init; }

    /// <summary>Ends this process at once.</summary>
    public required Action<ExitCode> EndProcess { get; init; }
}
