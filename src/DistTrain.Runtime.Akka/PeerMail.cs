using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Akka;

/// <summary>The mail actor of a process, and which life of its actor system it belongs to.</summary>
/// <param name="Node">Address and number of the actor system.</param>
/// <param name="Path">Of the actor, with the address.</param>
internal sealed record PeerMail(UniqueAddress Node, string Path)
{
    /// <summary>The name of the actor; one in each system.</summary>
    public const string ActorName = "mail";

    public static PeerMail Of(UniqueAddress node, ActorPath own) => new(node, own.ToSerializationFormatWithAddress(node.Address));

    /// <exception cref="WireFormatException">It is not the address of a mail actor.</exception>
    public static PeerMail Parse(string text)
    {
        var parts = text.Split(' ');
        return parts is [var number, var path]
            && int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var uid)
            && ActorPath.TryParse(path, out var parsed)
            && parsed is { Name: ActorName, Parent.Name: "user", Address: { System: AkkaNode.SystemName, Host: not null, Port: not null } address }
                ? new PeerMail(new UniqueAddress(address, uid), path)
                : throw new WireFormatException("that is not the address of a process's mail");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Node.Uid} {Path}");
}
