using System.Security.Cryptography.X509Certificates;
using DistTrain.Learning;

namespace DistTrain.Runtime.Security;

/// <summary>What to do about credentials that are there already.</summary>
public enum ExistingCredentials
{
    /// <summary>They are never lost by mistake.</summary>
    Refuse,

    /// <summary>They are replaced; every node needs the new ones.</summary>
    Replace,

    /// <summary>They are left alone if they can be used, for whoever makes sure that there are some, at every start.</summary>
    Keep,
}

/// <summary>Makes a folder of credentials for a cluster.</summary>
public static class CredentialWriter
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode ReadableByAll = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>
    /// Writes all files into a new folder beside, and renames that: a reader, or another process that does the same at the same time, sees a whole folder or none. Where the folder is there already but empty
    /// (a volume of a container, which cannot be renamed), the files are put into it one by one under a lock.
    /// </summary>
    /// <param name="lifetime">For how long the certificates hold.</param>
    /// <returns>False when credentials that were there have been kept.</returns>
    /// <exception cref="InvalidInputException">It is not possible; or credentials are there already, and are not to be kept, or cannot be used.</exception>
    public static bool Write(string folder, DateTimeOffset now, TimeSpan lifetime, ExistingCredentials existing)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        try
        {
            if (File.Exists(folder))
            {
                throw new InvalidInputException($"Cannot write credentials to {folder}: it is a file.");
            }

            return Directory.Exists(folder) ? WriteInto(folder, now, lifetime, existing) : WriteBeside(folder, now, lifetime, existing);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"Cannot write credentials to {folder}: {exception.Message.TrimEnd('.')}.", exception);
        }
    }

    /// <summary>A folder that is not there yet appears as a whole.</summary>
    private static bool WriteBeside(string folder, DateTimeOffset now, TimeSpan lifetime, ExistingCredentials existing)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        var beside = NewFolder($"{folder}.{Guid.NewGuid():N}.tmp");
        try
        {
            Fill(beside, now, lifetime);
            try
            {
                Directory.Move(beside, folder);
                return true;
            }
            catch (IOException) when (Directory.Exists(folder))
            {
                // Another process was faster; now it is a folder that is there.
                return WriteInto(folder, now, lifetime, existing);
            }
        }
        finally
        {
            TryDelete(beside);
        }
    }

    /// <summary>Into a folder that is there, while others who want to do the same wait.</summary>
    private static bool WriteInto(string folder, DateTimeOffset now, TimeSpan lifetime, ExistingCredentials existing)
    {
        using var turn = TakeTurn(folder);
        var files = new CredentialFiles(folder);
        string[] names = [files.AuthorityKey, files.Authority, files.NodeKey, files.Node, files.Secret];
        if (names.Any(File.Exists))
        {
            switch (existing)
            {
                case ExistingCredentials.Refuse:
                    throw new InvalidInputException($"{folder} holds credentials already: --force replaces them (every node then needs the new ones), --if-missing leaves them as they are.");
                case ExistingCredentials.Keep:
                    ClusterCredentials.Load(folder, now.UtcDateTime);
                    return false;
            }
        }

        var beside = NewFolder(Path.Combine(folder, $".{Guid.NewGuid():N}.tmp"));
        try
        {
            Fill(beside, now, lifetime);

            foreach (var name in names)
            {
                File.Move(Path.Combine(beside, Path.GetFileName(name)), name, overwrite: true);
            }

            return true;
        }
        finally
        {
            TryDelete(beside);
        }
    }

    private static void Fill(string folder, DateTimeOffset now, TimeSpan lifetime)
    {
        var files = new CredentialFiles(folder);
        using var authority = ClusterCertificates.CreateAuthority(now, lifetime);
        using var node = ClusterCertificates.CreateNode(authority, now, lifetime);
        WriteFile(files.Secret, ClusterCredentials.CreateSecret(), OwnerOnly);
        WriteFile(files.Authority, authority.ExportCertificatePem(), ReadableByAll);
        WriteFile(files.AuthorityKey, KeyOf(authority), OwnerOnly);
        WriteFile(files.Node, node.ExportCertificatePem(), ReadableByAll);
        WriteFile(files.NodeKey, KeyOf(node), OwnerOnly);
    }

    private static string KeyOf(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem();
    }

    /// <summary>The mode is given when the file is made: there is no moment at which others can read it.</summary>
    private static void WriteFile(string path, string content, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        using var file = new FileStream(path, options);
        using var writer = new StreamWriter(file);
        writer.Write(content + "\n");
        writer.Flush();
        file.Flush(flushToDisk: true);
    }

    private static string NewFolder(string path) =>
        (OperatingSystem.IsWindows() ? Directory.CreateDirectory(path) : Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute)).FullName;

    /// <summary>A lock that the system takes back when its process ends, however that happens.</summary>
    private static FileStream TakeTurn(string folder)
    {
        var path = Path.Combine(folder, ".lock");
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < 100 && File.Exists(path))
            {
                Thread.Sleep(100);
            }
        }
    }

    // What is left over can be read by its owner only, and does no harm.
    private static void TryDelete(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }
    }
}
