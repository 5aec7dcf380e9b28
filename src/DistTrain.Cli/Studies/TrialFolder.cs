using DistTrain.Cli.Commands;
using DistTrain.Cli.Output;
using DistTrain.Study.Experiments;

namespace DistTrain.Cli.Studies;

/// <summary>The folder of a study or a search, while it is worked on.</summary>
internal static class TrialFolder
{
    /// <summary>Opens it, does the work, and says how to go on when that is interrupted.</summary>
    /// <exception cref="CommandException">The folder cannot be used, or the work was interrupted.</exception>
    public static T Use<T>(string folder, Host host, Func<TrialStore, CancellationToken, T> work)
    {
        using var cancellation = new CancellationTokenSource();
        using var interruption = host.ListenForInterruption(cancellation.Cancel, static () => { });
        try
        {
            using var store = new TrialStore(folder);
            return Stage.Configuration(() => work(store, cancellation.Token));
        }
        catch (OperationCanceledException)
        {
            throw new CommandException(ExitCode.Interrupted, $"interrupted; every trial that had ended is in {Shell.Quote(folder)}, and the same command goes on from there");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.RunDirectory, $"the folder {Shell.Quote(folder)} cannot be used: {fault.Message.TrimEnd('.')}", fault);
        }
    }
}
