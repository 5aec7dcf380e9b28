namespace DistTrain.Learning.Graph;

/// <summary>
/// Inverted dropout: in training y = x / (1 − rate) where the unit is kept and 0 where it is dropped, the gradient likewise; in evaluation y = x. Which units are dropped is a pure function of
/// (seed, step, sample, layer, unit): <see cref="Numerics.DropoutNoise"/>. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014, section 10 (inverted).
/// </summary>
/// <param name="Rate">Probability that a unit is dropped, from 0 to below 1.</param>
public sealed record DropoutOperation(double Rate) : ElementwiseOperation
{
    public override string Kind => "dropout";

    /// <summary>What kept units are multiplied by.</summary>
    public double Scale => 1 / (1 - Rate);
}
