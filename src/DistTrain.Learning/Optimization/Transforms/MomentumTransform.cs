using System.Collections.Immutable;

namespace DistTrain.Learning.Optimization;

/// <summary>
/// v ← fma(μ, v, g); u = v, or with Nesterov u = fma(μ, v, g). Constants: A = μ. Polyak 1964; Nesterov as in Sutskever et al., "On the importance of initialization and
/// momentum in deep learning", 2013, in the form PyTorch uses (no dampening).
/// </summary>
public sealed record MomentumTransform(double Decay, bool Nesterov) : UpdateTransform
{
    private static readonly ImmutableArray<StateTensor> Velocity = [new("momentum")];

    public override ImmutableArray<StateTensor> Tensors => Velocity;

    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars) => new((float)Decay);
}
