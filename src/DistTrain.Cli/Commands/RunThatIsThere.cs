using DistTrain.Cli.Configuration;
using DistTrain.Runtime.RunDirectory;

namespace DistTrain.Cli.Commands;

/// <summary>
/// <c>train --or-resume</c>: one command line for the first start and for every one after it, as containers and service managers have it. Where the run has begun it goes on; whoever has held it is taken to be gone, as
/// one that is still there stops by itself before it writes anything more.
/// </summary>
internal static class RunThatIsThere
{
    private const string Automatic = ConfigurationKey.Automatic;

    /// <exception cref="CommandException">Something cannot be used, or the run that is there is another.</exception>
    public static ExitCode ResumeOrTrain(TrainRequest request, string directory, Host host)
    {
        if (Directory.Exists(new RunPaths(directory).Journal))
        {
            return ResumeCommand.Run(new ResumeRequest(directory, stored => Over(stored, request.Configuration, directory), request.Json, IsForced: true), host);
        }

        RunDirectoryWriter.ClearUnbegun(directory);
        return TrainCommand.Run(request, host);
    }

    /// <summary>What is asked for, laid over what a run began with.</summary>
    /// <exception cref="CommandException">It would change what is trained.</exception>
    internal static TrainConfiguration Over(TrainConfiguration stored, TrainConfiguration asked, string directory)
    {
        foreach (var key in ConfigurationKeys.All)
        {
            var (wanted, known, usual) = (Text(key, asked), Text(key, stored), Text(key, TrainConfiguration.Default));
            if (key.MayChangeOnResume)
            {
                stored = wanted == known ? stored : key.Read(stored, wanted);
            }
            else if (wanted != usual && wanted != known && wanted != Automatic && !asked.FindsLearningRate)
            {
                throw new CommandException(ExitCode.WrongUsage, $"{key.Flag} is {wanted} here, but the run in {directory} began with {known}, and goes on with what it began with: choose another --run, or leave {key.Flag} out");
            }
        }

        return stored;
    }

    private static string Text(ConfigurationKey key, TrainConfiguration configuration) => ConfigurationWriter.ToText(key.Get(configuration));
}
