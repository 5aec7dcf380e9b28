using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DistTrain.Runtime.Security;

/// <summary>Makes the certificates of a cluster: ECDSA over P-256 with SHA-256, as X.509 (RFC 5280).</summary>
public static class ClusterCertificates
{
    /// <summary>Machines' clocks differ: a certificate made a moment ago must hold on a machine that is behind.</summary>
    private static readonly TimeSpan ClockDifference = TimeSpan.FromDays(1);

    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    private static readonly Lazy<X509Certificate2> OfThisProcess = new(() => Create("DistTrain process", null, DateTimeOffset.UtcNow, TimeSpan.FromDays(3650)));

    /// <summary>Signs itself and lives only in this process's memory. Says nothing of who this is: the proof of the secret, which covers it, does.</summary>
    public static X509Certificate2 Ephemeral => OfThisProcess.Value;

    /// <summary>A new authority with its key.</summary>
    public static X509Certificate2 CreateAuthority(DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=DistTrain cluster authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return Usable(request.CreateSelfSigned(now - ClockDifference, now + lifetime));
    }

    /// <summary>A new certificate for nodes, with its key, signed by the authority. It names no host: members move between hosts and addresses, and are known by their certificate and secret.</summary>
    /// <param name="authority">With its key.</param>
    public static X509Certificate2 CreateNode(X509Certificate2 authority, DateTimeOffset now, TimeSpan lifetime)
    {
        ArgumentNullException.ThrowIfNull(authority);
        return Create("DistTrain node", authority, now, lifetime);
    }

    private static X509Certificate2 Create(string name, X509Certificate2? authority, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication, ClientAuthentication], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (authority is null)
        {
            return Usable(request.CreateSelfSigned(now - ClockDifference, now + lifetime));
        }

        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var signed = request.Create(authority, Later(now - ClockDifference, authority.NotBefore), Earlier(now + lifetime, authority.NotAfter), RandomNumberGenerator.GetBytes(16));
        return Usable(signed.CopyWithPrivateKey(key));
    }

    /// <summary>With a key that TLS takes on every system: some want it to come out of a PKCS 12 store.</summary>
    internal static X509Certificate2 Usable(X509Certificate2 certificate)
    {
        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null, X509KeyStorageFlags.Exportable);
        }
    }

    private static DateTimeOffset Later(DateTimeOffset time, DateTime other) => time > other ? time : other;

    private static DateTimeOffset Earlier(DateTimeOffset time, DateTime other) => time < other ? time : other;
}
