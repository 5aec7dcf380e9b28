using System.Security.Cryptography.X509Certificates;

namespace DistTrain.Runtime.Security;

/// <summary>How the processes of a cluster know each other, and whether strangers can read what they say.</summary>
public sealed record ClusterSecurity
{
    /// <summary>Known to every member, at least 16 bytes; null where there is none.</summary>
    public ReadOnlyMemory<byte>? Secret { get; init; }

    /// <summary>Whether connections run under TLS.</summary>
    public required bool UsesTls { get; init; }

    /// <summary>Whether processes of one machine that do not encrypt use its own way instead of TCP (<see cref="LocalSocket"/>).</summary>
    public bool UsesLocalSockets { get; init; } = true;

    /// <summary>This process's own certificate with its key; null to make one for this process's life.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Who must have signed the peers' certificates; null where the secret alone tells members from strangers.</summary>
    public X509Certificate2? Authority { get; init; }

    /// <summary>Whether the person has asked, in so many words, for connections beyond this machine that strangers can read or join (<see cref="TransportPolicy"/>).</summary>
    public bool AllowsInsecure { get; init; }
}
