using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>
/// Batch normalisation over the last axis (the channels): y = x̂·γ + β with x̂ = (x − mean)·r and r = 1/√(variance + <paramref name="Epsilon"/>). Ioffe and Szegedy, "Batch normalization", 2015,
/// algorithm 1.
/// </summary>
/// <remarks>
/// <para>
/// In training, mean and variance are those of each micro-batch by itself ("ghost batch norm": Hoffer, Hubara, Soudry, "Train longer, generalize better", 2017, algorithm 1), so results do not depend on
/// which worker computes which micro-batch; in evaluation they are the running ones. A channel of a micro-batch has N values, one for each sample and position. They are added in order of samples, then
/// positions, from zero: first the mean Σx / N, then the variance Σ(x − mean)² / N, each square by fused multiply-add. x̂·γ + β is one fused multiply-add.
/// </para>
/// <para>
/// Backward, with sums over the micro-batch in the same order, dβ = Σ dy and dγ = Σ dy·x̂ by fused multiply-add: dx = (γ·r) · fma(−x̂, dγ/N, dy − dβ/N).
/// </para>
/// <para>
/// The running variance collects the unbiased estimate Σ(x − mean)² / (N − 1), as PyTorch's does. Where N = 1 the output is β, the gradient by the input 0 and the variance collected 0. Where all N values
/// are equal, x̂ is 0 but for the rounding of the mean, and stays bounded because of ε.
/// </para>
/// </remarks>
/// <param name="Momentum">Weight of the newest statistics in the running ones.</param>
/// <param name="Epsilon">Added to the variance; above 0 as a float32.</param>
public sealed record BatchNormOperation(double Momentum = BatchNormOperation.DefaultMomentum, double Epsilon = BatchNormOperation.DefaultEpsilon) : UnaryOperation
{
    public const double DefaultMomentum = 0.1;
    public const double DefaultEpsilon = 1e-5;

    public override string Kind => "batch-norm";

    public override TensorShape OutputShape(TensorShape input) => input;

    public override ImmutableArray<ParameterDeclaration> Parameters(TensorShape input)
    {
        var channels = new TensorShape(input[input.Rank - 1]);
        var fans = new Fans(1, 1);
        var running = new RunningStatistic(Momentum);
        return
        [
            new ParameterDeclaration("weight", channels, new ConstantInitializer(1), fans),
            new ParameterDeclaration("bias", channels, new ConstantInitializer(0), fans),
            new ParameterDeclaration("running-mean", channels, new ConstantInitializer(0), fans) { Update = running },
            new ParameterDeclaration("running-variance", channels, new ConstantInitializer(1), fans) { Update = running },
        ];
    }
}
