namespace DistTrain.Data.Tests;

/// <summary>A test that needs files too large for the repository; skipped where <c>shared/data/NAME</c> is in no folder above.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute(string name)
    {
        if (Find(name) is null)
        {
            Skip = $"shared/data/{name} is not in this folder or one above it";
        }
    }

    public static string? Find(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data", name);
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
