using System.Collections.Immutable;
using System.Numerics;
using DistTrain.Learning.Numerics;

namespace DistTrain.Study.Sampling;

/// <summary>
/// The Sobol sequence in up to 32 dimensions, with the direction numbers of S. Joe, F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci.
/// Comput. 30, 2008 (their set new-joe-kuo-6). Points are numbered in Gray code order, as in I. A. Antonov, V. M. Saleev, "An economic method of computing LPτ-sequences", 1979,
/// and in the programs that the authors publish.
/// </summary>
public static class SobolSequence
{
    private const int Bits = 32;
    private const double Unit = 1.0 / 4294967296.0;
    private const ulong ScrambleTag = 0x4F57454EUL << 32;

    /// <summary>
    /// For the dimensions from the second on: the inner coefficients a of the primitive polynomial, and the initial direction integers m. The polynomial's degree is the number of m.
    /// </summary>
    private static readonly (uint Coefficients, uint[] Initial)[] Parameters =
    [
        (0, [1]),
        (1, [1, 3]),
        (1, [1, 3, 1]),
        (2, [1, 1, 1]),
        (1, [1, 1, 3, 3]),
        (4, [1, 3, 5, 13]),
        (2, [1, 1, 5, 5, 17]),
        (4, [1, 1, 5, 5, 5]),
        (7, [1, 1, 7, 11, 19]),
        (11, [1, 1, 5, 1, 1]),
        (13, [1, 1, 1, 3, 11]),
        (14, [1, 3, 5, 5, 31]),
        (1, [1, 3, 3, 9, 7, 49]),
        (13, [1, 1, 1, 15, 21, 21]),
        (16, [1, 3, 1, 13, 27, 49]),
        (19, [1, 1, 1, 15, 7, 5]),
        (22, [1, 3, 1, 15, 13, 25]),
        (25, [1, 1, 5, 5, 19, 61]),
        (1, [1, 3, 7, 11, 23, 15, 103]),
        (4, [1, 3, 7, 13, 13, 15, 69]),
        (7, [1, 1, 3, 13, 7, 35, 63]),
        (8, [1, 3, 5, 9, 1, 25, 53]),
        (14, [1, 3, 1, 13, 9, 35, 107]),
        (19, [1, 3, 1, 5, 27, 61, 31]),
        (21, [1, 1, 5, 11, 19, 41, 61]),
        (28, [1, 3, 5, 3, 3, 13, 69]),
        (31, [1, 1, 7, 13, 1, 19, 1]),
        (32, [1, 3, 7, 5, 13, 19, 59]),
        (37, [1, 1, 3, 9, 25, 29, 41]),
        (41, [1, 3, 5, 13, 23, 1, 55]),
        (42, [1, 3, 7, 3, 13, 59, 17]),
    ];

    private static readonly uint[][] Directions = [FirstDirections(), .. Parameters.Select(parameters => DirectionsOf(parameters.Coefficients, parameters.Initial))];

    public static int MostDimensions => Parameters.Length + 1;

    /// <summary>[32] the direction numbers of a dimension (0-based) as fractions of 2³².</summary>
    public static ImmutableArray<uint> DirectionNumbers(int dimension) => [.. Directions[dimension]];

    /// <summary>A point of the plain sequence, in [0, 1)^d; point 0 is the origin.</summary>
    /// <param name="dimensions">From 1 to 32.</param>
    public static ImmutableArray<double> Point(int dimensions, uint index) => [.. Integers(dimensions, index).Select(value => value * Unit)];

    /// <summary>
    /// A point of the sequence under nested uniform scrambling: each binary digit of a coordinate is flipped or not by a random bit that depends on the digits before it. Every
    /// point is then uniform in the cube, and the points together are as even as before. A. B. Owen, "Randomly permuted (t,m,s)-nets and (t,s)-sequences", 1995.
    /// </summary>
    /// <param name="seed">Decides all random bits.</param>
    public static ImmutableArray<double> ScrambledPoint(int dimensions, ulong seed, uint index) =>
        [.. Integers(dimensions, index).Select((value, dimension) => Scramble(value, seed, dimension) * Unit)];

    /// <summary>
    /// A point of the sequence whose coordinates are all XORed with random numbers of their dimension: cheaper than scrambling, and as even. For candidates, of which there are many.
    /// </summary>
    public static ImmutableArray<double> ShiftedPoint(int dimensions, ulong seed, uint index) =>
        [.. Integers(dimensions, index).Select((value, dimension) => (value ^ Hash(seed, dimension, Bits, 0)) * Unit)];

    private static uint[] Integers(int dimensions, uint index)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, MostDimensions);
        var values = new uint[dimensions];
        for (var gray = index ^ (index >> 1); gray != 0; gray &= gray - 1)
        {
            var bit = BitOperations.TrailingZeroCount(gray);
            for (var dimension = 0; dimension < dimensions; dimension++)
            {
                values[dimension] ^= Directions[dimension][bit];
            }
        }

        return values;
    }

    private static uint[] FirstDirections() => [.. Enumerable.Range(0, Bits).Select(bit => 1u << (Bits - 1 - bit))];

    /// <summary>
    /// m_k = 2 a₁ m_{k−1} ⊕ 2² a₂ m_{k−2} ⊕ … ⊕ 2^{s−1} a_{s−1} m_{k−s+1} ⊕ 2^s m_{k−s} ⊕ m_{k−s}, here already as fractions v_k = m_k / 2^k.
    /// </summary>
    private static uint[] DirectionsOf(uint coefficients, uint[] initial)
    {
        var degree = initial.Length;
        var directions = new uint[Bits];
        for (var bit = 0; bit < Bits; bit++)
        {
            if (bit < degree)
            {
                directions[bit] = initial[bit] << (Bits - 1 - bit);
                continue;
            }

            directions[bit] = directions[bit - degree] ^ (directions[bit - degree] >> degree);
            for (var term = 1; term < degree; term++)
            {
                if (((coefficients >> (degree - 1 - term)) & 1) != 0)
                {
                    directions[bit] ^= directions[bit - term];
                }
            }
        }

        return directions;
    }

    private static uint Scramble(uint value, ulong seed, int dimension)
    {
        var scrambled = 0u;
        for (var digit = 0; digit < Bits; digit++)
        {
            var prefix = digit == 0 ? 0 : value >> (Bits - digit);
            var flip = Hash(seed, dimension, digit, prefix) & 1;
            scrambled = (scrambled << 1) | (((value >> (Bits - 1 - digit)) & 1) ^ flip);
        }

        return scrambled;
    }

    private static uint Hash(ulong seed, int dimension, int digit, uint prefix) =>
        Philox4x32.Generate(seed, new(prefix, (uint)digit, (uint)dimension, (uint)(ScrambleTag >> 32))).Word0;
}
