using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace DistTrain.Runtime.Akka;

/// <summary>
/// Stands in for Akka's serializers of any object, of raw bytes, of primitive values and of remote deployments: what they would write has no business between the processes of a cluster, and what they would read could
/// name types to construct.
/// </summary>
internal sealed class RefusingSerializer(ExtendedActorSystem system) : Serializer(system)
{
    /// <summary>For serializers that have settings of their own.</summary>
    public RefusingSerializer(ExtendedActorSystem system, Config settings)
        : this(system) => _ = settings;

    public override int Identifier => 7302;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) => throw Refusal(obj.GetType());

    public override object FromBinary(byte[] bytes, Type type) => throw Refusal(type);

    private static SerializationException Refusal(Type? type) => new($"nothing but mail travels between processes, so {type?.Name ?? "an object"} does not");
}
