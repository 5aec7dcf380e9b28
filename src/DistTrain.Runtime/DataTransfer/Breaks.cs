using System.Net.Sockets;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.DataTransfer;

internal static class Breaks
{
    /// <summary>Whether a connection that failed so may well be made anew. A ticket that is too old is: the next attempt has another.</summary>
    public static bool IsBreak(Exception exception) =>
        exception is (IOException and not TransferRefusedException) or SocketException or ObjectDisposedException
            or SecureConnectException { IsRetriable: true } or SecureConnectException { Fault: ConnectionFault.TicketNotValid };
}

/// <summary>The other side does not give the file; asking again is of no use.</summary>
internal sealed class TransferRefusedException(string sentence, Exception? inner = null) : IOException(sentence, inner);
