using System.Globalization;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Configuration;

/// <summary>A host and a port as people write them: <c>node-1:7000</c>, <c>10.0.0.5:7000</c>, <c>[::1]:7000</c>.</summary>
internal static class Address
{
    private const int LargestPort = 65_535;

    /// <summary>Where to listen: port 0 is any free one.</summary>
    /// <exception cref="InvalidValueException">It is no such address.</exception>
    public static HostAndPort ToListenOn(string text) => Parse(text, 0);

    /// <summary>Where another process is.</summary>
    /// <inheritdoc cref="ToListenOn"/>
    public static HostAndPort ToReach(string text) => Parse(text, 1);

    private static HostAndPort Parse(string text, int smallestPort)
    {
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "" : text[..colon];
        var isBracketed = host.StartsWith('[') && host.EndsWith(']');
        var name = isBracketed ? host[1..^1] : host;
        var isHost = name.Length > 0 && (isBracketed || !name.Contains(':', StringComparison.Ordinal)) && !name.Any(c => char.IsWhiteSpace(c) || c is '[' or ']' or '/');
        var isPort = int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port >= smallestPort && port <= LargestPort;
        return isHost && isPort
            ? new HostAndPort(name, port)
            : throw new InvalidValueException($"must be a host and a port from {smallestPort} to {LargestPort}, such as 127.0.0.1:7000 or node-1:7000, but is '{text}'");
    }
}
