using System.Net;
using DistTrain.Learning;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Cluster;

/// <summary>Whose connections a network is to make, and for whom.</summary>
internal sealed record NetworkOptions
{
    /// <summary>How peers prove themselves.</summary>
    public required ClusterSecurity Security { get; init; }

    public required LinkLimits Limits { get; init; }

    /// <summary>Of all links.</summary>
    public required ILinkHandler Handler { get; init; }

    /// <summary>Takes sentences for people, from any thread.</summary>
    public required Action<string> Tell { get; init; }

    /// <summary>Serves connections over which files are fetched; on the connection's own thread.</summary>
    public Action<SecureConnection>? Files { get; init; }

    /// <summary>Answers questions about the run; on the connection's own thread.</summary>
    public Action<SecureConnection>? Status { get; init; }
}

/// <summary>Makes the network of a process: this is where one runtime of processes differs from another.</summary>
internal delegate INetwork NetworkMaker(NetworkOptions options);

/// <summary>
/// How one process of a run reaches the others: with <see cref="Network"/> over connections of its own alone. When it is disposed it stops listening and closes every link in order; it waits a moment for the
/// peers to take note.
/// </summary>
internal interface INetwork : IDisposable
{
    /// <summary>Whether another process stands ready to go on with the run when this one leaves.</summary>
    bool HasSuccessor => false;

    /// <summary>Lets others connect.</summary>
    /// <param name="address">Where; port 0 for any free one.</param>
    /// <param name="advertised">The name under which others reach it.</param>
    /// <returns>What others are to be told.</returns>
    /// <exception cref="InvalidInputException">It is not possible there.</exception>
    HostAndPort Listen(HostAndPort address, string advertised);

    /// <summary>Connects to the coordinator, which may not be there yet.</summary>
    /// <param name="begun">Gets the link before the handler hears of it.</param>
    /// <returns>The link, and this machine's address on the way there.</returns>
    /// <exception cref="InvalidInputException">It cannot be reached in time, or does not want this process.</exception>
    (ILink Link, IPAddress Own) Join(HostAndPort coordinator, TimeSpan patience, Action<ILink> begun, CancellationToken cancellation);

    /// <summary>Connects to another member; blocks until the link stands.</summary>
    /// <exception cref="SecureConnectException">It does not, for as long as a lost peer is looked for.</exception>
    /// <exception cref="OperationCanceledException">This process has closed its connections.</exception>
    ILink Dial(ShardHost host);

    /// <summary>A connection over which files are fetched from the process at the other end of the link.</summary>
    SecureConnection ConnectForFiles(HostAndPort coordinator, ILink link, ReadOnlyMemory<byte> ticket, CancellationToken cancellation);

    /// <summary>Makes a one-use ticket for a connection over which files are fetched.</summary>
    ReadOnlyMemory<byte> IssueFileTicket(ProcessId peer);
}
