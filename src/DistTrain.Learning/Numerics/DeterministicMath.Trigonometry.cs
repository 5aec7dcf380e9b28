namespace DistTrain.Learning.Numerics;

public static partial class DeterministicMath
{
    private const double HalfPi = 1.5707963267948966;
    private const double HalfPiLow = 6.123233995736766e-17;
    private const double TwoOverPi = 0.6366197723675814;
    // Pi/2 in three parts; products of the first two with an integer below 2^20 are exact.
    private const double HalfPiPart1 = 1.5707963267341256;
    private const double HalfPiPart2 = 6.077100506303966e-11;
    private const double HalfPiPart3 = 2.0222662487959506e-21;
    private const double QuarterPi = 0.7853981633974483;
    private const double PartsReach = 1_000_000.0;

    /// <summary>The first 1,280 binary digits of 2/pi after the point, for arguments up to the largest double.</summary>
    private static readonly ulong[] TwoOverPiDigits =
    [
        0xA2F9836E4E441529, 0xFC2757D1F534DDC0, 0xDB6295993C439041, 0xFE5163ABDEBBC561, 0xB7246E3A424DD2E0,
        0x06492EEA09D1921C, 0xFE1DEB1CB129A73E, 0xE88235F52EBB4484, 0xE99C7026B45F7E41, 0x3991D639835339F4,
        0x9C845F8BBDF9283B, 0x1FF897FFDE05980F, 0xEF2F118B5A0A6D1F, 0x6D367ECF27CB09B7, 0x4F463F669E5FEA2D,
        0x7527BAC7EBE5F17B, 0x3D0739F78A5292EA, 0x6BFB5FB11F8D5D08, 0x56033046FC7B6BAB, 0xF0CFBC209AF4361D,
    ];

    /// <summary>Sine of an angle in radians; maximal error 1 ulp (measured: 0.75) for every finite argument. Infinity gives NaN.</summary>
    public static double Sin(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        if (double.IsInfinity(x))
        {
            return double.NaN;
        }

        if (x == 0.0)
        {
            return x;
        }

        (int quadrant, double high, double low) = ReduceToQuarterPi(x);
        double value = (quadrant & 1) == 0 ? SinNearZero(high, low) : CosNearZero(high, low);
        return (quadrant & 2) == 0 ? value : -value;
    }

    /// <summary>Cosine of an angle in radians; maximal error 1 ulp (measured: 0.75) for every finite argument. Infinity gives NaN.</summary>
    public static double Cos(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        if (double.IsInfinity(x))
        {
            return double.NaN;
        }

        (int quadrant, double high, double low) = ReduceToQuarterPi(x);
        double value = (quadrant & 1) == 0 ? CosNearZero(high, low) : SinNearZero(high, low);
        return ((quadrant + 1) & 2) == 0 ? value : -value;
    }

    /// <summary>x = quadrant * pi/2 + high + low, with |high| at most about pi/4.</summary>
    private static (int Quadrant, double High, double Low) ReduceToQuarterPi(double x)
    {
        double magnitude = Math.Abs(x);
        if (magnitude <= QuarterPi)
        {
            return (0, x, 0.0);
        }

        (int quadrant, double high, double low) = magnitude < PartsReach ? ReduceByParts(magnitude) : ReduceByDigits(magnitude);
        return x < 0.0 ? (-quadrant & 3, -high, -low) : (quadrant & 3, high, low);
    }

    /// <summary>W. J. Cody and W. Waite, Software Manual for the Elementary Functions, 1980: subtract pi/2 in parts.</summary>
    private static (int Quadrant, double High, double Low) ReduceByParts(double x)
    {
        double n = Math.FusedMultiplyAdd(x, TwoOverPi, RoundingMagic) - RoundingMagic;
        double first = Math.FusedMultiplyAdd(-n, HalfPiPart1, x);
        double second = n * HalfPiPart2;
        double high = first - second;
        double virtualSecond = first - high;
        double low = (first - (high + virtualSecond)) + (virtualSecond - second);
        low = Math.FusedMultiplyAdd(-n, HalfPiPart3, low);
        double sum = high + low;
        return ((int)n, sum, (high - sum) + low);
    }

    /// <summary>
    /// M. H. Payne and R. N. Hanek, Radian reduction for trigonometric functions, 1983: multiply the significand by the digits of
    /// 2/pi that matter, as integers.
    /// </summary>
    private static (int Quadrant, double High, double Low) ReduceByDigits(double x)
    {
        long bits = BitConverter.DoubleToInt64Bits(x);
        ulong significand = ((ulong)bits & 0x000FFFFFFFFFFFFF) | 0x0010000000000000;
        int exponent = (int)(bits >> 52) - 1075;
        // Digits before this one contribute whole multiples of 4 quadrants.
        int start = exponent - 2;
        UInt128 topProduct = (UInt128)DigitsFrom(start) * significand;
        UInt128 middleProduct = (UInt128)DigitsFrom(start + 64) * significand;
        UInt128 bottomProduct = (UInt128)DigitsFrom(start + 128) * significand;
        UInt128 lowerWords = (middleProduct << 64) + bottomProduct;
        ulong carry = lowerWords < bottomProduct ? 1UL : 0UL;
        ulong top = (ulong)topProduct + (ulong)(middleProduct >> 64) + carry;
        int quadrant = (int)(top >> 62);
        UInt128 fraction = (new UInt128(top, (ulong)(lowerWords >> 64)) << 2) | (((ulong)lowerWords) >> 62);
        bool negative = (fraction >> 127) != 0;
        if (negative)
        {
            fraction = ~fraction + 1;
            quadrant++;
        }

        int zeros = (int)UInt128.LeadingZeroCount(fraction);
        UInt128 normalized = fraction << zeros;
        ulong upper = (ulong)(normalized >> 64);
        ulong rest = (upper << 53) | ((ulong)normalized >> 11);
        double high = ScaleByPowerOfTwo((double)(upper >> 11), -53 - zeros);
        double low = ScaleByPowerOfTwo((double)rest, -117 - zeros);
        double product = high * HalfPi;
        double productLow = Math.FusedMultiplyAdd(high, HalfPi, -product) + (high * HalfPiLow) + (low * HalfPi);
        double sum = product + productLow;
        double sumLow = (product - sum) + productLow;
        return negative ? (quadrant, -sum, -sumLow) : (quadrant, sum, sumLow);
    }

    /// <summary>64 digits of 2/pi from the given place after the binary point; places before it are zero.</summary>
    private static ulong DigitsFrom(int place)
    {
        int word = place >> 6;
        int shift = place & 63;
        ulong upper = word >= 0 ? TwoOverPiDigits[word] : 0UL;
        ulong lower = word + 1 >= 0 ? TwoOverPiDigits[word + 1] : 0UL;
        return shift == 0 ? upper : (upper << shift) | (lower >> (64 - shift));
    }

    private static double SinNearZero(double r, double low)
    {
        double z = r * r;
        double p = 1.0 / 355687428096000.0;
        p = Math.FusedMultiplyAdd(p, z, -1.0 / 1307674368000.0);
        p = Math.FusedMultiplyAdd(p, z, 1.0 / 6227020800.0);
        p = Math.FusedMultiplyAdd(p, z, -1.0 / 39916800.0);
        p = Math.FusedMultiplyAdd(p, z, 1.0 / 362880.0);
        p = Math.FusedMultiplyAdd(p, z, -1.0 / 5040.0);
        p = Math.FusedMultiplyAdd(p, z, 1.0 / 120.0);
        p = Math.FusedMultiplyAdd(p, z, -1.0 / 6.0);
        return r + Math.FusedMultiplyAdd(r * z, p, low * (1.0 - (0.5 * z)));
    }

    private static double CosNearZero(double r, double low)
    {
        double z = r * r;
        double p = -1.0 / 6402373705728000.0;
        p = Math.FusedMultiplyAdd(p, z, 1.0 / 20922789888000.0);
        p = Math.FusedMultiplyAdd(p, z, -1.0 / 87178291200.0);
        p = Math.FusedMultiplyAdd(p, z, 1.0 / 479001600.0);
        p = Math.FusedMultiplyAdd(p, z, -1.0 / 3628800.0);
        p = Math.FusedMultiplyAdd(p, z, 1.0 / 40320.0);
        p = Math.FusedMultiplyAdd(p, z, -1.0 / 720.0);
        p = Math.FusedMultiplyAdd(p, z, 1.0 / 24.0);
        double half = 0.5 * z;
        double w = 1.0 - half;
        return w + (((1.0 - w) - half) + Math.FusedMultiplyAdd(z * z, p, -r * low));
    }
}
