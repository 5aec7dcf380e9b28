namespace DistTrain.Learning.Numerics;

/// <summary>
/// Elementary functions that give the same bits on every processor, operating system and vector width.
/// </summary>
/// <remarks>
/// They use nothing but addition, subtraction, multiplication, division, square root, fused multiply-add and operations on bits,
/// all of which IEEE 754 defines to the last bit; a C library's functions differ between libraries. The code here is the
/// definition: a vectorised version does the same operations in the same order. A NaN argument is returned as it is.
/// Polynomials in single precision are minimax fits (Remez) of our own; those in double precision are Taylor series taken far enough.
/// </remarks>
public static partial class DeterministicMath
{
    internal const float SingleLog2E = 1.442695f;
    internal const float SingleLn2High = 0.693145751953125f;
    internal const float SingleLn2Low = 1.4286068e-06f;
    internal const float SingleRoundingMagic = 12582912f;
    internal const int SingleRoundingMagicBits = 0x4B400000;
    internal const float SingleExpUpperLimit = 89f;
    internal const float SingleExpLowerLimit = -104f;
    internal const float SingleTanhPolynomialLimit = 0.625f;
    internal const int SingleSqrtHalfBits = 0x3F3504F3;

    /// <summary>e to the power of <paramref name="x"/>; maximal error 1.1 ulp (measured over a dense sweep of all floats: 1.07), subnormal results included.</summary>
    public static float Exp(float x)
    {
        if (float.IsNaN(x))
        {
            return x;
        }

        float clamped = x > SingleExpUpperLimit ? SingleExpUpperLimit : x;
        clamped = clamped < SingleExpLowerLimit ? SingleExpLowerLimit : clamped;
        float p = ExpMinusOneOfRemainder(clamped, out int exponent) + 1f;
        // Two factors, because 2^exponent alone may lie outside the range of a float.
        int half = exponent >> 1;
        return p * SinglePowerOfTwo(half) * SinglePowerOfTwo(exponent - half);
    }

    /// <summary>Natural logarithm; maximal error 1 ulp (measured over a dense sweep of all floats: 0.91). Zero gives negative infinity, a negative number NaN.</summary>
    public static float Log(float x)
    {
        if (float.IsNaN(x) || x == float.PositiveInfinity)
        {
            return x;
        }

        if (x <= 0f)
        {
            return x == 0f ? float.NegativeInfinity : float.NaN;
        }

        bool subnormal = x < 1.17549435e-38f;
        float scaled = subnormal ? x * 8388608f : x;
        int offset = BitConverter.SingleToInt32Bits(scaled) - SingleSqrtHalfBits;
        float exponent = (offset >> 23) - (subnormal ? 23 : 0);
        float f = BitConverter.Int32BitsToSingle((offset & 0x007FFFFF) + SingleSqrtHalfBits) - 1f;
        float y = LogNearOne(f);
        y = MathF.FusedMultiplyAdd(exponent, SingleLn2Low, y);
        return MathF.FusedMultiplyAdd(exponent, SingleLn2High, y);
    }

    /// <summary>Hyperbolic tangent; maximal error 1.5 ulp (measured over a dense sweep of all floats: 1.33).</summary>
    public static float Tanh(float x)
    {
        if (float.IsNaN(x))
        {
            return x;
        }

        float magnitude = MathF.Abs(x);
        float result;
        if (magnitude < SingleTanhPolynomialLimit)
        {
            float z = magnitude * magnitude;
            float p = SingleTanhCoefficients.C11;
            p = MathF.FusedMultiplyAdd(p, z, SingleTanhCoefficients.C9);
            p = MathF.FusedMultiplyAdd(p, z, SingleTanhCoefficients.C7);
            p = MathF.FusedMultiplyAdd(p, z, SingleTanhCoefficients.C5);
            p = MathF.FusedMultiplyAdd(p, z, SingleTanhCoefficients.C3);
            result = MathF.FusedMultiplyAdd(magnitude * z, p, magnitude);
        }
        else
        {
            result = 1f - (2f / (Exp(magnitude + magnitude) + 1f));
        }

        return MathF.CopySign(result, x);
    }

    /// <summary>Sine of an angle in radians, from the double-precision sine; at most 0.51 ulp.</summary>
    public static float Sin(float x) => float.IsNaN(x) ? x : (float)Sin((double)x);

    /// <summary>Cosine of an angle in radians, from the double-precision cosine; at most 0.51 ulp.</summary>
    public static float Cos(float x) => float.IsNaN(x) ? x : (float)Cos((double)x);

    /// <summary><paramref name="x"/> to the power of <paramref name="y"/>, from the double-precision power; at most 0.51 ulp. Special cases as IEEE 754 pow.</summary>
    public static float Pow(float x, float y) => (float)Pow((double)x, (double)y);

    /// <summary>log(1 + f) for f from √½ − 1 to √2 − 1.</summary>
    private static float LogNearOne(float f)
    {
        float p = SingleLogCoefficients.C11;
        p = MathF.FusedMultiplyAdd(p, f, SingleLogCoefficients.C10);
        p = MathF.FusedMultiplyAdd(p, f, SingleLogCoefficients.C9);
        p = MathF.FusedMultiplyAdd(p, f, SingleLogCoefficients.C8);
        p = MathF.FusedMultiplyAdd(p, f, SingleLogCoefficients.C7);
        p = MathF.FusedMultiplyAdd(p, f, SingleLogCoefficients.C6);
        p = MathF.FusedMultiplyAdd(p, f, SingleLogCoefficients.C5);
        p = MathF.FusedMultiplyAdd(p, f, SingleLogCoefficients.C4);
        p = MathF.FusedMultiplyAdd(p, f, SingleLogCoefficients.C3);
        p = MathF.FusedMultiplyAdd(p, f, SingleLogCoefficients.C2);
        return MathF.FusedMultiplyAdd(f * f, p, f);
    }

    /// <summary>exp(r) − 1 for x = exponent · ln 2 + r with |r| at most ln 2 / 2: what exp and exp − 1 are both put together from.</summary>
    private static float ExpMinusOneOfRemainder(float x, out int exponent)
    {
        // Adding 1.5 * 2^23 rounds to an integer in the low bits of the sum; the same trick works lane by lane in a vector.
        float shifted = MathF.FusedMultiplyAdd(x, SingleLog2E, SingleRoundingMagic);
        float n = shifted - SingleRoundingMagic;
        exponent = BitConverter.SingleToInt32Bits(shifted) - SingleRoundingMagicBits;
        float r = MathF.FusedMultiplyAdd(-n, SingleLn2High, x);
        r = MathF.FusedMultiplyAdd(-n, SingleLn2Low, r);
        float q = SingleExpCoefficients.C6;
        q = MathF.FusedMultiplyAdd(q, r, SingleExpCoefficients.C5);
        q = MathF.FusedMultiplyAdd(q, r, SingleExpCoefficients.C4);
        q = MathF.FusedMultiplyAdd(q, r, SingleExpCoefficients.C3);
        q = MathF.FusedMultiplyAdd(q, r, SingleExpCoefficients.C2);
        return MathF.FusedMultiplyAdd(r * r, q, r);
    }

    private static float SinglePowerOfTwo(int exponent) => BitConverter.Int32BitsToSingle((exponent + 127) << 23);

    /// <summary>exp(r) = 1 + r + r² (C2 + C3 r + ...) for |r| at most ln 2 / 2; minimax.</summary>
    internal static class SingleExpCoefficients
    {
        public const float C2 = 0.5f;
        public const float C3 = 0.166665733f;
        public const float C4 = 0.0416663624f;
        public const float C5 = 0.00836377591f;
        public const float C6 = 0.00139421667f;
    }

    /// <summary>log(1 + f) = f + f² (C2 + C3 f + ...) for 1 + f from √½ to √2; minimax.</summary>
    internal static class SingleLogCoefficients
    {
        public const float C2 = -0.5f;
        public const float C3 = 0.333333313f;
        public const float C4 = -0.249999806f;
        public const float C5 = 0.200006887f;
        public const float C6 = -0.166691512f;
        public const float C7 = 0.142511562f;
        public const float C8 = -0.123967044f;
        public const float C9 = 0.11634656f;
        public const float C10 = -0.116599008f;
        public const float C11 = 0.0733251274f;
    }

    /// <summary>tanh(x) = x + x³ (C3 + C5 x² + ...) below <see cref="SingleTanhPolynomialLimit"/>; minimax.</summary>
    internal static class SingleTanhCoefficients
    {
        public const float C3 = -0.333333284f;
        public const float C5 = 0.133327946f;
        public const float C7 = -0.0538540706f;
        public const float C9 = 0.0210100822f;
        public const float C11 = -0.00611319207f;
    }
}
