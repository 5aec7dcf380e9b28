using System.Collections.Immutable;
using System.Xml.Linq;

namespace DistTrain.Architecture.Tests;

/// <summary>A project below <c>src</c>: its name, the assembly it makes, and the projects that it names.</summary>
internal sealed record Project(string Name, string AssemblyPath, ImmutableArray<string> References);

internal static class Repository
{
    public static ImmutableArray<Project> Projects { get; } = [.. Directory
        .EnumerateFiles(Path.Combine(Root(), "src"), "*.csproj", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal)
        .Select(Read)];

    public static Project Get(string name) => Projects.Single(project => project.Name == name);

    private static Project Read(string path)
    {
        var content = XDocument.Load(path);
        var name = Path.GetFileNameWithoutExtension(path);
        var assembly = content.Descendants("AssemblyName").FirstOrDefault()?.Value ?? name;
        var references = content.Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
        return new Project(name, Path.Combine(AppContext.BaseDirectory, assembly + ".dll"), [.. references]);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DistTrain.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"no DistTrain.sln above {AppContext.BaseDirectory}");
    }
}
