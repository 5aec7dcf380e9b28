using DistTrain.Runtime.Security;

namespace DistTrain.Cli.Cluster;

/// <summary>Tells processes that do not find each other from those that do, and do not belong together.</summary>
internal static class NetworkFailure
{
    /// <param name="fault">What went wrong, or what was made of it.</param>
    public static ExitCode CodeOf(Exception fault) => (fault as SecureConnectException ?? fault.InnerException as SecureConnectException)?.Fault switch
    {
        ConnectionFault.OtherVersion or ConnectionFault.WrongSecret or ConnectionFault.ExpiredCertificate or ConnectionFault.ForeignCertificate or ConnectionFault.NoCertificate
            or ConnectionFault.EncryptionDiffers => ExitCode.Refused,
        _ => ExitCode.Network,
    };
}
