namespace DistTrain.Learning.Numerics;

/// <summary>
/// The counter-based generator Philox4x32 with 10 rounds: four random words as a pure function of a 64-bit key and a 128-bit counter.
/// Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, SC11, 2011.
/// </summary>
public static class Philox4x32
{
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint KeyStep0 = 0x9E3779B9;
    private const uint KeyStep1 = 0xBB67AE85;
    private const int Rounds = 10;

    public readonly record struct Words(uint Word0, uint Word1, uint Word2, uint Word3);

    /// <summary>The four words at <paramref name="counter"/> under the key; word 0 of the key is its low half.</summary>
    public static Words Generate(ulong key, Words counter)
    {
        uint key0 = (uint)key;
        uint key1 = (uint)(key >> 32);
        (uint c0, uint c1, uint c2, uint c3) = counter;
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)Multiplier0 * c0;
            ulong product1 = (ulong)Multiplier1 * c2;
            c0 = (uint)(product1 >> 32) ^ c1 ^ key0;
            c1 = (uint)product1;
            c2 = (uint)(product0 >> 32) ^ c3 ^ key1;
            c3 = (uint)product0;
            key0 = unchecked(key0 + KeyStep0);
            key1 = unchecked(key1 + KeyStep1);
        }

        return new Words(c0, c1, c2, c3);
    }
}
