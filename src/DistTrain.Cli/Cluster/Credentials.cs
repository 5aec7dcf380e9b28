using DistTrain.Cli.Configuration;
using DistTrain.Learning;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;

namespace DistTrain.Cli.Cluster;

/// <summary>From the settings of connections to what connections are made with.</summary>
internal static class Credentials
{
    private const int SmallestSecretBytes = 16;
    private const int LargestSecretBytes = 4096;

    /// <summary>For a coordinator that others join, and for those who join it: the same settings on both sides make both use TLS or neither.</summary>
    /// <exception cref="InvalidInputException">A file is missing or does not suit, or the settings contradict each other.</exception>
    public static ClusterSecurity Of(TrainConfiguration configuration)
    {
        if (configuration is { ClusterFolder: not null, SecretFile: not null })
        {
            throw new InvalidInputException("--cluster-folder holds a secret already: leave out --secret-file");
        }

        var usesTls = configuration.Tls ?? !configuration.IsInsecure;
        if (configuration.ClusterFolder is { } folder)
        {
            return new ClusterSecurity { Secret = ReadSecret(Path.Combine(folder, "secret")), UsesTls = usesTls, AllowsInsecure = configuration.IsInsecure };
        }

        if (configuration.SecretFile is { } file)
        {
            return new ClusterSecurity { Secret = ReadSecret(file), UsesTls = usesTls, AllowsInsecure = configuration.IsInsecure };
        }

        return configuration.IsInsecure
            ? new ClusterSecurity { UsesTls = usesTls, AllowsInsecure = true }
            : throw new InvalidInputException(
                "a cluster must know who belongs to it: give --cluster-folder (made by 'disttrain cluster init'), --secret-file, or --insecure where only friends can reach the network");
    }

    public static LinkLimits Limits(TrainConfiguration configuration) => new()
    {
        HeartbeatInterval = TimeSpan.FromMilliseconds(configuration.HeartbeatMilliseconds),
        SilenceDeadline = TimeSpan.FromSeconds(configuration.SilenceSeconds),
        ReconnectDeadline = TimeSpan.FromSeconds(configuration.ReconnectSeconds),
    };

    /// <summary>The file's bytes without white space around them, so that an editor's last line break makes no other secret.</summary>
    private static ReadOnlyMemory<byte> ReadSecret(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            var buffer = new byte[LargestSecretBytes + 1];
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            var secret = buffer.AsMemory(0, length).Trim(" \t\r\n"u8);
            return length > LargestSecretBytes || secret.Length < SmallestSecretBytes
                ? throw new InvalidInputException($"the secret file {file} must hold {SmallestSecretBytes} to {LargestSecretBytes} bytes, but holds {(length > LargestSecretBytes ? "more" : secret.Length)}: 'openssl rand -hex 32' makes a good one")
                : secret;
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException($"the secret file {file} does not exist", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InvalidInputException($"the secret file {file} cannot be read: {fault.Message}", fault);
        }
    }
}
