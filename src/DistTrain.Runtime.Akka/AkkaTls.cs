using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Remote.Transport.DotNetty;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Akka;

/// <summary>
/// Encryption and mutual proof for Akka.Remote, which knows no shared secret. Certificates of a cluster folder are shown and judged as on every other connection. Where there is only a secret, the key of the certificate
/// is derived from it: whoever can use that key knows the secret, and only a certificate with the very same public key is taken. So Akka's connections are encrypted wherever there is a secret, even where tensors are
/// not. Without either there is nothing to prove.
/// </summary>
internal static class AkkaTls
{
    private const int ScalarBytes = 32;

    /// <summary>64 bits more than the order of the curve, so that the remainder is as good as uniform (FIPS 186-5, A.2.1).</summary>
    private const int DerivedBytes = ScalarBytes + 8;

    /// <summary>The order of P-256 (FIPS 186-5; SEC 2, 2.4.2).</summary>
    private static readonly BigInteger Order = new(Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), isUnsigned: true, isBigEndian: true);

    private static readonly TimeSpan ClockDifference = TimeSpan.FromDays(1);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    /// <returns>Null where nothing is to be proved.</returns>
    public static DotNettySslSetup? For(ClusterSecurity security) => security switch
    {
        { Authority: { } authority, Certificate: { } certificate } => Setup(certificate, (peer, chain) => IsOf(authority, peer, chain)),
        { Secret: { IsEmpty: false } secret } => WithKeyOf(secret),
        _ => null,
    };

    /// <summary>The key that a secret stands for.</summary>
    internal static ECDsa KeyOf(ReadOnlyMemory<byte> secret)
    {
        var derived = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret.ToArray(), DerivedBytes, info: "DistTrain Akka.Remote key 1"u8.ToArray());
        var scalar = (new BigInteger(derived, isUnsigned: true, isBigEndian: true) % (Order - 1)) + 1;
        var bytes = scalar.ToByteArray(isUnsigned: true, isBigEndian: true);
        return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = [.. new byte[ScalarBytes - bytes.Length], .. bytes] });
    }

    private static DotNettySslSetup WithKeyOf(ReadOnlyMemory<byte> secret)
    {
        using var key = KeyOf(secret);
        var request = new CertificateRequest("CN=DistTrain process", key, HashAlgorithmName.SHA256);
        var now = DateTimeOffset.UtcNow;
        var certificate = ClusterCertificates.Usable(request.CreateSelfSigned(now - ClockDifference, now + Lifetime));
        var known = certificate.PublicKey.EncodedKeyValue.RawData;
        return Setup(certificate, (peer, _) => peer.PublicKey.EncodedKeyValue.RawData.AsSpan().SequenceEqual(known) && peer.PublicKey.Oid.Value == certificate.PublicKey.Oid.Value);
    }

    private static DotNettySslSetup Setup(X509Certificate2 certificate, Func<X509Certificate2, X509Chain?, bool> isMember) =>
        new(certificate, suppressValidation: false, requireMutualAuthentication: true, (peer, chain, _, _, _) => peer is not null && isMember(peer, chain));

    /// <summary>Akka does not say which side asks; the certificates of nodes are for both.</summary>
    private static bool IsOf(X509Certificate2 authority, X509Certificate2 peer, X509Chain? chain) =>
        CertificateJudgement.Judge(peer, chain?.ChainPolicy.ExtraStore ?? [], authority, isServer: true, DateTime.UtcNow) is null
        && CertificateJudgement.Judge(peer, chain?.ChainPolicy.ExtraStore ?? [], authority, isServer: false, DateTime.UtcNow) is null;
}
