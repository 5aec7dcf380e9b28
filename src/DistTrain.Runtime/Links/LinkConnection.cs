using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Links;

/// <summary>A connection has ended or cannot be used any more. The message says what was seen.</summary>
internal sealed class ConnectionBrokenException(string sentence) : Exception(sentence);

/// <summary>Bytes to and from a peer, by blocking calls: one thread may send while another receives. Whoever ends it first gives the reason that both see.</summary>
internal sealed class LinkConnection
{
    private readonly SecureConnection connection;
    private string? reason;
    private int isAborted;
    private long lastHeard = Stopwatch.GetTimestamp();
    private long lastSpoken = Stopwatch.GetTimestamp();
    private long bytesSent;
    private long bytesReceived;

    /// <param name="connection">Owned from now on.</param>
    /// <param name="socketBufferBytes">Of the operating system's memory on each side, as far as it gives it.</param>
    public LinkConnection(SecureConnection connection, int socketBufferBytes)
    {
        this.connection = connection;
        try
        {
            if (connection.Socket.AddressFamily != AddressFamily.Unix)
            {
                connection.Socket.NoDelay = true;
            }

            connection.Socket.SendBufferSize = socketBufferBytes;
            connection.Socket.ReceiveBufferSize = socketBufferBytes;
            connection.Socket.SendTimeout = 0;
            connection.Socket.ReceiveTimeout = 0;
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            Abort(Explain(broken));
        }
    }

    public ProcessId Peer => connection.Peer;

    /// <summary>Why it ended; null while it has not.</summary>
    public string? Reason => Volatile.Read(ref reason);

    /// <summary>When bytes came last, by <see cref="Stopwatch"/>.</summary>
    public long LastHeard => Volatile.Read(ref lastHeard);

    public long LastSpoken => Volatile.Read(ref lastSpoken);

    public long BytesSent => Volatile.Read(ref bytesSent);

    public long BytesReceived => Volatile.Read(ref bytesReceived);

    /// <summary>Whether some ten thousand bytes can be sent without waiting: the operating system says so when a third of its buffer is free.</summary>
    public bool IsWritable
    {
        get
        {
            try
            {
                return connection.Socket.Poll(0, SelectMode.SelectWrite);
            }
            catch (Exception broken) when (IsBreak(broken))
            {
                // The sending call that follows says why.
                return true;
            }
        }
    }

    /// <exception cref="ConnectionBrokenException">Not all of it could be sent.</exception>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (connection.IsEncrypted)
            {
                connection.Stream.Write(bytes);
            }
            else
            {
                for (var rest = bytes; rest.Length > 0;)
                {
                    rest = rest[connection.Socket.Send(rest)..];
                }
            }
        }
        catch (Exception broken) when (IsBreak(broken))
        {
            throw Broken(broken);
        }

        Volatile.Write(ref bytesSent, bytesSent + bytes.Length);
        Volatile.Write(ref lastSpoken, Stopwatch.GetTimestamp());
    }

    /// <exception cref="ConnectionBrokenException">Not all of it could be sent.</exception>
    public void Send(ReadOnlySpan<float> values) => Send(MemoryMarshal.AsBytes(values));

    /// <returns>How many bytes came, at least 1.</returns>
    /// <exception cref="ConnectionBrokenException">The end of the connection.</exception>
    public int Receive(Span<byte> destination)
    {
        int count;
        try
        {
            count = connection.IsEncrypted ? connection.Stream.Read(destination) : connection.Socket.Receive(destination);
        }
        catch (Exception broken) when (IsBreak(broken))
        {
            throw Broken(broken);
        }

        if (count == 0)
        {
            throw new ConnectionBrokenException(Abort("the peer ended the connection"));
        }

        Volatile.Write(ref bytesReceived, bytesReceived + count);
        Volatile.Write(ref lastHeard, Stopwatch.GetTimestamp());
        return count;
    }

    /// <summary>What a silence is measured from anew: nothing could be heard before, because nobody listened.</summary>
    public void BeginListening() => Volatile.Write(ref lastHeard, Stopwatch.GetTimestamp());

    /// <summary>Ends the connection; calls that wait in it return. Only the first reason counts.</summary>
    /// <returns>The reason that counts.</returns>
    public string Abort(string why)
    {
        var first = Interlocked.CompareExchange(ref reason, why, null) ?? why;
        if (Interlocked.Exchange(ref isAborted, 1) == 0)
        {
            try
            {
                // Wakes whoever waits in a call, which closing alone does not do everywhere.
                connection.Socket.Shutdown(SocketShutdown.Both);
            }
            catch (Exception gone) when (IsBreak(gone))
            {
                // It was not connected any more, which is what is wanted.
            }

            connection.Dispose();
        }

        return first;
    }

    private static bool IsBreak(Exception exception) =>
        exception is IOException or SocketException or ObjectDisposedException or AuthenticationException;

    private static string Explain(Exception exception) => exception switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionReset } => "the connection was reset by the peer",
        SocketException socket => $"the connection failed ({socket.SocketErrorCode})",
        IOException { InnerException: SocketException inner } => Explain(inner),
        ObjectDisposedException => "the connection was closed",
        _ => $"the connection failed ({exception.Message})",
    };

    private ConnectionBrokenException Broken(Exception exception) => new(Abort(Explain(exception)));
}
