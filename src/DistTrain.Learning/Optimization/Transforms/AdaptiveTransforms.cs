using System.Collections.Immutable;

namespace DistTrain.Learning.Optimization;

/// <summary>
/// s ← fma(g, g, s), starting at a given value; u = g / (√s + ε). Duchi et al., "Adaptive Subgradient Methods", 2011, in its diagonal form, as PyTorch's Adagrad without rate decay.
/// Constants: A = ε.
/// </summary>
public sealed record AdagradTransform(double Epsilon, double InitialAccumulator) : UpdateTransform
{
    public override ImmutableArray<StateTensor> Tensors => [new("adagrad.sum", (float)InitialAccumulator)];

    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars) => new((float)Epsilon);
}

/// <summary>
/// s ← fma(ρ, s, ((1−ρ)·g)·g); u = (√(d + ε) / √(s + ε))·g; d ← fma(ρ, d, ((1−ρ)·u)·u). Zeiler, "ADADELTA", 2012, algorithm 1, as PyTorch's Adadelta.
/// Constants: A = ρ, B = 1−ρ, C = ε.
/// </summary>
public sealed record AdadeltaTransform(double Rho, double Epsilon) : UpdateTransform
{
    private static readonly ImmutableArray<StateTensor> Averages = [new("adadelta.squared-gradient"), new("adadelta.squared-update")];

    public override ImmutableArray<StateTensor> Tensors => Averages;

    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars) => new((float)Rho, (float)(1 - Rho), (float)Epsilon);
}

/// <summary>
/// s ← fma(ρ, s, ((1−ρ)·g)·g); u = g / (√s + ε). Centered (Graves 2013): a ← fma(ρ, a, (1−ρ)·g) and the variance x = fma(−a, a, s), 0 where rounding makes it negative, stands for s in u.
/// Tieleman and Hinton, "Lecture 6.5: RMSProp", 2012, as PyTorch's RMSprop, whose momentum is a <see cref="MomentumTransform"/> behind it.
/// Constants: A = ρ, B = 1−ρ, C = ε.
/// </summary>
public sealed record RmspropTransform(double Rho, double Epsilon, bool Centered) : UpdateTransform
{
    private static readonly ImmutableArray<StateTensor> Plain = [new("rmsprop.squared-gradient")];
    private static readonly ImmutableArray<StateTensor> WithMean = [new("rmsprop.squared-gradient"), new("rmsprop.mean")];

    public override ImmutableArray<StateTensor> Tensors => Centered ? WithMean : Plain;

    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars) => new((float)Rho, (float)(1 - Rho), (float)Epsilon);
}
