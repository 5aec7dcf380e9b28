using System.Net;
using System.Net.Sockets;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Runtime.Security;

/// <summary>What the policy says of one address.</summary>
/// <param name="IsAllowed">Whether a connection may be made or accepted there.</param>
/// <param name="Sentence">Why not; or a warning; null where there is nothing to say.</param>
public sealed record TransportJudgement(bool IsAllowed, string? Sentence);

/// <summary>
/// Where processes may talk without encryption, or without knowing each other: among themselves on one machine, and elsewhere only when the person has asked for it in so many words.
/// </summary>
public static class TransportPolicy
{
    /// <param name="address">To listen on, or to connect to.</param>
    public static TransportJudgement Judge(IPAddress address, ClusterSecurity security)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(security);
        var danger = (security.UsesTls, KnowsMembers(security)) switch
        {
            (true, true) => null,
            (true, false) => "anybody who reaches it can join the cluster",
            (false, true) => "anybody on the way can read and change what the processes say",
            (false, false) => "anybody who reaches it can join the cluster, and anybody on the way can read and change what the processes say",
        };
        if (danger is null || IsThisMachine(address))
        {
            return new TransportJudgement(true, null);
        }

        return security.AllowsInsecure
            ? new TransportJudgement(true, $"{address} is not secured, as --insecure asks for: {danger}.")
            : new TransportJudgement(false, $"{address} is not this machine alone, and {danger}: make credentials with 'disttrain cluster init', or add --insecure to accept that.");
    }

    /// <summary>What a person must be told who has asked for connections that are not secured; null where nothing is to be told, or a name has no address yet.</summary>
    public static string? Warning(HostAndPort address, ClusterSecurity security)
    {
        ArgumentNullException.ThrowIfNull(address);
        try
        {
            return HostAddresses.Of(address.Host, CancellationToken.None).Select(candidate => Judge(candidate, security)).FirstOrDefault(judgement => judgement is { IsAllowed: true, Sentence: not null })?.Sentence;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>Certificates tell members from strangers only under TLS; a secret does in any case.</summary>
    private static bool KnowsMembers(ClusterSecurity security) => security.Secret is { IsEmpty: false } || (security.UsesTls && security.Authority is not null);

    private static bool IsThisMachine(IPAddress address) => IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
