using System.Numerics;
using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>The elementary functions that the reference operations need, so that one source runs in float32 (the oracle for bits) and in double (the oracle for gradients).</summary>
internal interface IReferenceArithmetic<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    static abstract T Exp(T x);

    static abstract T Log(T x);

    static abstract T Tanh(T x);

    static abstract T Sigmoid(T x);

    static abstract T Softplus(T x);

    static abstract T Erf(T x);

    /// <summary>exp(x) − 1 for x ≤ 0.</summary>
    static abstract T ExpMinusOneBelowZero(T x);
}

internal readonly struct SingleArithmetic : IReferenceArithmetic<float>
{
    public static float Exp(float x) => DeterministicMath.Exp(x);

    public static float Log(float x) => DeterministicMath.Log(x);

    public static float Tanh(float x) => DeterministicMath.Tanh(x);

    public static float Sigmoid(float x) => DeterministicMath.Sigmoid(x);

    public static float Softplus(float x) => DeterministicMath.Softplus(x);

    public static float Erf(float x) => DeterministicMath.Erf(x);

    public static float ExpMinusOneBelowZero(float x) => DeterministicMath.ExpMinusOneBelowZero(x);
}

internal readonly struct DoubleArithmetic : IReferenceArithmetic<double>
{
    public static double Exp(double x) => DeterministicMath.Exp(x);

    public static double Log(double x) => DeterministicMath.Log(x);

    public static double Tanh(double x) => DeterministicMath.Tanh(x);

    public static double Sigmoid(double x) => DeterministicMath.Sigmoid(x);

    public static double Softplus(double x) => DeterministicMath.Softplus(x);

    public static double Erf(double x) => DeterministicMath.Erf(x);

    public static double ExpMinusOneBelowZero(double x) => DeterministicMath.ExpMinusOneBelowZero(x);
}
