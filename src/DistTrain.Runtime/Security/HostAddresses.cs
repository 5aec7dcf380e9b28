using System.Net;
using System.Net.Sockets;

namespace DistTrain.Runtime.Security;

internal static class HostAddresses
{
    /// <summary>The addresses of a name, those of IPv4 first: a listener on a name takes one, and most programs that connect by name try that first.</summary>
    /// <exception cref="SocketException">The name has none.</exception>
    public static IReadOnlyList<IPAddress> Of(string host, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return [literal];
        }

        var addresses = Dns.GetHostAddressesAsync(host, cancellation).GetAwaiter().GetResult();
        return addresses.Length > 0 ? [.. addresses.OrderBy(address => address.AddressFamily == AddressFamily.InterNetwork ? 0 : 1)] : throw new SocketException((int)SocketError.HostNotFound);
    }
}
