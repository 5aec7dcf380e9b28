using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Graph;

/// <summary>
/// How a parameter tensor starts. Every element is a pure function of (seed, tensor index, element index), so any node can make any part of it.
/// </summary>
public abstract record Initializer
{
    private const uint InitializationStream = 0x494E4954;

    /// <summary>Fills <paramref name="destination"/> with the initial values of a tensor.</summary>
    /// <param name="destination">[elements] the whole tensor, row-major.</param>
    /// <param name="shape">The tensor's.</param>
    /// <param name="fans">Inputs that feed one output, and outputs that one input feeds.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="tensorIndex">Index of the tensor among the graph's parameters.</param>
    public abstract void Fill(Span<float> destination, TensorShape shape, Fans fans, ulong seed, int tensorIndex);

    private protected static CounterBasedRandom Source(ulong seed, int tensorIndex) => new(seed, ((ulong)InitializationStream << 32) | (uint)tensorIndex);

    private protected static void FillUniform(Span<float> destination, double bound, ulong seed, int tensorIndex)
    {
        var random = Source(seed, tensorIndex);
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = (float)(((random.UniformDouble() * 2) - 1) * bound);
        }
    }

    private protected static void FillNormal(Span<float> destination, double deviation, ulong seed, int tensorIndex)
    {
        var random = Source(seed, tensorIndex);
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = (float)(random.Normal() * deviation);
        }
    }
}

/// <summary>Number of inputs that feed one output of a layer, and number of outputs that one input feeds.</summary>
public readonly record struct Fans(int In, int Out);

/// <summary>Every element is <paramref name="Value"/>.</summary>
public sealed record ConstantInitializer(double Value) : Initializer
{
    public override void Fill(Span<float> destination, TensorShape shape, Fans fans, ulong seed, int tensorIndex) => destination.Fill((float)Value);
}

/// <summary>Uniform in ±√(6 / (fan-in + fan-out)). Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010, eq. 16.</summary>
public sealed record XavierUniformInitializer : Initializer
{
    public override void Fill(Span<float> destination, TensorShape shape, Fans fans, ulong seed, int tensorIndex) =>
        FillUniform(destination, Math.Sqrt(6.0 / ((double)fans.In + fans.Out)), seed, tensorIndex);
}

/// <summary>Normal with deviation √(2 / (fan-in + fan-out)). Glorot and Bengio 2010.</summary>
public sealed record XavierNormalInitializer : Initializer
{
    public override void Fill(Span<float> destination, TensorShape shape, Fans fans, ulong seed, int tensorIndex) =>
        FillNormal(destination, Math.Sqrt(2.0 / ((double)fans.In + fans.Out)), seed, tensorIndex);
}

/// <summary>Uniform in ±√(6 / fan-in), for layers followed by ReLU. He et al., "Delving deep into rectifiers", 2015, eq. 10.</summary>
public sealed record KaimingUniformInitializer : Initializer
{
    public override void Fill(Span<float> destination, TensorShape shape, Fans fans, ulong seed, int tensorIndex) =>
        FillUniform(destination, Math.Sqrt(6.0 / fans.In), seed, tensorIndex);
}

/// <summary>Normal with deviation √(2 / fan-in), for layers followed by ReLU. He et al. 2015, eq. 10.</summary>
public sealed record KaimingNormalInitializer : Initializer
{
    public override void Fill(Span<float> destination, TensorShape shape, Fans fans, ulong seed, int tensorIndex) =>
        FillNormal(destination, Math.Sqrt(2.0 / fans.In), seed, tensorIndex);
}

/// <summary>Normal with mean 0 and the given deviation.</summary>
/// <param name="Deviation">At least 0.</param>
public sealed record NormalInitializer(double Deviation) : Initializer
{
    public override void Fill(Span<float> destination, TensorShape shape, Fans fans, ulong seed, int tensorIndex) => FillNormal(destination, Deviation, seed, tensorIndex);
}

/// <summary>Uniform in ±bound.</summary>
/// <param name="Bound">At least 0.</param>
public sealed record UniformInitializer(double Bound) : Initializer
{
    public override void Fill(Span<float> destination, TensorShape shape, Fans fans, ulong seed, int tensorIndex) => FillUniform(destination, Bound, seed, tensorIndex);
}
