using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.DataTransfer;

/// <summary>
/// Gets files from a <see cref="FileServer"/>. A connection that breaks is made anew, after a pause that grows, and the file goes on where it was; that ends when several in a row have brought nothing.
/// For one thread at a time.
/// </summary>
/// <param name="dial">Makes a connection, with a ticket of its own. Throws <see cref="IOException"/> or <see cref="SecureConnectException"/> where that may succeed later.</param>
public sealed class FileClient(Func<CancellationToken, SecureConnection> dial, TransferLimits? limits = null) : IDataFetcher, IDisposable
{
    private const int BufferBytes = 1 << 18;
    private readonly TransferLimits limits = limits ?? new TransferLimits();
    private readonly byte[] buffer = new byte[BufferBytes];
    private SecureConnection? connection;

    public void Fetch(DataFile file, long offset, Stream destination, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, file.Length);
        var isUnderWay = false;
        var failures = 0;
        try
        {
            for (var position = offset; position < file.Length;)
            {
                var count = ReadPiece(file, position, ref isUnderWay, ref failures, cancellation);
                destination.Write(buffer.AsSpan(0, count));
                position += count;
                isUnderWay &= position < file.Length;
            }
        }
        finally
        {
            if (isUnderWay)
            {
                // Bytes of this file would be taken for an answer to the next question.
                Drop();
            }
        }
    }

    public void Dispose() => Drop();

    /// <summary>Reads the next bytes into the buffer, over as many connections as that takes.</summary>
    /// <param name="isUnderWay">Whether the bytes from the position on come next on the connection.</param>
    /// <param name="failures">Connections in a row that have brought nothing.</param>
    private int ReadPiece(DataFile file, long position, ref bool isUnderWay, ref int failures, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                var count = TryReadPiece(file, position, isUnderWay, cancellation);
                (isUnderWay, failures) = (true, 0);
                return count;
            }
            catch (Exception broken) when (Breaks.IsBreak(broken))
            {
                Drop();
                isUnderWay = false;
                if (++failures >= limits.MaximumFailures)
                {
                    throw new IOException($"{file.Name} could not be fetched: the connection broke {failures} times in a row at byte {position:N0} of {file.Length:N0} ({broken.Message.TrimEnd('.')})", broken);
                }

                cancellation.WaitHandle.WaitOne(limits.PauseAfter(failures));
            }
            catch (SecureConnectException refusal)
            {
                throw new TransferRefusedException($"{file.Name} could not be fetched: {refusal.Message}", refusal);
            }
            catch (WireFormatException nonsense)
            {
                Drop();
                throw new IOException($"{file.Name} could not be fetched: the answer makes no sense ({nonsense.Message})", nonsense);
            }
        }
    }

    private int TryReadPiece(DataFile file, long position, bool isUnderWay, CancellationToken cancellation)
    {
        var current = connection ??= Dial(cancellation);
        using var registration = cancellation.Register(current.Dispose);
        if (!isUnderWay)
        {
            Ask(current.Stream, file, position);
        }

        var count = current.Stream.Read(buffer, 0, (int)Math.Min(buffer.Length, file.Length - position));
        return count > 0 ? count : throw new EndOfStreamException("the other side closed the connection");
    }

    private SecureConnection Dial(CancellationToken cancellation)
    {
        var made = dial(cancellation);
        made.Socket.SendTimeout = made.Socket.ReceiveTimeout = (int)limits.SilenceDeadline.TotalMilliseconds;
        return made;
    }

    private static void Ask(Stream peer, DataFile file, long position)
    {
        FileFrame.Write(peer, new FileRequested(file.Sha256, position));
        switch (FileFrame.Read(peer))
        {
            case FileFollows follows when follows.Length == file.Length - position:
                return;
            case FileRefused refused:
                throw new TransferRefusedException($"{file.Name} could not be fetched: {refused.Sentence}");
            case null:
                throw new EndOfStreamException("the other side closed the connection");
            default:
                throw new WireFormatException("it is not the rest of the file that was asked for");
        }
    }

    private void Drop()
    {
        connection?.Dispose();
        connection = null;
    }
}
