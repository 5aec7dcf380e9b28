using System.Buffers;
using DistTrain.Actors;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.DataTransfer;

namespace DistTrain.Runtime.Wire;

/// <summary>
/// Messages as canonical MessagePack: an array of the kind's number and the fields in order. Numbers of kinds never change their meaning; a kind whose fields change gets a new number.
/// Handles of gradients do not travel: they mean something to their holder only, and are 0 in a message that was read.
/// </summary>
public static class MessageCodec
{
    /// <summary>Kinds 1 to 63.</summary>
    internal static MessageTable<ActorMessage> Actors { get; } = new([.. MembershipForms.All, .. TrainingForms.All, .. EvaluationForms.All]);

    /// <summary>Kinds 64 to 127.</summary>
    internal static MessageTable<NodeMessage> Nodes { get; } = new(NodeForms.All);

    /// <summary>Kinds 128 to 159.</summary>
    internal static MessageTable<FileMessage> Files { get; } = new(FileForms.All);

    public static void Write(IBufferWriter<byte> output, ActorMessage message) => Actors.Write(new MessagePackWriter(output), message);

    public static void Write(IBufferWriter<byte> output, NodeMessage message) => Nodes.Write(new MessagePackWriter(output), message);

    /// <param name="bytes">One whole message.</param>
    /// <param name="limits">Bounds on lengths and nesting.</param>
    /// <exception cref="WireFormatException">The bytes are no such message; one sentence names its kind and field, if they are known.</exception>
    public static ActorMessage ReadActorMessage(ReadOnlySpan<byte> bytes, WireLimits limits) => Actors.Read(bytes, limits);

    /// <param name="bytes">One whole message.</param>
    /// <param name="limits">Bounds on lengths and nesting.</param>
    /// <exception cref="WireFormatException">The bytes are no such message; one sentence names its kind and field, if they are known.</exception>
    public static NodeMessage ReadNodeMessage(ReadOnlySpan<byte> bytes, WireLimits limits) => Nodes.Read(bytes, limits);
}
