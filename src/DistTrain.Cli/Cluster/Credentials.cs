using DistTrain.Cli.Configuration;
using DistTrain.Learning;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;

namespace DistTrain.Cli.Cluster;

/// <summary>From the settings of connections to what connections are made with.</summary>
internal static class Credentials
{
    /// <summary>For a coordinator that others join, and for those who join it: the same settings on both sides make both use TLS or neither.</summary>
    /// <param name="warn">Gets a line for everything that should be put in order but does not keep anybody from working.</param>
    /// <exception cref="InvalidInputException">A file is missing or does not suit, or the settings contradict each other.</exception>
    public static ClusterSecurity Of(TrainConfiguration configuration, Action<string> warn)
    {
        if (configuration is { ClusterFolder: not null, SecretFile: not null })
        {
            throw new InvalidInputException("--cluster-folder holds a secret already: leave out --secret-file");
        }

        var loaded = configuration switch
        {
            { ClusterFolder: { } folder } => ClusterCredentials.Load(folder, DateTime.UtcNow),
            { SecretFile: { } file } => ClusterCredentials.LoadSecret(file),
            { IsInsecure: true } => new LoadedCredentials(new ClusterSecurity { UsesTls = true }, []),
            _ => throw new InvalidInputException(
                "a cluster must know who belongs to it: give --cluster-folder (made by 'disttrain cluster init'), --secret-file, or --insecure where only friends can reach the network"),
        };
        foreach (var warning in loaded.Warnings)
        {
            warn($"disttrain: {warning}");
        }

        return loaded.Security with { UsesTls = configuration.Tls ?? !configuration.IsInsecure, AllowsInsecure = configuration.IsInsecure, UsesLocalSockets = configuration.LocalSockets };
    }

    public static LinkLimits Limits(TrainConfiguration configuration) => new()
    {
        HeartbeatInterval = TimeSpan.FromMilliseconds(configuration.HeartbeatMilliseconds),
        SilenceDeadline = TimeSpan.FromSeconds(configuration.SilenceSeconds),
        ReconnectDeadline = TimeSpan.FromSeconds(configuration.ReconnectSeconds),
    };
}
