namespace DistTrain.Learning.Graph;

/// <summary>The numbers of <see cref="GeluOperation"/> and <see cref="GeluTanhOperation"/>; each arithmetic rounds them to its own precision.</summary>
public static class GeluConstants
{
    public const double SqrtHalf = 0.70710678118654752440;
    public const double NormalDensityAtZero = 0.39894228040143267794;
    public const double SqrtTwoOverPi = 0.79788456080286535588;
    public const double Cubic = 0.044715;
}
