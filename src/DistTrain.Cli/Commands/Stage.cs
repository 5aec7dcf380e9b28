using DistTrain.Learning;
using DistTrain.Runtime.RunDirectory;

namespace DistTrain.Cli.Commands;

/// <summary>Says whose input it was that a part of a command refused, and so with which code the program ends.</summary>
internal static class Stage
{
    public static T Configuration<T>(Func<T> work) => Guard(ExitCode.WrongUsage, "", work);

    public static T Data<T>(Func<T> work) => Guard(ExitCode.BadData, "", work);

    public static T ReadingRun<T>(Func<T> work) => Guard(ExitCode.RunDirectory, "", work);

    public static T Network<T>(Func<T> work) => Guard(ExitCode.Network, "", work);

    private static T Guard<T>(ExitCode code, string prefix, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (InvalidInputException refusal)
        {
            throw new CommandException(code, prefix + refusal.Message, refusal);
        }
        catch (RunDirectoryException refusal)
        {
            throw new CommandException(ExitCode.RunDirectory, refusal.Message, refusal);
        }
    }
}
