using DistTrain.Cli.Cluster;
using DistTrain.Cli.CommandLine;
using DistTrain.Learning;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Security;

namespace DistTrain.Cli;

/// <summary>The program: arguments in, exit code out. Whatever goes wrong ends in one sentence on standard error.</summary>
public static class Application
{
    /// <summary>Set to 1 to see the stack trace of a failure.</summary>
    public const string DebugVariable = "DISTTRAIN_DEBUG";

    public static int Run(IReadOnlyList<string> arguments, Host host)
    {
        ArgumentNullException.ThrowIfNull(host);
        try
        {
            return (int)CommandTree.Invoke(arguments, host);
        }
        catch (Exception fault)
        {
            var (code, sentence) = Explain(fault);
            host.Error.WriteLine($"disttrain: {sentence.TrimEnd('.')}.");
            if (host.EnvironmentVariable(DebugVariable) == "1")
            {
                host.Error.WriteLine(fault);
            }

            return (int)code;
        }
    }

    private static (ExitCode Code, string Sentence) Explain(Exception fault) => fault switch
    {
        CommandException failure => (failure.Code, failure.Message),
        InvalidInputException refusal => (ExitCode.WrongUsage, refusal.Message),
        SupersededException taken => (ExitCode.Superseded, taken.Message),
        RunDirectoryException refusal => (ExitCode.RunDirectory, refusal.Message),
        SecureConnectException failure => (NetworkFailure.CodeOf(failure), failure.Message),
        OutOfMemoryException => (ExitCode.WrongUsage, "there is not enough memory for this model, batch size and data"),
        _ => (
            ExitCode.InternalError,
            $"this is a fault of disttrain itself, not of yours ({fault.GetType().Name}: {OneLine(fault.Message)}): "
            + $"please report it with the command line, the output of --version and what {DebugVariable}=1 adds to this message"),
    };

    private static string OneLine(string message) => string.Join(' ', message.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
