using System.IO.Compression;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>The arrays of an NPZ file: a zip archive in which the array <c>x</c> is the entry <c>x.npy</c>.</summary>
internal sealed class NpzArchive : IDisposable
{
    private readonly string path;
    private readonly ZipArchive archive;

    private NpzArchive(string path, ZipArchive archive)
    {
        this.path = path;
        this.archive = archive;
    }

    /// <summary>Opens the archive and hands it to <paramref name="read"/>.</summary>
    /// <exception cref="InvalidInputException">It is missing, refused by the system, no zip archive, or damaged.</exception>
    public static T Read<T>(string path, Func<NpzArchive, T> read) => InputFile.ReadAnywhere(path, stream =>
    {
        try
        {
            using var archive = new NpzArchive(path, new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true));
            return read(archive);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or NotSupportedException or ArgumentException or OverflowException)
        {
            throw new InvalidInputException($"{path} is not an NPZ file or is damaged: it does not unpack as a zip archive.", exception);
        }
    });

    public bool Contains(string array) => archive.GetEntry($"{array}.npy") is not null;

    /// <summary>Names of the arrays, in order, shortened where there are many.</summary>
    public string Names
    {
        get
        {
            const int most = 10;
            var names = archive.Entries.Select(entry => Path.ChangeExtension(entry.FullName, null)).Order(StringComparer.Ordinal).Take(most + 1).ToArray();
            return names.Length == 0 ? "no arrays" : names.Length > most ? $"{string.Join(", ", names.Take(most))} and more" : string.Join(", ", names);
        }
    }

    public NpyArray ReadArray(string array, bool keepWhole, DataLimits limits)
    {
        var entry = archive.GetEntry($"{array}.npy") ?? throw new InvalidInputException($"{path} has no array '{array}', only {Names}.");
        using var content = new ChecksumStream(entry.Open(), entry.Crc32);
        return NpyArray.Read(
            new InputStream(content, $"{path} ({entry.FullName})", entry.CompressedLength * InputFile.UsualDeflateRatio, entry.CompressedLength * InputFile.LargestDeflateRatio),
            keepWhole,
            limits);
    }

    public void Dispose() => archive.Dispose();
}
