using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DistTrain.Runtime.Security;

/// <summary>Whether a peer's certificate makes it a member.</summary>
internal static class CertificateJudgement
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>
    /// The chain must end in the cluster's own authority and hold now. Names are not compared: the authority signs members of one cluster and nothing else, so whoever holds a key that it has signed is a
    /// member, at whatever address it runs today; which member it is, the handshake's process id says.
    /// </summary>
    /// <param name="certificate">The peer's; null where it has shown none.</param>
    /// <param name="others">What the peer has sent beside it.</param>
    /// <param name="authority">Null where any certificate will do, because a proof that covers it follows.</param>
    /// <param name="isServer">Whether the peer is the listening side.</param>
    /// <returns>What is wrong; null for nothing.</returns>
    public static ConnectionFault? Judge(X509Certificate2? certificate, X509Certificate2Collection others, X509Certificate2? authority, bool isServer, DateTime utcNow)
    {
        if (certificate is null)
        {
            return ConnectionFault.NoCertificate;
        }

        if (authority is null)
        {
            return null;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.ExtraStore.AddRange(others);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = utcNow.ToLocalTime();
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(isServer ? ServerAuthentication : ClientAuthentication));
        if (chain.Build(certificate))
        {
            return null;
        }

        var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        return (status & ~X509ChainStatusFlags.NotTimeValid) == 0 ? ConnectionFault.ExpiredCertificate : ConnectionFault.ForeignCertificate;
    }
}
