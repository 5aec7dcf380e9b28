using System.Globalization;
using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Tests.Numerics;

public sealed class DeterministicMathTests
{
    private const int SweepStride = 4099;

    [Theory]
    [InlineData("exp", 1.1)]
    [InlineData("log", 1.0)]
    [InlineData("tanh", 1.5)]
    [InlineData("sin", 0.51)]
    [InlineData("cos", 0.51)]
    public void Single_precision_stays_within_its_stated_error_over_all_exponents(string name, double limit)
    {
        double worst = 0;
        for (long bits = 0; bits < 1L << 32; bits += SweepStride)
        {
            float x = BitConverter.Int32BitsToSingle((int)bits);
            worst = Math.Max(worst, ErrorInUlp(SingleFunction(name)(x), DoubleReference(name)(x)));
        }

        Assert.InRange(worst, 0, limit);
    }

    [Theory]
    [InlineData("exp", 2)]
    [InlineData("log", 2)]
    [InlineData("tanh", 4)]
    [InlineData("sin", 2)]
    [InlineData("cos", 2)]
    public void Double_precision_is_within_its_stated_error_and_one_of_the_platform(string name, long limit)
    {
        long worst = 0;
        for (long step = 0; step < 400_000; step++)
        {
            double x = BitConverter.Int64BitsToDouble(unchecked(step * (long)0x9E3779B97F4A7C15UL));
            double moderate = (step - 200_000) * 0.0037251;
            worst = Math.Max(worst, UlpsBetween(DoubleFunction(name)(x), DoubleReference(name)(x)));
            worst = Math.Max(worst, UlpsBetween(DoubleFunction(name)(moderate), DoubleReference(name)(moderate)));
        }

        Assert.InRange(worst, 0, limit);
    }

    [Fact]
    public void Powers_are_within_two_ulp_of_the_platform_across_the_whole_range_of_results()
    {
        var random = new CounterBasedRandom(17, 0);
        for (int i = 0; i < 200_000; i++)
        {
            double x = (i & 1) == 0 ? 0.5 + random.UniformDouble() : BitConverter.Int64BitsToDouble((long)(random.UniformDouble() * 0x7FEFFFFFFFFFFFFF));
            double y = ((2 * random.UniformDouble()) - 1) * 745 / Math.Log(x);
            Assert.InRange(UlpsBetween(DeterministicMath.Pow(x, y), Math.Pow(x, y)), 0, 2);
        }
    }

    [Fact]
    public void Special_cases_of_pow_are_those_of_the_standard()
    {
        double[] values =
        [
            0.0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 2.5, -2.5, double.PositiveInfinity, double.NegativeInfinity, double.NaN, double.Epsilon,
            -double.Epsilon, double.MaxValue, double.MinValue, 9007199254740991.0, 9007199254740993.0, 1e300, -1e300, 4503599627370497.0,
        ];
        foreach (double x in values)
        {
            foreach (double y in values)
            {
                double expected = Math.Pow(x, y);
                double actual = DeterministicMath.Pow(x, y);
                Assert.True(UlpsBetween(actual, expected) <= 2 && double.IsNegative(actual) == (double.IsNegative(expected) || (double.IsNaN(expected) && double.IsNegative(actual))),
                    string.Create(CultureInfo.InvariantCulture, $"pow({x}, {y}) = {actual}, expected {expected}"));
            }
        }
    }

    [Theory]
    [InlineData(0.9, 0L, 1.0)]
    [InlineData(0.9, 1L, 0.9)]
    [InlineData(-3.0, 3L, -27.0)]
    [InlineData(-2.0, -63L, -1.0842021724855044e-19)]
    [InlineData(0.999, 1000L, 0.36769542477096373)]
    [InlineData(1.0000000000000002, 9_007_199_254_740_993L, 7.38905609893065)]
    [InlineData(-1.0, 9_007_199_254_740_993L, -1.0)]
    [InlineData(-1.0, 9_007_199_254_740_994L, 1.0)]
    [InlineData(2.0, long.MinValue, 0.0)]
    [InlineData(2.0, long.MaxValue, double.PositiveInfinity)]
    public void Integer_powers_keep_the_parity_and_the_last_digits_of_the_exponent(double x, long exponent, double expected)
    {
        Assert.InRange(UlpsBetween(DeterministicMath.IntegerPower(x, exponent), expected), 0, 2);
    }

    [Fact]
    public void Extremes_are_exact()
    {
        Assert.Equal(1f, DeterministicMath.Exp(0f));
        Assert.Equal(0f, DeterministicMath.Exp(float.NegativeInfinity));
        Assert.Equal(float.PositiveInfinity, DeterministicMath.Exp(float.PositiveInfinity));
        Assert.Equal(float.Epsilon, DeterministicMath.Exp(-103.3f));
        Assert.Equal(0f, DeterministicMath.Log(1f));
        Assert.Equal(float.NegativeInfinity, DeterministicMath.Log(-0f));
        Assert.True(float.IsNaN(DeterministicMath.Log(-1f)));
        Assert.Equal(0x80000000u, BitConverter.SingleToUInt32Bits(DeterministicMath.Tanh(-0f)));
        Assert.Equal(0x80000001u, BitConverter.SingleToUInt32Bits(DeterministicMath.Tanh(-float.Epsilon)));
        Assert.Equal(-1f, DeterministicMath.Tanh(float.NegativeInfinity));
        Assert.Equal(-1.0, DeterministicMath.Tanh(double.NegativeInfinity));
        Assert.Equal(1.0, DeterministicMath.Cos(0.0));
        Assert.True(double.IsNegative(DeterministicMath.Sin(-0.0)));
        Assert.True(double.IsNaN(DeterministicMath.Sin(double.PositiveInfinity)));
        Assert.True(double.IsNaN(DeterministicMath.Cos(double.NegativeInfinity)));
        // The double nearest to a multiple of pi/2, and pi in double: the reduction must keep the cancelled digits.
        Assert.Equal(1.2246467991473532e-16, DeterministicMath.Sin(Math.PI));
        Assert.Equal(-4.6871659242546277e-19, DeterministicMath.Cos(BitConverter.Int64BitsToDouble(0x7506AC5B262CA1FF)));
    }

    [Fact]
    public void Nan_is_returned_as_it_is()
    {
        float single = BitConverter.UInt32BitsToSingle(0xFFC12345);
        double wide = BitConverter.UInt64BitsToDouble(0xFFF8000000012345);
        foreach (string name in new[] { "exp", "log", "tanh", "sin", "cos" })
        {
            Assert.Equal(0xFFC12345, BitConverter.SingleToUInt32Bits(SingleFunction(name)(single)));
            Assert.Equal(0xFFF8000000012345, BitConverter.DoubleToUInt64Bits(DoubleFunction(name)(wide)));
        }
    }

    /// <summary>The values are part of the arithmetic: a change here is a change of every trained weight.</summary>
    [Theory]
    [InlineData("exp", 0x674412DCU, 0x00D3643763F36D1DUL)]
    [InlineData("log", 0x1A31E15BU, 0x34E82E1DDFEB6505UL)]
    [InlineData("tanh", 0x3ADAD2A2U, 0x1D55AC07C4B528C6UL)]
    [InlineData("sin", 0x7425545FU, 0x224A50AE4A6A1494UL)]
    [InlineData("cos", 0x3AD8F134U, 0xA7EA9F21914BACAEUL)]
    public void Values_over_a_sweep_are_pinned(string name, uint expectedSingle, ulong expectedDouble)
    {
        uint single = 2166136261;
        ulong wide = 14695981039346656037;
        for (int step = 0; step < 100_000; step++)
        {
            float x = BitConverter.UInt32BitsToSingle(unchecked((uint)step * 0x9E3779B1u));
            double y = BitConverter.Int64BitsToDouble(unchecked(step * (long)0x9E3779B97F4A7C15UL));
            single = unchecked((single ^ BitConverter.SingleToUInt32Bits(CanonicalNaN(SingleFunction(name)(x)))) * 16777619);
            wide = unchecked((wide ^ BitConverter.DoubleToUInt64Bits(CanonicalNaN(DoubleFunction(name)(y)))) * 1099511628211);
        }

        Assert.Equal((expectedSingle, expectedDouble), (single, wide));
    }

    private static Func<float, float> SingleFunction(string name) => name switch
    {
        "exp" => DeterministicMath.Exp,
        "log" => DeterministicMath.Log,
        "tanh" => DeterministicMath.Tanh,
        "sin" => DeterministicMath.Sin,
        _ => DeterministicMath.Cos,
    };

    private static Func<double, double> DoubleFunction(string name) => name switch
    {
        "exp" => DeterministicMath.Exp,
        "log" => DeterministicMath.Log,
        "tanh" => DeterministicMath.Tanh,
        "sin" => DeterministicMath.Sin,
        _ => DeterministicMath.Cos,
    };

    private static Func<double, double> DoubleReference(string name) => name switch
    {
        "exp" => Math.Exp,
        "log" => Math.Log,
        "tanh" => Math.Tanh,
        "sin" => Math.Sin,
        _ => Math.Cos,
    };

    private static float CanonicalNaN(float x) => float.IsNaN(x) ? float.NaN : x;

    private static double CanonicalNaN(double x) => double.IsNaN(x) ? double.NaN : x;

    private static double ErrorInUlp(float actual, double exact)
    {
        if (float.IsNaN(actual) || double.IsNaN(exact))
        {
            return float.IsNaN(actual) && double.IsNaN(exact) ? 0 : double.PositiveInfinity;
        }

        if (actual == (float)exact)
        {
            return 0.5;
        }

        double unit = Math.Max(Math.ScaleB(1, Math.ILogB(exact) - 23), float.Epsilon);
        return Math.Abs(actual - exact) / unit;
    }

    private static long UlpsBetween(double left, double right)
    {
        if (double.IsNaN(left) || double.IsNaN(right))
        {
            return double.IsNaN(left) && double.IsNaN(right) ? 0 : long.MaxValue;
        }

        Int128 distance = (Int128)OrderedBits(left) - OrderedBits(right);
        return (long)Int128.Min(Int128.Abs(distance), long.MaxValue);
    }

    private static long OrderedBits(double x)
    {
        long bits = BitConverter.DoubleToInt64Bits(x);
        return bits < 0 ? long.MinValue - bits : bits;
    }
}
