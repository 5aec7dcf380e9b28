namespace DistTrain.Cli.Tests.Support;

internal static class Repository
{
    /// <summary>The file of this path below the folder that holds the solution.</summary>
    public static string File(params string[] path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder.FullName, "DistTrain.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine([folder?.FullName ?? throw new InvalidOperationException("no folder above the tests holds DistTrain.sln"), .. path]);
    }
}
