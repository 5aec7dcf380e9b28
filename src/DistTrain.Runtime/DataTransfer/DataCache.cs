using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Runtime.DataTransfer;

/// <summary>
/// Copies of other machines' data files on this one's disk, each data set in a folder of its own, named by the hash of its list of files. A file is stored under its name only when it is whole and has
/// the right hash; until then it is <c>NAME.part</c>, from which a later process goes on. Several processes may use one cache. How much lies in it is the user's affair: nothing is ever deleted but what is damaged.
/// </summary>
/// <param name="folder">Where the folders of data sets lie.</param>
public sealed class DataCache(string folder)
{
    private const string LockName = ".lock";
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(200);

    /// <summary>By the XDG base directory specification: <c>$XDG_CACHE_HOME/disttrain/data</c>, or <c>~/.cache/disttrain/data</c>.</summary>
    public static string DefaultFolder => FolderBy(Environment.GetEnvironmentVariable("XDG_CACHE_HOME"), Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>Makes all files of the offer present.</summary>
    /// <param name="tell">Told in sentences what happens, where, and how large it is.</param>
    /// <returns>The folder in which they lie under their names.</returns>
    /// <exception cref="InvalidInputException">They cannot be had, or not be stored; one sentence says why.</exception>
    public string Obtain(DataOffer offer, IDataFetcher fetcher, Action<string> tell, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(offer);
        ArgumentNullException.ThrowIfNull(fetcher);
        ArgumentNullException.ThrowIfNull(tell);
        var place = Path.Combine(folder, Key(offer.Files));
        try
        {
            Directory.CreateDirectory(place);
            using var exclusive = Lock(place, tell, cancellation);
            var missing = offer.Files.Where(file => !IsStored(file, place, tell)).ToArray();
            if (missing.Length == 0)
            {
                tell($"{offer.Name} is in the cache already: {place}");
                return place;
            }

            var size = string.Create(CultureInfo.InvariantCulture, $"{missing.Length} of {offer.Files.Length} files, {missing.Sum(file => file.Length) / 1e6:N1} MB");
            tell($"fetching {offer.Name} from the coordinator: {size}, into {place}");
            foreach (var file in missing)
            {
                Fetch(file, place, fetcher, tell, cancellation);
            }

            return place;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"the data {offer.Name} cannot be had from the coordinator and stored in {place}: {failure.Message.TrimEnd('.')}", failure);
        }
    }

    /// <summary>Whether a file can be stored under this name on any system, in the folder that it is meant for.</summary>
    internal static bool IsFileName(string name) =>
        name is not ("" or "." or ".." or LockName) && !name.AsSpan().ContainsAny('/', '\\', ':') && !name.Any(char.IsControl);

    /// <summary>The specification has relative paths ignored; a user without a home has the system's folder for such things at least.</summary>
    internal static string FolderBy(string? cacheHome, string home)
    {
        var caches = Path.IsPathRooted(cacheHome) ? cacheHome : home.Length > 0 ? Path.Combine(home, ".cache") : Path.GetTempPath();
        return Path.Combine(caches, "disttrain", "data");
    }

    /// <summary>As <c>sha256sum</c> would hash a list that it has made, in order of names.</summary>
    private static string Key(ImmutableArray<DataFile> files)
    {
        var list = string.Concat(files.OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => $"{file.Sha256}  {file.Name}\n"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(list)));
    }

    private static bool IsStored(DataFile file, string place, Action<string> tell)
    {
        var path = PathOf(file, place);
        if (!File.Exists(path))
        {
            return false;
        }

        var found = HashOf(path);
        if (found == file.Sha256)
        {
            return true;
        }

        tell($"{path} is damaged (SHA-256 {found} instead of {file.Sha256}) and is fetched anew");
        File.Delete(path);
        return false;
    }

    private static void Fetch(DataFile file, string place, IDataFetcher fetcher, Action<string> tell, CancellationToken cancellation)
    {
        var path = PathOf(file, place);
        var part = $"{path}.part";
        var found = FetchPart(file, part, fetcher, cancellation);
        if (found != file.Sha256)
        {
            tell($"{file.Name} has arrived with the wrong bytes (SHA-256 {found} instead of {file.Sha256}) and is fetched once more from the beginning");
            File.Delete(part);
            found = FetchPart(file, part, fetcher, cancellation);
        }

        if (found != file.Sha256)
        {
            File.Delete(part);
            throw new InvalidInputException(
                $"{file.Name} has arrived twice with other bytes than were offered: SHA-256 {found} instead of {file.Sha256}; if the file was changed after the run began, begin the run anew");
        }

        File.Move(part, path, overwrite: true);
    }

    /// <summary>Fetches what is missing of the file, and gives the hash of what there is then.</summary>
    private static string FetchPart(DataFile file, string part, IDataFetcher fetcher, CancellationToken cancellation)
    {
        using (var stream = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None))
        {
            if (stream.Length > file.Length)
            {
                stream.SetLength(0);
            }

            stream.Position = stream.Length;
            if (stream.Length < file.Length)
            {
                fetcher.Fetch(file, stream.Length, stream, cancellation);
            }

            stream.Flush(flushToDisk: true);
        }

        return HashOf(part);
    }

    private static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static string PathOf(DataFile file, string place) =>
        IsFileName(file.Name) ? Path.Combine(place, file.Name) : throw new InvalidInputException("the coordinator offers a file under a name that no file can have");

    /// <summary>The system frees it when the process that holds it ends, however that ends.</summary>
    private static FileStream Lock(string place, Action<string> tell, CancellationToken cancellation)
    {
        for (var isTold = false;;)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(Path.Combine(place, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException held) when (IsHeld(held))
            {
                if (!isTold)
                {
                    tell($"waiting for another process of this machine that is fetching the same data into {place}");
                    isTold = true;
                }

                cancellation.WaitHandle.WaitOne(LockPause);
            }
        }
    }

    /// <summary>Whether another process has the file open: EAGAIN of Linux or of macOS, or a sharing or lock violation of Windows.</summary>
    private static bool IsHeld(IOException exception) => (exception.HResult & 0xFFFF) is 11 or 35 or 32 or 33;
}
