using DistTrain.Learning.Engines;
using DistTrain.Runtime;

namespace DistTrain.Cli;

/// <summary>Runs a training to its end: the runtime's entry point.</summary>
public delegate TrainingResult Trainer(TrainingDefinition definition, IEngine engine, Action<TrainingEvent> listener, CancellationToken cancellation);

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

    /// <summary>The engine of a name in <see cref="Configuration.ConfigurationKeys.EngineNames"/>.</summary>
    public required Func<string, IEngine> Engine { get; init; }

    /// <summary>The runtime of a name in <see cref="Configuration.ConfigurationKeys.RuntimeNames"/>.</summary>
    public required Func<string, Trainer> Trainer { get; init; }

    public required InterruptionListener ListenForInterruption { get; init; }
}
