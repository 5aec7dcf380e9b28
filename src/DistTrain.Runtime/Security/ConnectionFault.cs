using System.Globalization;

namespace DistTrain.Runtime.Security;

/// <summary>Why two processes do not get a connection. Those below 100 are also told to the peer, by their number.</summary>
public enum ConnectionFault
{
    /// <summary>The two programs speak different versions of the handshake.</summary>
    OtherVersion = 1,

    /// <summary>The proof does not fit: another secret, or none on one side, or somebody between the two.</summary>
    WrongSecret = 2,

    /// <summary>A certificate is out of the time for which it was made.</summary>
    ExpiredCertificate = 3,

    /// <summary>A certificate is not of the cluster's authority.</summary>
    ForeignCertificate = 4,

    /// <summary>Encryption was asked for, and no certificate was shown.</summary>
    NoCertificate = 5,

    /// <summary>A connection that needs a ticket came with none, or with one that is used, expired, or of another process or purpose.</summary>
    TicketNotValid = 6,

    /// <summary>A process has reached itself.</summary>
    OwnProcess = 7,

    /// <summary>One side speaks TLS, the other does not.</summary>
    EncryptionDiffers = 8,

    /// <summary>The name has no address.</summary>
    UnknownHost = 100,

    /// <summary>Nobody listens there, or there is no way there. May change by waiting.</summary>
    Unreachable = 101,

    /// <summary>No answer in time. May change by waiting.</summary>
    TimedOut = 102,

    /// <summary>The connection broke before the handshake was over. May change by waiting.</summary>
    Closed = 103,

    /// <summary>Something else than a DistTrain node.</summary>
    NotDistTrain = 104,

    /// <summary>A DistTrain node, but not the process that was looked for.</summary>
    OtherProcess = 105,

    /// <summary>A peer that speaks TLS has reached a listener without. It learns so from TLS's own way of refusing.</summary>
    UnexpectedTls = 106,
}

/// <summary>A connection could not be made. The message is one sentence for people.</summary>
public sealed class SecureConnectException(ConnectionFault fault, string sentence, Exception? inner = null) : Exception(sentence, inner)
{
    public ConnectionFault Fault => fault;

    /// <summary>Whether the same attempt may well succeed a moment later. A host that is unknown may become known where names come and go with containers; that is for the caller to say.</summary>
    public bool IsRetriable => fault is ConnectionFault.Unreachable or ConnectionFault.TimedOut or ConnectionFault.Closed;

    /// <summary>Whether it may where names come and go.</summary>
    public bool MayChange => IsRetriable || fault == ConnectionFault.UnknownHost;
}

internal static class ConnectionFaults
{
    /// <summary>Whether this is one that a listener tells its peer.</summary>
    public static bool IsTold(ConnectionFault fault) => fault is >= ConnectionFault.OtherVersion and <= ConnectionFault.EncryptionDiffers;

    /// <summary>What this process has found wrong with its peer: the end of a sentence that begins with the peer's address and a colon.</summary>
    /// <param name="peerVersion">The version of the handshake that the peer speaks; 0 where it has not said.</param>
    public static string Seen(ConnectionFault fault, int peerVersion) => fault switch
    {
        ConnectionFault.OtherVersion => Versions(peerVersion),
        ConnectionFault.WrongSecret => "it has another secret, or somebody stands between the two: give both sides the same credentials",
        ConnectionFault.ExpiredCertificate => "its certificate is expired or not valid yet: make new ones with 'disttrain cluster init --force', or set its clock",
        ConnectionFault.ForeignCertificate => "its certificate is not signed by this cluster's authority: give both sides credentials of the same 'disttrain cluster init'",
        ConnectionFault.NoCertificate => "it shows no certificate",
        ConnectionFault.TicketNotValid => "its ticket is missing, used, expired, or was issued to another process",
        ConnectionFault.OwnProcess => "it is this process itself",
        ConnectionFault.EncryptionDiffers => "it does not speak TLS: it is no DistTrain node, or one that was started without encryption",
        ConnectionFault.TimedOut => "it did not prove in time that it belongs to the cluster",
        ConnectionFault.Closed => "it closed the connection before the handshake was over",
        ConnectionFault.OtherProcess => "another process listens there now than the one that was looked for",
        ConnectionFault.UnexpectedTls => "it speaks TLS, which this process was started without",
        _ => "it is not a DistTrain node",
    };

    /// <summary>What a listener has found wrong with this process: the end of a sentence that begins with the listener's address and a colon.</summary>
    public static string Told(ConnectionFault fault, int peerVersion) => fault switch
    {
        ConnectionFault.OtherVersion => Versions(peerVersion),
        ConnectionFault.WrongSecret => "it refuses this process because of a wrong secret: give both sides the same credentials",
        ConnectionFault.ExpiredCertificate => "it refuses this process because its certificate is expired or not valid yet: make new ones with 'disttrain cluster init --force', or set the clocks",
        ConnectionFault.ForeignCertificate => "it refuses this process because its certificate is not signed by that cluster's authority: give both sides credentials of the same 'disttrain cluster init'",
        ConnectionFault.NoCertificate => "it refuses this process because it has shown no certificate",
        ConnectionFault.TicketNotValid => "it refuses this process's ticket, which is used, expired, or was issued to another process",
        ConnectionFault.OwnProcess => "that is this process itself",
        _ => "it asks for TLS, which this process was started without",
    };

    private static string Versions(int peerVersion) => string.Create(CultureInfo.InvariantCulture,
        $"it speaks version {peerVersion} of the protocol, but this program speaks version {Handshake.Exchange.Version}: use the same version of disttrain on both sides");
}
