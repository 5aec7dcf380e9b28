using System.Buffers;
using DistTrain.Actors;

namespace DistTrain.Runtime.Wire;

/// <summary>What a message becomes on its way to another process, for runtimes that have no other process: what does not survive the wire shows in them too.</summary>
public static class WireTrip
{
    /// <summary>Set to true in the program's runtime configuration, it makes <see cref="IsAsked"/> true.</summary>
    public const string Switch = "DistTrain.MessagesTravelAsBytes";

    private static readonly WireLimits Limits = new();

    /// <summary>Whether a run in one process is to send messages between its own actors as bytes. Tests ask for it; it costs time and gives nothing else.</summary>
    public static bool IsAsked { get; } = AppContext.TryGetSwitch(Switch, out var isAsked) && isAsked;

    /// <summary>The message written, and read again, with the handles that it had.</summary>
    /// <exception cref="InvalidOperationException">The codec has a bug: other bytes stand for what was read.</exception>
    public static ActorMessage Take(ActorMessage message)
    {
        var sent = Write(message);
        var received = MessageCodec.ReadActorMessage(sent.WrittenSpan, Limits);
        return sent.WrittenSpan.SequenceEqual(Write(received).WrittenSpan)
            ? WithHandles(received, message)
            : throw new InvalidOperationException($"{message.GetType().Name} comes back from the wire as another message");
    }

    private static ActorMessage WithHandles(ActorMessage received, ActorMessage sent) =>
        received is Contribution contribution ? contribution with { Gradient = ((Contribution)sent).Gradient } : received;

    private static ArrayBufferWriter<byte> Write(ActorMessage message)
    {
        var bytes = new ArrayBufferWriter<byte>();
        MessageCodec.Write(bytes, message);
        return bytes;
    }
}
