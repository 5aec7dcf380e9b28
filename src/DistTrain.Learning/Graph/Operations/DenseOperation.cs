using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>
/// y = x·W + b with x [inputs], W [inputs, <paramref name="Units"/>] row-major, b [units]. Each output is the sum over inputs in index order, with fused
/// multiply-add from zero; the bias is added last. The gradients of W and b are sums over samples in order, within a sample over positions in order.
/// </summary>
/// <param name="Units">Outputs.</param>
/// <param name="WeightInitializer">Of W; b starts at 0.</param>
/// <param name="IsPerPosition">Whether every position of an input with several axes is an x of its own: [steps, features] becomes [steps, units].</param>
public sealed record DenseOperation(int Units, Initializer WeightInitializer, bool IsPerPosition = false) : UnaryOperation
{
    public override string Kind => "dense";

    public override TensorShape OutputShape(TensorShape input) => input.Rank == 1 || IsPerPosition
        ? new TensorShape(input.Dimensions.SetItem(input.Rank - 1, Units))
        : throw new InvalidInputException($"a dense layer needs a flat input, but gets shape {input}: put a flatten layer before it, or set 'per-position: yes' to apply it to each position");

    public override ImmutableArray<ParameterDeclaration> Parameters(TensorShape input)
    {
        var inputs = input[input.Rank - 1];
        var fans = new Fans(inputs, Units);
        return
        [
            new ParameterDeclaration("weight", new TensorShape(inputs, Units), WeightInitializer, fans),
            new ParameterDeclaration("bias", new TensorShape(Units), new ConstantInitializer(0), fans),
        ];
    }
}
