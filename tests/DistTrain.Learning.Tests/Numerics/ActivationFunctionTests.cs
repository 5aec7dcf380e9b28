using System.Text.Json;
using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Tests.Numerics;

/// <summary>
/// The functions behind activations and losses: in double precision against values recorded from mpmath by Recorded/record_functions.py, in single precision against those in double.
/// </summary>
public sealed class ActivationFunctionTests
{
    private const int SweepStride = 4099;
    private static readonly JsonElement Recorded = Load();

    [Theory]
    [InlineData("sigmoid", 2)]
    [InlineData("softplus", 1.5)]
    [InlineData("erf", 3)]
    [InlineData("expm1", 1.5)]
    public void Double_precision_stays_within_its_stated_error(string name, double limit)
    {
        var (worst, where) = (0.0, 0.0);
        foreach (var row in Recorded.GetProperty(name).EnumerateArray())
        {
            var (x, near, rest) = (row[0].GetDouble(), row[1].GetDouble(), row[2].GetDouble());
            double error = Math.Abs(Double(name)(x) - near - rest) / Math.Max(Math.ScaleB(1, Math.ILogB(near == 0 ? double.Epsilon : near) - 52), double.Epsilon);
            (worst, where) = error > worst ? (error, x) : (worst, where);
        }

        Assert.True(worst <= limit, $"{name}: {worst} ulp at {where:R}");
    }

    [Theory]
    [InlineData("sigmoid", 2.3)]
    [InlineData("softplus", 2)]
    [InlineData("erf", 1.2)]
    [InlineData("expm1", 1.2)]
    public void Single_precision_stays_within_its_stated_error_over_all_exponents(string name, double limit)
    {
        var (worst, where) = (0.0, 0f);
        for (long bits = 0; bits < 1L << 32; bits += SweepStride)
        {
            float x = BitConverter.Int32BitsToSingle((int)bits);
            if (name != "expm1" || x <= 0)
            {
                double error = ErrorInUlp(Single(name)(x), Double(name)(x));
                (worst, where) = error > worst ? (error, x) : (worst, where);
            }
        }

        Assert.True(worst <= limit, $"{name}: {worst} ulp at {where:R}");
    }

    [Fact]
    public void Extremes_are_exact()
    {
        Assert.Equal((0f, 0.5f, 1f), (DeterministicMath.Sigmoid(float.NegativeInfinity), DeterministicMath.Sigmoid(0f), DeterministicMath.Sigmoid(float.PositiveInfinity)));
        Assert.Equal((0.0, 0.5, 1.0), (DeterministicMath.Sigmoid(double.NegativeInfinity), DeterministicMath.Sigmoid(0.0), DeterministicMath.Sigmoid(double.PositiveInfinity)));
        Assert.Equal((0f, float.PositiveInfinity), (DeterministicMath.Softplus(float.NegativeInfinity), DeterministicMath.Softplus(float.PositiveInfinity)));
        Assert.Equal((-1f, 1f), (DeterministicMath.Erf(float.NegativeInfinity), DeterministicMath.Erf(float.PositiveInfinity)));
        Assert.Equal((-1.0, 1.0), (DeterministicMath.Erf(double.NegativeInfinity), DeterministicMath.Erf(double.PositiveInfinity)));
        Assert.Equal((-1f, -1.0), (DeterministicMath.ExpMinusOneBelowZero(float.NegativeInfinity), DeterministicMath.ExpMinusOneBelowZero(double.NegativeInfinity)));
        Assert.True(float.IsNegative(DeterministicMath.Erf(-0f)) && double.IsNegative(DeterministicMath.Erf(-0.0)));
        foreach (string name in new[] { "sigmoid", "softplus", "erf", "expm1" })
        {
            Assert.Equal(0xFFC12345, BitConverter.SingleToUInt32Bits(Single(name)(BitConverter.UInt32BitsToSingle(0xFFC12345))));
            Assert.Equal(0xFFF8000000012345, BitConverter.DoubleToUInt64Bits(Double(name)(BitConverter.UInt64BitsToDouble(0xFFF8000000012345))));
        }
    }

    /// <summary>The values are part of the arithmetic: a change here is a change of every trained weight.</summary>
    [Theory]
    [InlineData("sigmoid", 0x6A1AF47AU, 0xB0AE0C06258B115AUL)]
    [InlineData("softplus", 0xE4A0DA44U, 0x6E16AD1601DE9081UL)]
    [InlineData("erf", 0x7A6CF17DU, 0xDBB97056BD7884BDUL)]
    [InlineData("expm1", 0xF87D6DB3U, 0x40952A887A1FBCB9UL)]
    public void Values_over_a_sweep_are_pinned(string name, uint expectedSingle, ulong expectedDouble)
    {
        uint single = 2166136261;
        ulong wide = 14695981039346656037;
        for (int step = 0; step < 100_000; step++)
        {
            float x = (step - 80_000) * 0.000317f;
            double y = (step - 80_000) * 0.000317;
            x = name == "expm1" ? -MathF.Abs(x) : x;
            y = name == "expm1" ? -Math.Abs(y) : y;
            single = unchecked((single ^ BitConverter.SingleToUInt32Bits(Single(name)(x))) * 16777619);
            wide = unchecked((wide ^ BitConverter.DoubleToUInt64Bits(Double(name)(y))) * 1099511628211);
        }

        Assert.Equal((expectedSingle, expectedDouble), (single, wide));
    }

    private static Func<float, float> Single(string name) => name switch
    {
        "sigmoid" => DeterministicMath.Sigmoid,
        "softplus" => DeterministicMath.Softplus,
        "erf" => DeterministicMath.Erf,
        _ => DeterministicMath.ExpMinusOneBelowZero,
    };

    private static Func<double, double> Double(string name) => name switch
    {
        "sigmoid" => DeterministicMath.Sigmoid,
        "softplus" => DeterministicMath.Softplus,
        "erf" => DeterministicMath.Erf,
        _ => DeterministicMath.ExpMinusOneBelowZero,
    };

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

    private static JsonElement Load()
    {
        using var stream = typeof(ActivationFunctionTests).Assembly.GetManifestResourceStream("functions.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
