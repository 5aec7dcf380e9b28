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
}

internal readonly struct SingleArithmetic : IReferenceArithmetic<float>
{
    public static float Exp(float x) => DeterministicMath.Exp(x);

    public static float Log(float x) => DeterministicMath.Log(x);

    public static float Tanh(float x) => DeterministicMath.Tanh(x);
}

internal readonly struct DoubleArithmetic : IReferenceArithmetic<double>
{
    public static double Exp(double x) => DeterministicMath.Exp(x);

    public static double Log(double x) => DeterministicMath.Log(x);

    public static double Tanh(double x) => DeterministicMath.Tanh(x);
}
