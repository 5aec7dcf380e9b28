using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DistTrain.Learning;

namespace DistTrain.Runtime.Security;

/// <summary>Credentials as they were found.</summary>
/// <param name="Warnings">One sentence each; nothing that keeps them from being used.</param>
public sealed record LoadedCredentials(ClusterSecurity Security, ImmutableArray<string> Warnings);

/// <summary>Reads a cluster's credentials from files.</summary>
public static class ClusterCredentials
{
    /// <summary>As random bytes these are 128 bits, which nobody guesses who has recorded a proof that was made with them.</summary>
    public const int MinimumSecretBytes = 16;

    public const int MaximumSecretBytes = 4096;

    private const int NewSecretBytes = 32;

    /// <summary>Of the longest file that is read; certificates and keys are far below.</summary>
    private const int MaximumFileBytes = 64 << 10;

    private const UnixFileMode ReadableByOthers = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite;

    private static readonly TimeSpan ExpiresSoon = TimeSpan.FromDays(14);

    /// <summary>
    /// A folder that <c>disttrain cluster init</c> made. The secret, or the certificates, may be left out on purpose: then the other alone tells members from strangers. The authority's key is not looked at.
    /// </summary>
    /// <exception cref="InvalidInputException">Something is missing, damaged, too short or expired: one sentence.</exception>
    public static LoadedCredentials Load(string folder, DateTime utcNow)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var files = new CredentialFiles(folder);
        if (!Directory.Exists(folder))
        {
            throw new InvalidInputException($"The folder {folder} with the cluster's credentials does not exist: make it with 'disttrain cluster init {folder}', or copy it from another node.");
        }

        string[] certificates = [files.Authority, files.Node, files.NodeKey];
        var hasSecret = File.Exists(files.Secret);
        var missing = certificates.Where(file => !File.Exists(file)).ToArray();
        if (!hasSecret && missing.Length == certificates.Length)
        {
            throw new InvalidInputException($"The folder {folder} holds no credentials: make them with 'disttrain cluster init {folder}', or copy them from another node.");
        }

        if (missing.Length is > 0 and < 3)
        {
            throw new InvalidInputException($"The folder {folder} lacks {string.Join(" and ", missing.Select(Path.GetFileName))}: copy it from where 'disttrain cluster init' made the others.");
        }

        var security = hasSecret ? new ClusterSecurity { UsesTls = true, Secret = ReadSecret(files.Secret) } : new ClusterSecurity { UsesTls = true };
        var warnings = new[] { files.Secret, files.NodeKey }.Where(File.Exists).SelectMany(Exposed).ToImmutableArray();
        if (missing.Length > 0)
        {
            return new LoadedCredentials(security, warnings);
        }

        var authority = Certificate(files.Authority, () => X509Certificate2.CreateFromPem(Text(files.Authority)), utcNow);
        var node = Certificate(files.Node, () => ClusterCertificates.Usable(X509Certificate2.CreateFromPem(Text(files.Node), Text(files.NodeKey))), utcNow);
        if (CertificateJudgement.Judge(node, [], authority, isServer: true, utcNow) is not null || CertificateJudgement.Judge(node, [], authority, isServer: false, utcNow) is not null)
        {
            throw new InvalidInputException($"The certificate {files.Node} is not signed by {files.Authority}, or not for nodes: copy all files from the same 'disttrain cluster init'.");
        }

        return new LoadedCredentials(security with { Authority = authority, Certificate = node }, [.. warnings, .. Ageing(files.Authority, authority, utcNow), .. Ageing(files.Node, node, utcNow)]);
    }

    /// <summary>A file with nothing but a secret; each process makes its own certificate, which the proof of the secret covers.</summary>
    /// <exception cref="InvalidInputException">It is missing, damaged or too short: one sentence.</exception>
    public static LoadedCredentials LoadSecret(string file) => new(new ClusterSecurity { UsesTls = true, Secret = ReadSecret(file) }, [.. Exposed(file)]);

    /// <summary>A new secret of 256 bits, as text (base64).</summary>
    public static string CreateSecret() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(NewSecretBytes));

    /// <summary>The file's text without white space around it, so that an editor's last line break makes no other secret.</summary>
    private static ReadOnlyMemory<byte> ReadSecret(string file)
    {
        var secret = Bytes(file).AsMemory().Trim(" \t\r\n"u8);
        return secret.Length is >= MinimumSecretBytes and <= MaximumSecretBytes
            ? secret
            : throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture,
                $"The secret file {file} must hold {MinimumSecretBytes} to {MaximumSecretBytes} bytes, but holds {secret.Length}: 'disttrain cluster init' and 'openssl rand -hex 32' make good ones."));
    }

    private static string Text(string file) => Encoding.UTF8.GetString(Bytes(file));

    private static byte[] Bytes(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            var buffer = new byte[MaximumFileBytes + 1];
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length <= MaximumFileBytes ? buffer[..length] : throw new InvalidInputException($"The file {file} is far too long for what it should hold.");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException($"The file {file} does not exist.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"Cannot read {file}: {exception.Message.TrimEnd('.')}.", exception);
        }
    }

    private static X509Certificate2 Certificate(string file, Func<X509Certificate2> read, DateTime utcNow)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = read();
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new InvalidInputException($"The certificate {file}, or its key, is damaged: copy it anew, or make new credentials with 'disttrain cluster init --force'.", exception);
        }

        if (certificate.NotAfter.ToUniversalTime() < utcNow)
        {
            throw new InvalidInputException($"The certificate {file} expired on {Day(certificate.NotAfter)}: make new credentials with 'disttrain cluster init --force', for all nodes.");
        }

        return certificate.NotBefore.ToUniversalTime() <= utcNow
            ? certificate
            : throw new InvalidInputException($"The certificate {file} is not valid before {Day(certificate.NotBefore)}: is this machine's clock right?");
    }

    private static IEnumerable<string> Exposed(string file)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & ReadableByOthers) != 0)
        {
            yield return $"{file} can be read or written by other users of this machine: 'chmod 600 {file}' keeps it to you.";
        }
    }

    private static IEnumerable<string> Ageing(string file, X509Certificate2 certificate, DateTime utcNow)
    {
        if (certificate.NotAfter.ToUniversalTime() - utcNow < ExpiresSoon)
        {
            yield return $"The certificate {file} expires on {Day(certificate.NotAfter)}: make new credentials with 'disttrain cluster init --force' before, for all nodes.";
        }
    }

    private static string Day(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
