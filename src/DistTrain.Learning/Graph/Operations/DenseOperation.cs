using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>
/// y = x·W + b with x [inputs], W [inputs, <paramref name="Units"/>] row-major, b [units]. Each output is the sum over inputs in index order, with fused
/// multiply-add from zero; the bias is added last.
/// </summary>
public sealed record DenseOperation(int Units, Initializer WeightInitializer) : UnaryOperation
{
    public override string Kind => "dense";

    public override TensorShape OutputShape(TensorShape input) =>
        input.Rank == 1 ? new TensorShape(Units) : throw new InvalidInputException($"a dense layer needs a flat input, but gets shape {input}: put a flatten layer before it");

    public override ImmutableArray<ParameterDeclaration> Parameters(TensorShape input)
    {
        var fans = new Fans(input.ElementCount, Units);
        return
        [
            new ParameterDeclaration("weight", new TensorShape(input.ElementCount, Units), WeightInitializer, fans),
            new ParameterDeclaration("bias", new TensorShape(Units), new ConstantInitializer(0), fans),
        ];
    }
}
