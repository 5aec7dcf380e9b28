using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DistTrain.Runtime.Security.Handshake;

/// <summary>Who proves. Part of what is proved, so that nobody's own proof can be sent back to him as another's.</summary>
internal enum Prover : byte
{
    Client = 1,
    Server = 2,
}

/// <summary>What the two sides of one handshake have said of themselves and seen of each other. Fixed memory, zeros where there is nothing.</summary>
internal sealed class Transcript
{
    public const int NonceBytes = 32;
    public const int ProofBytes = HMACSHA256.HashSizeInBytes;
    public const int KeptBytes = (2 * Fingerprint.Bytes) + (2 * NonceBytes) + TicketBook.TicketBytes;

    private readonly byte[] kept = new byte[KeptBytes];

    /// <summary>SHA-256 of the certificate that the connecting side has shown; zeros without TLS.</summary>
    public Span<byte> ClientFingerprint => kept.AsSpan(0, Fingerprint.Bytes);

    /// <summary>SHA-256 of the certificate that the listening side has shown; zeros without TLS.</summary>
    public Span<byte> ServerFingerprint => kept.AsSpan(Fingerprint.Bytes, Fingerprint.Bytes);

    public Span<byte> ClientNonce => kept.AsSpan(2 * Fingerprint.Bytes, NonceBytes);

    public Span<byte> ServerNonce => kept.AsSpan((2 * Fingerprint.Bytes) + NonceBytes, NonceBytes);

    public Memory<byte> Ticket => kept.AsMemory((2 * Fingerprint.Bytes) + (2 * NonceBytes), TicketBook.TicketBytes);

    public bool HasTicket { get; set; }

    public ProcessId Client { get; set; }

    public ProcessId Server { get; set; }

    public ConnectionPurpose Purpose { get; set; }

    /// <summary>
    /// HMAC-SHA256 (RFC 2104) under the cluster's secret over everything above, who proves, and the version. Every field has a fixed length and place, so no two transcripts are the same bytes.
    /// </summary>
    /// <param name="secret">Empty where there is none: then this proves nothing, and only versions and faults are told.</param>
    public void Prove(Prover prover, ReadOnlySpan<byte> secret, Span<byte> proof)
    {
        var label = "DistTrain handshake proof"u8;
        Span<byte> bytes = stackalloc byte[label.Length + sizeof(int) + 3 + (2 * ProcessIds.Bytes) + KeptBytes];
        label.CopyTo(bytes);
        var rest = bytes[label.Length..];
        BinaryPrimitives.WriteInt32BigEndian(rest, Exchange.Version);
        rest[sizeof(int)] = (byte)prover;
        rest[sizeof(int) + 1] = (byte)Purpose;
        rest[sizeof(int) + 2] = HasTicket ? (byte)1 : (byte)0;
        rest = rest[(sizeof(int) + 3)..];
        ProcessIds.Write(Client, rest);
        ProcessIds.Write(Server, rest[ProcessIds.Bytes..]);
        kept.CopyTo(rest[(2 * ProcessIds.Bytes)..]);
        HMACSHA256.HashData(secret, bytes, proof);
    }

    /// <summary>Takes as long for a proof that is nearly right as for any other.</summary>
    public bool IsProof(Prover prover, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> proof)
    {
        Span<byte> expected = stackalloc byte[ProofBytes];
        Prove(prover, secret, expected);
        return CryptographicOperations.FixedTimeEquals(expected, proof);
    }
}

/// <summary>SHA-256 over a certificate's DER form.</summary>
internal static class Fingerprint
{
    public const int Bytes = SHA256.HashSizeInBytes;
}

internal static class ProcessIds
{
    public const int Bytes = 16;

    public static void Write(ProcessId id, Span<byte> destination) => id.Value.TryWriteBytes(destination, bigEndian: true, out _);

    /// <param name="bytes">16 of them.</param>
    public static ProcessId Read(ReadOnlySpan<byte> bytes) => new(new Guid(bytes, bigEndian: true));
}
