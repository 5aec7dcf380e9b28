using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Akka.Configuration;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Runtime.Akka;

/// <summary>Where an actor system is reached.</summary>
/// <param name="Bind">The host on which it listens.</param>
/// <param name="Public">The name under which others know it: the same for all of them.</param>
internal sealed record NodeHost(string Bind, string Public)
{
    /// <summary>For a process that is told an address to listen on, and not under which name it is known.</summary>
    /// <param name="own">This machine's address, where it is known which of several the others use.</param>
    public static NodeHost Of(HostAndPort listen, string? own = null) => new(listen.Host, IsAny(listen.Host) ? own ?? OwnAddress().ToString() : listen.Host);

    private static bool IsAny(string host) => IPAddress.TryParse(host, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));

    /// <summary>The first address of this machine that others may reach; that of the machine itself where it has no network.</summary>
    private static IPAddress OwnAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(card => card is { OperationalStatus: OperationalStatus.Up, NetworkInterfaceType: not NetworkInterfaceType.Loopback })
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork) ?? IPAddress.Loopback;
}

/// <summary>The program's own HOCON with what is laid over it.</summary>
internal static class AkkaConfiguration
{
    private const string Reference = "akka.reference.conf";
    private const string Transport = "akka.remote.dot-netty.tcp";

    /// <param name="file">Of the user; null for none.</param>
    /// <exception cref="InvalidInputException">It is missing, or no HOCON.</exception>
    public static Config Read(string? file) => file is null ? ConfigurationFactory.Empty : Parsed(file, TextOf(file));

    /// <summary>What an actor system starts with.</summary>
    /// <param name="user">Wins over everything but the role and whether there is encryption.</param>
    public static Config For(Config user, string role, NodeHost host, bool isEncrypted) =>
        ConfigurationFactory.ParseString($"akka.cluster.roles = [\"{role}\"]\n{Transport}.enable-ssl = {(isEncrypted ? "on" : "off")}")
            .WithFallback(user)
            .WithFallback(ConfigurationFactory.ParseString($"{Transport} {{ hostname = \"{host.Bind}\", public-hostname = \"{host.Public}\" }}"))
            .WithFallback(Own);

    private static Config Own { get; } = ConfigurationFactory.ParseString(OwnText());

    private static string OwnText()
    {
        using var reader = new StreamReader(typeof(AkkaConfiguration).Assembly.GetManifestResourceStream(Reference)!);
        return reader.ReadToEnd();
    }

    private static string TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"the Akka configuration {file} cannot be read: {fault.Message.TrimEnd('.')}", fault);
        }
    }

    private static Config Parsed(string file, string text)
    {
        try
        {
            return ConfigurationFactory.ParseString(text);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // The parser throws whatever it comes across.
            throw new InvalidInputException($"the Akka configuration {file} is no HOCON: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}", fault);
        }
    }
}
