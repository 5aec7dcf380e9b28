using System.Net;
using System.Net.Sockets;

namespace DistTrain.Runtime.Security;

/// <summary>What a connection between two processes is for; part of what both sides prove.</summary>
public enum ConnectionPurpose
{
    /// <summary>Small messages, in order; heartbeats.</summary>
    Control = 1,

    /// <summary>Tensors. Needs a ticket that the listening side issued on the control connection of the same two processes.</summary>
    Data = 2,

    /// <summary>Files of a data set, on request. Needs a ticket.</summary>
    Files = 3,

    /// <summary>One question about a run, and its answer.</summary>
    Status = 4,
}

/// <summary>Draws anew at every start of a process, so that nobody takes a process that was started again for the one before.</summary>
public readonly record struct ProcessId(Guid Value)
{
    public static ProcessId New() => new(Guid.NewGuid());

    public override string ToString() => Value.ToString("N")[..12];
}

/// <summary>A connection whose two sides have proved to each other that they belong to the same cluster.</summary>
public sealed class SecureConnection(Stream stream, Socket socket, ConnectionPurpose purpose, ProcessId peer, bool isEncrypted) : IDisposable
{
    /// <summary>To read from and write to: the TLS stream, or the socket's own.</summary>
    public Stream Stream => stream;

    /// <summary>The socket below it; on a connection that is not encrypted, bytes may be received from it straight into their destination.</summary>
    public Socket Socket => socket;

    public ConnectionPurpose Purpose => purpose;

    /// <summary>As the peer has proved it.</summary>
    public ProcessId Peer => peer;

    public bool IsEncrypted => isEncrypted;

    public EndPoint? Remote { get; } = socket.RemoteEndPoint;

    public void Dispose()
    {
        stream.Dispose();
        socket.Dispose();
    }
}
