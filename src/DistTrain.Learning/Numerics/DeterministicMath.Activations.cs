namespace DistTrain.Learning.Numerics;

/// <content>The functions behind activations and losses.</content>
public static partial class DeterministicMath
{
    internal const float SingleSqrtTwoMinusOne = 0.41421357f;
    internal const float SingleErfPolynomialLimit = 0.9375f;
    internal const float SingleErfUpperLimit = 3.95f;
    internal const float SingleExpMinusOneLowerLimit = -18f;
    private const double SqrtTwoMinusOne = 0.41421356237309503;
    private const double TwoOverSqrtPi = 1.1283791670955126;
    private const double ErfSeriesLimit = 1.5;
    private const double ErfUpperLimit = 6.0;
    private const double ExpMinusOneLowerLimit = -40.0;

    /// <summary>The logistic function 1 / (1 + exp(−x)), from exp(−|x|) on both sides, so that neither overflows; maximal error 2.3 ulp (measured over a dense sweep of all floats: 2.01).</summary>
    public static float Sigmoid(float x)
    {
        if (float.IsNaN(x))
        {
            return x;
        }

        float e = Exp(-MathF.Abs(x));
        return (x < 0f ? e : 1f) / (1f + e);
    }

    /// <summary>The logistic function 1 / (1 + exp(−x)), from exp(−|x|) on both sides, so that neither overflows; maximal error 2 ulp (measured: 1.65).</summary>
    public static double Sigmoid(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        double e = Exp(-Math.Abs(x));
        return (x < 0.0 ? e : 1.0) / (1.0 + e);
    }

    /// <summary>log(1 + exp(x)) as max(x, 0) + log(1 + exp(−|x|)), which keeps its precision where exp(x) is far below 1; maximal error 2 ulp (measured over a dense sweep of all floats: 1.60).</summary>
    public static float Softplus(float x) => float.IsNaN(x) ? x : (x > 0f ? x : 0f) + LogOnePlus(Exp(-MathF.Abs(x)));

    /// <summary>log(1 + exp(x)) as max(x, 0) + log(1 + exp(−|x|)), which keeps its precision where exp(x) is far below 1; maximal error 1.5 ulp (measured: 1.15).</summary>
    public static double Softplus(double x) => double.IsNaN(x) ? x : (x > 0.0 ? x : 0.0) + LogOnePlus(Exp(-Math.Abs(x)));

    /// <summary>log(1 + e) for e from 0 to 1: below √2 − 1 the polynomial of the logarithm at e itself, above it at (1 + e) / 2.</summary>
    private static float LogOnePlus(float e)
    {
        bool halved = e > SingleSqrtTwoMinusOne;
        float y = LogNearOne(halved ? 0.5f * (e - 1f) : e);
        return halved ? (y + SingleLn2Low) + SingleLn2High : y;
    }

    /// <summary>log(1 + e) for e from 0 to 1.</summary>
    private static double LogOnePlus(double e) => e > SqrtTwoMinusOne ? LogNearOne(0.5 * (e - 1.0), 1.0) : LogNearOne(e, 0.0);

    /// <summary>The error function 2/√π ∫ exp(−t²) dt from 0 to <paramref name="x"/>; maximal error 1.2 ulp (measured over a dense sweep of all floats: 1.03).</summary>
    /// <remarks>Below 15/16 a polynomial in x², above it 1 − exp(−q(|x|)), where q is a polynomial for −log erfc.</remarks>
    public static float Erf(float x)
    {
        if (float.IsNaN(x))
        {
            return x;
        }

        float magnitude = MathF.Abs(x);
        float result;
        if (magnitude < SingleErfPolynomialLimit)
        {
            float z = magnitude * magnitude;
            float p = SingleErfCoefficients.C13;
            p = MathF.FusedMultiplyAdd(p, z, SingleErfCoefficients.C11);
            p = MathF.FusedMultiplyAdd(p, z, SingleErfCoefficients.C9);
            p = MathF.FusedMultiplyAdd(p, z, SingleErfCoefficients.C7);
            p = MathF.FusedMultiplyAdd(p, z, SingleErfCoefficients.C5);
            p = MathF.FusedMultiplyAdd(p, z, SingleErfCoefficients.C3);
            p = MathF.FusedMultiplyAdd(p, z, SingleErfCoefficients.C1);
            result = MathF.FusedMultiplyAdd(magnitude, p, magnitude);
        }
        else
        {
            float a = magnitude > SingleErfUpperLimit ? SingleErfUpperLimit : magnitude;
            float q = SingleErfcCoefficients.C6;
            q = MathF.FusedMultiplyAdd(q, a, SingleErfcCoefficients.C5);
            q = MathF.FusedMultiplyAdd(q, a, SingleErfcCoefficients.C4);
            q = MathF.FusedMultiplyAdd(q, a, SingleErfcCoefficients.C3);
            q = MathF.FusedMultiplyAdd(q, a, SingleErfcCoefficients.C2);
            q = MathF.FusedMultiplyAdd(q, a, SingleErfcCoefficients.C1);
            q = MathF.FusedMultiplyAdd(q, a, SingleErfcCoefficients.C0);
            result = 1f - Exp(-q);
        }

        return MathF.CopySign(result, x);
    }

    /// <summary>The error function 2/√π ∫ exp(−t²) dt from 0 to <paramref name="x"/>; maximal error 3 ulp (measured: 2.84).</summary>
    /// <remarks>
    /// Abramowitz and Stegun, Handbook of Mathematical Functions, 1964: below 1.5 the series 7.1.6, whose terms all have one sign; above it 1 − erfc by the continued fraction 7.1.14.
    /// </remarks>
    public static double Erf(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        double magnitude = Math.Abs(x);
        double result = 1.0;
        if (magnitude < ErfUpperLimit)
        {
            double square = magnitude * magnitude;
            double bell = ExpOfSum(-square, -Math.FusedMultiplyAdd(magnitude, magnitude, -square));
            result = magnitude < ErfSeriesLimit ? TwoOverSqrtPi * bell * ErfSeries(magnitude, square) : 1.0 - (0.5 * TwoOverSqrtPi * bell / ErfcFraction(magnitude));
        }

        return Math.CopySign(result, x);
    }

    /// <summary>exp(x) − 1 for x ≤ 0; maximal error 1.2 ulp (measured over a dense sweep of all floats: 0.95).</summary>
    internal static float ExpMinusOneBelowZero(float x)
    {
        if (float.IsNaN(x))
        {
            return x;
        }

        float clamped = x < SingleExpMinusOneLowerLimit ? SingleExpMinusOneLowerLimit : x;
        float p = ExpMinusOneOfRemainder(clamped, out int exponent);
        float scale = SinglePowerOfTwo(exponent);
        return MathF.FusedMultiplyAdd(p, scale, scale - 1f);
    }

    /// <summary>exp(x) − 1 for x ≤ 0; maximal error 1.5 ulp (measured: 1.01).</summary>
    internal static double ExpMinusOneBelowZero(double x) => double.IsNaN(x) ? x : x < ExpMinusOneLowerLimit ? -1.0 : ExpMinusOne(x);

    /// <summary>x (1 + 2x²/3 (1 + 2x²/5 (1 + …))); up to 1.5 the 32 factors are far more than a double holds.</summary>
    private static double ErfSeries(double x, double square)
    {
        double sum = 1.0;
        for (double divisor = 65.0; divisor >= 3.0; divisor -= 2.0)
        {
            sum = Math.FusedMultiplyAdd(2.0 * square / divisor, sum, 1.0);
        }

        return x * sum;
    }

    /// <summary>x + (1/2) / (x + (2/2) / (x + (3/2) / (x + …))); from 1.5 on 100 levels are far more than a double holds.</summary>
    private static double ErfcFraction(double x)
    {
        double tail = x;
        for (double level = 100.0; level >= 1.0; level--)
        {
            tail = x + (0.5 * level / tail);
        }

        return tail;
    }

    /// <summary>erf(x) = x + x (C1 + C3 x² + ...) below <see cref="SingleErfPolynomialLimit"/>; minimax.</summary>
    internal static class SingleErfCoefficients
    {
        public const float C1 = 0.128379166f;
        public const float C3 = -0.376126319f;
        public const float C5 = 0.112836793f;
        public const float C7 = -0.0268584974f;
        public const float C9 = 0.00519882981f;
        public const float C11 = -0.00081180752f;
        public const float C13 = 8.26746109e-05f;
    }

    /// <summary>−log erfc(x) = C0 + C1 x + ... from <see cref="SingleErfPolynomialLimit"/> to <see cref="SingleErfUpperLimit"/>, from where on erf rounds to 1; minimax in the error of erf.</summary>
    internal static class SingleErfcCoefficients
    {
        public const float C0 = 0.000223544674f;
        public const float C1 = 1.12756109f;
        public const float C2 = 0.637374103f;
        public const float C3 = 0.103763998f;
        public const float C4 = -0.0221464857f;
        public const float C5 = 0.00302312151f;
        public const float C6 = -0.000193896223f;
    }
}
