using System.Collections.Immutable;
using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Optimization;

/// <summary>
/// m ← fma(β₁, m, (1−β₁)·g); v ← fma(β₂, v, ((1−β₂)·g)·g); u = (m·c₁) / (√(v·c₂) + ε) with c₁ = 1/(1−β₁ᵗ), c₂ = 1/(1−β₂ᵗ). Kingma and Ba, "Adam", 2015, algorithm 1.
/// Constants: A = β₁, B = 1−β₁, C = β₂, D = 1−β₂, E = c₁, F = c₂, G = ε.
/// </summary>
public sealed record AdamTransform(double Beta1, double Beta2, double Epsilon) : UpdateTransform
{
    private static readonly ImmutableArray<StateTensor> Moments = [new("adam.mean"), new("adam.variance")];

    public override ImmutableArray<StateTensor> Tensors => Moments;

    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars) => Constants(Beta1, Beta2, Epsilon, moment.Update);

    internal static UpdateConstants Constants(double beta1, double beta2, double epsilon, long update) => new(
        (float)beta1,
        (float)(1 - beta1),
        (float)beta2,
        (float)(1 - beta2),
        (float)(1 / (1 - DeterministicMath.IntegerPower(beta1, update))),
        (float)(1 / (1 - DeterministicMath.IntegerPower(beta2, update))),
        (float)epsilon);
}

/// <summary>
/// As <see cref="AdamTransform"/>, with the greatest v so far: x ← v &gt; x ? v : x; u = (m·c₁) / (√(x·c₂) + ε). Reddi et al., "On the Convergence of Adam and Beyond", 2018,
/// with the bias corrections that PyTorch keeps (Adam with amsgrad=True). Constants as for Adam.
/// </summary>
public sealed record AmsgradTransform(double Beta1, double Beta2, double Epsilon) : UpdateTransform
{
    private static readonly ImmutableArray<StateTensor> Moments = [new("amsgrad.mean"), new("amsgrad.variance"), new("amsgrad.greatest-variance")];

    public override ImmutableArray<StateTensor> Tensors => Moments;

    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars) => AdamTransform.Constants(Beta1, Beta2, Epsilon, moment.Update);
}

/// <summary>
/// m ← fma(β₁, m, (1−β₁)·g); n ← the greater of β₂·n and |g| + ε; u = (m·c₁) / n with c₁ = 1/(1−β₁ᵗ). Kingma and Ba, "Adam", 2015, algorithm 2 (AdaMax), with ε where PyTorch has it.
/// Constants: A = β₁, B = 1−β₁, C = β₂, D = c₁, E = ε.
/// </summary>
public sealed record AdamaxTransform(double Beta1, double Beta2, double Epsilon) : UpdateTransform
{
    private static readonly ImmutableArray<StateTensor> Moments = [new("adamax.mean"), new("adamax.greatest")];

    public override ImmutableArray<StateTensor> Tensors => Moments;

    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars) => new(
        (float)Beta1, (float)(1 - Beta1), (float)Beta2, (float)(1 / (1 - DeterministicMath.IntegerPower(Beta1, moment.Update))), (float)Epsilon);
}

/// <summary>
/// m and v as for <see cref="AdamTransform"/>; u = fma(a, g, b·m) / (√(v·c₂) + ε) with μₜ = β₁(1 − ½·0.96^(t·ψ)), a = (1−μₜ)/(1−Πₜ), b = μₜ₊₁/(1−Πₜ·μₜ₊₁), where Πₜ = μ₁…μₜ is kept as
/// a scalar and ψ is the momentum decay. Dozat, "Incorporating Nesterov Momentum into Adam", 2016, as PyTorch's NAdam.
/// Constants: A = β₁, B = 1−β₁, C = β₂, D = 1−β₂, E = a, F = c₂, G = ε, H = b.
/// </summary>
public sealed record NadamTransform(double Beta1, double Beta2, double Epsilon, double MomentumDecay) : UpdateTransform
{
    private const double DecayBase = 0.96;
    private static readonly ImmutableArray<StateTensor> Moments = [new("nadam.mean"), new("nadam.variance")];
    private static readonly ImmutableArray<StateScalar> Product = [new("nadam.momentum-product", 1)];

    public override ImmutableArray<StateTensor> Tensors => Moments;

    public override ImmutableArray<StateScalar> Scalars => Product;

    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars)
    {
        var momentum = MomentumAt(moment.Update);
        var next = MomentumAt(moment.Update + 1);
        var product = scalars[0] *= momentum;
        return AdamTransform.Constants(Beta1, Beta2, Epsilon, moment.Update) with { E = (float)((1 - momentum) / (1 - product)), H = (float)(next / (1 - (product * next))) };
    }

    private double MomentumAt(long update) => Beta1 * (1 - (0.5 * DeterministicMath.Pow(DecayBase, update * MomentumDecay)));
}
