using System.Buffers;
using DistTrain.Actors;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Cluster;

/// <summary>Node messages to and from the bytes of links.</summary>
internal static class NodeMail
{
    public static void Send(this ILink link, NodeMessage message)
    {
        var encoded = new ArrayBufferWriter<byte>();
        MessageCodec.Write(encoded, message);
        link.Send(encoded.WrittenSpan);
    }

    /// <summary>The message that tensors came with.</summary>
    /// <exception cref="WireFormatException">It is none of an actor's, or to another receiver than they.</exception>
    public static ActorEnvelope ReadBesideTensors(ReadOnlySpan<byte> message, ActorAddress receiver, WireLimits limits) =>
        MessageCodec.ReadNodeMessage(message, limits) is ActorEnvelope envelope && envelope.To == receiver
            ? envelope
            : throw new WireFormatException("tensors came with a message that they do not belong to");
}
