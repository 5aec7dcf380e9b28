using System.Buffers.Binary;
using System.Text;
using DistTrain.Learning;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Cluster;

/// <summary>One question about a run and its answer, on a connection of its own: the length in four bytes, most significant first, then the status as JSON in UTF-8.</summary>
public static class StatusExchange
{
    private const int LengthBytes = 4;
    private const int MostBytes = 4 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Answers one who has connected with <see cref="ConnectionPurpose.Status"/>, and closes. Blocks while the peer takes the answer, but not for long.</summary>
    public static void Answer(SecureConnection connection, ClusterStatus status)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(status);
        using (connection)
        {
            var answer = new byte[LengthBytes + Encoding.UTF8.GetByteCount(status.ToJson())];
            BinaryPrimitives.WriteInt32BigEndian(answer, answer.Length - LengthBytes);
            Encoding.UTF8.GetBytes(status.ToJson(), answer.AsSpan(LengthBytes));
            try
            {
                connection.Stream.WriteTimeout = (int)Patience.TotalMilliseconds;
                connection.Stream.Write(answer);
                connection.Stream.Flush();
            }
            catch (IOException)
            {
                // Whoever asked is gone, and can ask again.
            }
        }
    }

    /// <summary>Asks the coordinator at an address.</summary>
    /// <exception cref="SecureConnectException">It cannot be reached, or does not know this process.</exception>
    /// <exception cref="InvalidInputException">It has no answer that this program understands.</exception>
    public static ClusterStatus Ask(HostAndPort coordinator, ClusterSecurity security, LinkLimits limits)
    {
        using var connection = SecureConnector.Connect(coordinator, security, ProcessId.New(), ConnectionPurpose.Status, ticket: null, limits, CancellationToken.None);
        try
        {
            return Read(connection.Stream);
        }
        catch (Exception fault) when (fault is IOException or WireFormatException)
        {
            throw new InvalidInputException($"{coordinator} gives no status: {fault.Message}", fault);
        }
    }

    /// <exception cref="IOException">The answer broke off, or did not come in time.</exception>
    /// <exception cref="WireFormatException">It is no status.</exception>
    internal static ClusterStatus Read(Stream stream)
    {
        stream.ReadTimeout = (int)Patience.TotalMilliseconds;
        Span<byte> prefix = stackalloc byte[LengthBytes];
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadInt32BigEndian(prefix);
        if (length is < 2 or > MostBytes)
        {
            throw new WireFormatException($"a status of {length} bytes is not possible");
        }

        var json = new byte[length];
        stream.ReadExactly(json);
        return ClusterStatus.FromJson(json);
    }
}
