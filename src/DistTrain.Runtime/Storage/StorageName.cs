namespace DistTrain.Runtime.Storage;

/// <summary>Names within an <see cref="IStorage"/>: parts between <c>/</c>, none of which leads elsewhere. The root itself is the empty name.</summary>
public static class StorageName
{
    /// <summary>The parts of a name, outermost first; none for the root.</summary>
    /// <exception cref="ArgumentException">The name is not one of the storage's: it is absolute, or a part of it is empty or leads elsewhere.</exception>
    public static string[] Split(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0)
        {
            return [];
        }

        var parts = name.Split('/');
        return Array.TrueForAll(parts, IsPart) ? parts : throw new ArgumentException($"'{name}' is no name within a storage", nameof(name));
    }

    /// <summary>The folder in which a file or folder is.</summary>
    /// <exception cref="ArgumentException">The name is not one of the storage's, or that of its root.</exception>
    public static string FolderOf(string name) =>
        Split(name) is { Length: > 0 } parts ? string.Join('/', parts[..^1]) : throw new ArgumentException("the root is in no folder", nameof(name));

    private static bool IsPart(string part) => part.Length > 0 && part is not ("." or "..") && part.AsSpan().IndexOfAny("\\:\0") < 0;
}
