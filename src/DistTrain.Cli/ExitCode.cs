namespace DistTrain.Cli;

/// <summary>What the program's exit code means. The values are a promise to scripts; help lists them.</summary>
public enum ExitCode
{
    Success = 0,

    /// <summary>A fault of the program itself.</summary>
    InternalError = 1,

    /// <summary>A flag, a configuration key or their combination is not possible.</summary>
    WrongUsage = 2,

    /// <summary>The data is missing, damaged, or does not suit.</summary>
    BadData = 3,

    /// <summary>Loss, gradients or weights were no longer finite. The last finite weights are saved.</summary>
    NonFinite = 4,

    /// <summary>The run directory cannot be written or read.</summary>
    RunDirectory = 5,

    /// <summary>Another process could not be reached, or not any more; or this one cannot listen.</summary>
    Network = 6,

    /// <summary>A process of the cluster did not want this one: a wrong secret, another version, other data.</summary>
    Refused = 7,

    /// <summary>A later coordinator has taken the run over; this one has written nothing more.</summary>
    Superseded = 8,

    /// <summary>An epoch that was made again ended in other weights than the first time: a machine computes wrongly, or the run was changed.</summary>
    Contradicted = 9,

    /// <summary>Ctrl-C or SIGTERM: 128 + 2, as shells have it. The weights are saved.</summary>
    Interrupted = 130,
}

/// <summary>Ends a command with an exit code and one sentence for the user.</summary>
public sealed class CommandException(ExitCode code, string sentence, Exception? inner = null) : Exception(sentence, inner)
{
    public ExitCode Code { get; } = code;
}
