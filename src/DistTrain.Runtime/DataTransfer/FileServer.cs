using System.Collections.Frozen;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.DataTransfer;

/// <summary>Gives the files of an offer to members that ask for them by their hash; nothing else can be asked for. Safe for use by several threads.</summary>
/// <param name="files">Of the offer.</param>
/// <param name="open">Opens one of them for reading; the stream can seek.</param>
/// <param name="tell">Told in one sentence of a peer that was dropped because it says what no member says.</param>
public sealed class FileServer(IEnumerable<DataFile> files, Func<DataFile, Stream> open, Action<string> tell, TransferLimits? limits = null) : IDisposable
{
    private const int BufferBytes = 1 << 18;
    private readonly FrozenDictionary<string, DataFile> byHash = files.DistinctBy(file => file.Sha256).ToFrozenDictionary(file => file.Sha256, StringComparer.Ordinal);
    private readonly TransferLimits limits = limits ?? new TransferLimits();
    private readonly CancellationTokenSource closing = new();

    /// <summary>Answers on this connection until the peer closes it, it breaks, or the server is disposed. The connection is disposed.</summary>
    public void Serve(SecureConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        using var end = connection;
        try
        {
            using var registration = closing.Token.Register(connection.Dispose);
            connection.Socket.SendTimeout = connection.Socket.ReceiveTimeout = (int)limits.SilenceDeadline.TotalMilliseconds;
            while (FileFrame.Read(connection.Stream) is { } message)
            {
                Answer(connection.Stream, message as FileRequested ?? throw new WireFormatException("an answer about files came where a question was expected"));
            }
        }
        catch (Exception broken) when (Breaks.IsBreak(broken))
        {
            // The one who wants the rest connects anew.
        }
        catch (WireFormatException nonsense)
        {
            tell($"{connection.Remote} wanted files and was dropped: {nonsense.Message}");
        }
    }

    /// <summary>Ends what is being sent.</summary>
    public void Dispose()
    {
        closing.Cancel();
        closing.Dispose();
    }

    private void Answer(Stream peer, FileRequested request)
    {
        if (!byHash.TryGetValue(request.Sha256, out var file))
        {
            FileFrame.Write(peer, new FileRefused("no file of the run's data has that hash"));
            return;
        }

        if (request.Offset > file.Length)
        {
            throw new WireFormatException($"bytes of a file from {request.Offset:N0} on were asked for, but it has {file.Length:N0}");
        }

        using var content = Open(file, out var refusal);
        if (content is null)
        {
            FileFrame.Write(peer, new FileRefused(refusal));
            return;
        }

        content.Position = request.Offset;
        FileFrame.Write(peer, new FileFollows(file.Length - request.Offset));
        Send(content, file.Length - request.Offset, peer);
    }

    private Stream? Open(DataFile file, out string refusal)
    {
        try
        {
            var content = open(file);
            if (content.Length == file.Length)
            {
                refusal = "";
                return content;
            }

            refusal = $"{file.Name} has changed since the run began: it has {content.Length:N0} bytes now instead of {file.Length:N0}";
            content.Dispose();
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException or InvalidInputException)
        {
            refusal = $"{file.Name} cannot be read any more on the coordinator's machine";
        }

        return null;
    }

    /// <exception cref="IOException">The peer is gone, or the file is shorter now: then too the connection is of no use.</exception>
    private static void Send(Stream content, long count, Stream peer)
    {
        var buffer = new byte[Math.Min(count, BufferBytes)];
        for (var left = count; left > 0;)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(left, buffer.Length));
            content.ReadExactly(piece);
            peer.Write(piece);
            left -= piece.Length;
        }

        peer.Flush();
    }
}
