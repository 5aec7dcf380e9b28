using System.Buffers;
using System.Buffers.Binary;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.DataTransfer;

/// <summary>A message on a connection for files: its length in bytes as 32 bits, most significant byte first, then itself.</summary>
internal static class FileFrame
{
    private static readonly WireLimits Limits = new() { MaximumFrameBytes = 4608, MaximumDepth = 2, MaximumArrayLength = 16, MaximumBinaryBytes = 64 };

    public static void Write(Stream stream, FileMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        BinaryPrimitives.WriteInt32BigEndian(buffer.GetSpan(sizeof(int)), 0);
        buffer.Advance(sizeof(int));
        MessageCodec.Files.Write(new MessagePackWriter(buffer), message);
        var frame = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - sizeof(int));
        stream.Write(frame);
        stream.Flush();
    }

    /// <returns>Null where the stream ends before a message begins.</returns>
    /// <exception cref="WireFormatException">The peer does not say what is said here.</exception>
    /// <exception cref="EndOfStreamException">It ends within a message.</exception>
    public static FileMessage? Read(Stream stream)
    {
        Span<byte> head = stackalloc byte[sizeof(int)];
        var count = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        if (count == 0)
        {
            return null;
        }

        if (count < head.Length)
        {
            throw new EndOfStreamException("the connection ended within a message");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(head);
        if (length > Limits.MaximumFrameBytes)
        {
            throw new WireFormatException($"a message about files of {length:N0} bytes is longer than the {Limits.MaximumFrameBytes:N0} that are allowed");
        }

        Span<byte> message = stackalloc byte[(int)length];
        stream.ReadExactly(message);
        return MessageCodec.Files.Read(message, Limits);
    }
}
