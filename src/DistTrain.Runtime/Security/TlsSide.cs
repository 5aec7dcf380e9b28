using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DistTrain.Runtime.Security;

/// <summary>One side's TLS: 1.3, or 1.2 at least, both sides with a certificate, no sessions taken up again (every connection's certificates are shown anew, so that the proof can cover them).</summary>
/// <param name="security">That says whose certificates are taken.</param>
internal sealed class TlsSide(ClusterSecurity security)
{
    /// <summary>Members are not known by name; servers that hold several names want one all the same.</summary>
    private const string Name = "disttrain";

    private readonly SslStreamCertificateContext context = SslStreamCertificateContext.Create(security.Certificate ?? ClusterCertificates.Ephemeral, additionalCertificates: null, offline: true);
    private readonly byte[] ownFingerprint = (security.Certificate ?? ClusterCertificates.Ephemeral).GetCertHash(HashAlgorithmName.SHA256);

    /// <exception cref="AuthenticationException">The peer does not speak TLS as it must.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public TlsChannel Listen(Stream transport)
    {
        ConnectionFault? fault = ConnectionFault.NoCertificate;
        var stream = new SslStream(transport, leaveInnerStreamOpen: false);
        Authenticate(stream, () => stream.AuthenticateAsServer(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = context,
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            AllowRenegotiation = false,
            AllowTlsResume = false,
            // A certificate that will not do is refused by the fault, in answer to the peer's first frame: TLS would break the connection without telling the peer why.
#pragma warning disable CA5359
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                fault = Judge(certificate, chain, isServer: false);
                return true;
            },
#pragma warning restore CA5359
        }));
        return new TlsChannel(stream, FingerprintOf(stream.RemoteCertificate), ownFingerprint, fault);
    }

    /// <returns>Without a stream where the peer's certificate will not do.</returns>
    /// <exception cref="AuthenticationException">The peer does not speak TLS as it must.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public TlsChannel Connect(Stream transport)
    {
        ConnectionFault? fault = null;
        var stream = new SslStream(transport, leaveInnerStreamOpen: false);
        try
        {
            Authenticate(stream, () => stream.AuthenticateAsClient(new SslClientAuthenticationOptions
            {
                TargetHost = Name,
                ClientCertificateContext = context,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                AllowRenegotiation = false,
                AllowTlsResume = false,
                RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                {
                    fault = Judge(certificate, chain, isServer: true);
                    return fault is null;
                },
            }));
        }
        catch (AuthenticationException) when (fault is not null)
        {
            return new TlsChannel(null, default, default, fault);
        }

        return new TlsChannel(stream, ownFingerprint, FingerprintOf(stream.RemoteCertificate), null);
    }

    private static void Authenticate(SslStream stream, Action authenticate)
    {
        try
        {
            authenticate();
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private static byte[] FingerprintOf(X509Certificate? certificate) => certificate?.GetCertHash(HashAlgorithmName.SHA256) ?? [];

    private ConnectionFault? Judge(X509Certificate? certificate, X509Chain? chain, bool isServer) =>
        CertificateJudgement.Judge(certificate as X509Certificate2, chain?.ChainPolicy.ExtraStore ?? [], security.Authority, isServer, DateTime.UtcNow);
}

/// <summary>A connection on which TLS has begun.</summary>
/// <param name="Fault">What is wrong with the peer's certificate; null for nothing.</param>
internal sealed record TlsChannel(SslStream? Stream, ReadOnlyMemory<byte> ClientFingerprint, ReadOnlyMemory<byte> ServerFingerprint, ConnectionFault? Fault);
