using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace DistTrain.Data;

/// <summary>One file that a source is read from.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Name">Under which <see cref="DataSource.In"/> looks for it in another folder; no two files of a source have the same.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Sha256">Of its bytes: 64 hexadecimal digits in lower case.</param>
public sealed record SourceFile(string Path, string Name, long Length, string Sha256)
{
    /// <summary>Of files that this process has read through, as they were then.</summary>
    private static readonly ConcurrentDictionary<(string Path, long Length, DateTime Written), string> Hashes = new();

    /// <exception cref="Learning.InvalidInputException">The file is missing, is no file, or cannot be read.</exception>
    internal static SourceFile Read(string path, string name) => InputFile.ReadAnywhere(path, stream =>
    {
        var key = (System.IO.Path.GetFullPath(path), stream.Length, File.GetLastWriteTimeUtc(path));
        return new SourceFile(path, name, stream.Length, Hashes.GetOrAdd(key, _ => Convert.ToHexStringLower(SHA256.HashData(stream))));
    });

    /// <summary>The name of a file where any system can store it: what some take for parts of a path is replaced.</summary>
    internal static string PortableName(string path) =>
        string.Concat(System.IO.Path.GetFileName(path).Select(character => character is '\\' or '/' or ':' || char.IsControl(character) ? '_' : character));
}
