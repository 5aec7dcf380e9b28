namespace DistTrain.Learning.Numerics;

public static partial class DeterministicMath
{
    private const double Log2E = 1.4426950408889634;
    // The high part ends in zeros, so that its product with any binary exponent is exact.
    private const double Ln2High = 0.693147180559663;
    private const double Ln2Low = 2.8235290563031577e-13;
    private const double RoundingMagic = 6755399441055744.0;
    private const double ExpUpperLimit = 710.0;
    private const double ExpLowerLimit = -746.0;
    private const long SqrtHalfBits = 0x3FE6A09E667F3BCD;
    private const double SmallestNormal = 2.2250738585072014e-308;
    private const double TwoToThe52 = 4503599627370496.0;
    private const double TwoToThe53 = 9007199254740992.0;
    private const double TwoToThe54 = 18014398509481984.0;

    /// <summary>e to the power of <paramref name="x"/>; maximal error 1 ulp (measured: 0.76), also where the result is subnormal.</summary>
    public static double Exp(double x) => double.IsNaN(x) ? x : ExpOfSum(x, 0.0);

    /// <summary>Natural logarithm; maximal error 1 ulp (measured: 0.81). Zero gives negative infinity, a negative number NaN.</summary>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || x == double.PositiveInfinity)
        {
            return x;
        }

        if (x <= 0.0)
        {
            return x == 0.0 ? double.NegativeInfinity : double.NaN;
        }

        (double f, double exponent) = SplitNearOne(x);
        return LogNearOne(f, exponent);
    }

    /// <summary>log((1 + f) 2^exponent) for 1 + f from √½ to √2.</summary>
    private static double LogNearOne(double f, double exponent)
    {
        double s = f / (2.0 + f);
        double z = s * s;
        double series = z * Math.FusedMultiplyAdd(AtanhTail(z), z, 2.0 / 3.0);
        double halfSquare = 0.5 * f * f;
        double low = Math.FusedMultiplyAdd(s, halfSquare + series, exponent * Ln2Low);
        return (exponent * Ln2High) - ((halfSquare - low) - f);
    }

    /// <summary>Hyperbolic tangent; maximal error 3 ulp (measured: 2.41).</summary>
    public static double Tanh(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        double magnitude = Math.Abs(x);
        double result = 1.0;
        if (magnitude < 1.0)
        {
            double e = ExpMinusOne(2.0 * magnitude);
            result = e / (e + 2.0);
        }
        else if (magnitude < 22.0)
        {
            result = 1.0 - (2.0 / (ExpOfSum(2.0 * magnitude, 0.0) + 1.0));
        }

        return Math.CopySign(result, x);
    }

    /// <summary><paramref name="x"/> to the power of <paramref name="y"/>; maximal error 1 ulp (measured: 0.84). Special cases as IEEE 754-2019 section 9.2.1 pow.</summary>
    public static double Pow(double x, double y)
    {
        if (y == 0.0 || x == 1.0)
        {
            return 1.0;
        }

        if (double.IsNaN(x))
        {
            return x;
        }

        if (double.IsNaN(y))
        {
            return y;
        }

        double magnitude = Math.Abs(x);
        if (double.IsInfinity(y))
        {
            return magnitude == 1.0 ? 1.0 : (magnitude > 1.0) == (y > 0.0) ? double.PositiveInfinity : 0.0;
        }

        bool odd = IsOddInteger(y);
        double sign = double.IsNegative(x) && odd ? -1.0 : 1.0;
        if (magnitude == 0.0 || double.IsInfinity(magnitude))
        {
            return (magnitude == 0.0) == (y > 0.0) ? sign * 0.0 : sign * double.PositiveInfinity;
        }

        if (x < 0.0 && y != TruncateToInteger(y))
        {
            return double.NaN;
        }

        return sign * PowOfPositive(magnitude, y);
    }

    /// <summary>
    /// <paramref name="x"/> to an integer power. Maximal error 1 ulp up to |<paramref name="exponent"/>| = 2^53, 2 ulp beyond.
    /// </summary>
    public static double IntegerPower(double x, long exponent)
    {
        const long ExactIntegers = 1L << 53;
        if (exponent is <= ExactIntegers and >= -ExactIntegers)
        {
            return Pow(x, exponent);
        }

        // Both parts have the sign of the exponent, so neither factor overflows or underflows unless the power does.
        long low = exponent % (1L << 26);
        return Pow(x, (double)(exponent - low)) * Pow(x, (double)low);
    }

    private static double PowOfPositive(double x, double y)
    {
        (double logHigh, double logLow) = LogAsSum(x);
        double high = y * logHigh;
        if (high > ExpUpperLimit)
        {
            return double.PositiveInfinity;
        }

        if (high < ExpLowerLimit)
        {
            return 0.0;
        }

        return ExpOfSum(high, Math.FusedMultiplyAdd(y, logHigh, -high) + (y * logLow));
    }

    /// <summary>exp(x + tail) for a tail far below x.</summary>
    private static double ExpOfSum(double x, double tail)
    {
        double clamped = x > ExpUpperLimit ? ExpUpperLimit : x;
        clamped = clamped < ExpLowerLimit ? ExpLowerLimit : clamped;
        double n = Math.FusedMultiplyAdd(clamped, Log2E, RoundingMagic) - RoundingMagic;
        double high = Math.FusedMultiplyAdd(-n, Ln2High, clamped);
        double r = Math.FusedMultiplyAdd(-n, Ln2Low, high);
        double rest = Math.FusedMultiplyAdd(-n, Ln2Low, high - r) + tail;
        double q = ExpTail(r);
        double growth = 1.0 + Math.FusedMultiplyAdd(r * r, q, r);
        double p = 1.0 + (Math.FusedMultiplyAdd(r * r, q, rest * growth) + r);
        return ScaleByPowerOfTwo(p, (int)n);
    }

    private static double ExpMinusOne(double x)
    {
        double n = Math.FusedMultiplyAdd(x, Log2E, RoundingMagic) - RoundingMagic;
        double high = Math.FusedMultiplyAdd(-n, Ln2High, x);
        double r = Math.FusedMultiplyAdd(-n, Ln2Low, high);
        double p = Math.FusedMultiplyAdd(r * r, ExpTail(r), r);
        double scale = ScaleByPowerOfTwo(1.0, (int)n);
        return Math.FusedMultiplyAdd(p, scale, scale - 1.0);
    }

    /// <summary>(exp(r) - 1 - r) / r² for |r| at most ln 2 / 2, by its Taylor series.</summary>
    private static double ExpTail(double r)
    {
        double q = 1.0 / 6227020800.0;
        q = Math.FusedMultiplyAdd(q, r, 1.0 / 479001600.0);
        q = Math.FusedMultiplyAdd(q, r, 1.0 / 39916800.0);
        q = Math.FusedMultiplyAdd(q, r, 1.0 / 3628800.0);
        q = Math.FusedMultiplyAdd(q, r, 1.0 / 362880.0);
        q = Math.FusedMultiplyAdd(q, r, 1.0 / 40320.0);
        q = Math.FusedMultiplyAdd(q, r, 1.0 / 5040.0);
        q = Math.FusedMultiplyAdd(q, r, 1.0 / 720.0);
        q = Math.FusedMultiplyAdd(q, r, 1.0 / 120.0);
        q = Math.FusedMultiplyAdd(q, r, 1.0 / 24.0);
        q = Math.FusedMultiplyAdd(q, r, 1.0 / 6.0);
        return Math.FusedMultiplyAdd(q, r, 0.5);
    }

    /// <summary>2/5 + 2/7 z + 2/9 z² + ..., from the series of 2 atanh(s), with z = s² at most 0.0295.</summary>
    private static double AtanhTail(double z)
    {
        double p = 2.0 / 25.0;
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 23.0);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 21.0);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 19.0);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 17.0);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 15.0);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 13.0);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 11.0);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 9.0);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 7.0);
        return Math.FusedMultiplyAdd(p, z, 2.0 / 5.0);
    }

    /// <summary>log(x) as an unevaluated sum with about 12 bits more than a double, for positive finite x.</summary>
    private static (double High, double Low) LogAsSum(double x)
    {
        (double f, double exponent) = SplitNearOne(x);
        double denominator = 2.0 + f;
        double denominatorLow = f - (denominator - 2.0);
        double s = f / denominator;
        double sLow = (Math.FusedMultiplyAdd(-s, denominator, f) - (s * denominatorLow)) / denominator;
        double z = s * s;
        double zLow = Math.FusedMultiplyAdd(s, s, -z) + (2.0 * s * sLow);
        // log(1 + f) = 2s + s z (2/3 + 2/5 z + ...); the first two terms need the extra bits.
        const double TwoThirdsLow = 3.700743415417188e-17;
        double refined = z * AtanhTail(z);
        double w = (2.0 / 3.0) + refined;
        double wLow = (((2.0 / 3.0) - w) + refined) + TwoThirdsLow;
        double cube = s * z;
        double cubeLow = Math.FusedMultiplyAdd(s, z, -cube) + (s * zLow) + (sLow * z);
        double v = cube * w;
        double vLow = Math.FusedMultiplyAdd(cube, w, -v) + (cube * wLow) + (cubeLow * w);
        double high = (2.0 * s) + v;
        double low = (((2.0 * s) - high) + v) + (2.0 * sLow) + vLow;
        double scaled = exponent * Ln2High;
        double sum = scaled + high;
        double virtualHigh = sum - scaled;
        double sumLow = (scaled - (sum - virtualHigh)) + (high - virtualHigh);
        sumLow += Math.FusedMultiplyAdd(exponent, Ln2Low, low);
        double total = sum + sumLow;
        return (total, (sum - total) + sumLow);
    }

    /// <summary>x = (1 + f) 2^exponent with 1 + f from sqrt(1/2) to sqrt(2), for positive finite x.</summary>
    private static (double F, double Exponent) SplitNearOne(double x)
    {
        bool subnormal = x < SmallestNormal;
        double scaled = subnormal ? x * TwoToThe54 : x;
        long offset = BitConverter.DoubleToInt64Bits(scaled) - SqrtHalfBits;
        double exponent = (offset >> 52) - (subnormal ? 54 : 0);
        return (BitConverter.Int64BitsToDouble((offset & 0x000FFFFFFFFFFFFF) + SqrtHalfBits) - 1.0, exponent);
    }

    private static double ScaleByPowerOfTwo(double x, int exponent)
    {
        int half = exponent >> 1;
        return x * BitConverter.Int64BitsToDouble((half + 1023L) << 52) * BitConverter.Int64BitsToDouble((exponent - half + 1023L) << 52);
    }

    private static bool IsOddInteger(double y)
    {
        double magnitude = Math.Abs(y);
        return magnitude < TwoToThe53 && TruncateToInteger(magnitude) == magnitude && ((long)magnitude & 1) == 1;
    }

    /// <summary>The integer part; at and above 2^52 every double is an integer.</summary>
    private static double TruncateToInteger(double y) => Math.Abs(y) < TwoToThe52 ? (double)(long)y : y;
}
