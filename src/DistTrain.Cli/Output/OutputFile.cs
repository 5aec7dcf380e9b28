namespace DistTrain.Cli.Output;

/// <summary>A file that a command is asked to write.</summary>
internal static class OutputFile
{
    /// <exception cref="CommandException">It certainly cannot be written.</exception>
    public static void Check(string path)
    {
        if (Directory.Exists(path))
        {
            throw new CommandException(ExitCode.WrongUsage, $"{path} is a folder: name a file to write");
        }

        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
        {
            throw new CommandException(ExitCode.WrongUsage, $"{path} cannot be written: there is no folder {folder}");
        }
    }

    /// <exception cref="CommandException">It cannot be written.</exception>
    public static void Write(string path, string content)
    {
        try
        {
            File.WriteAllText(path, content);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.WrongUsage, $"{path} cannot be written: {fault.Message}", fault);
        }
    }
}
