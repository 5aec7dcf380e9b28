using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>A parameter tensor that an operation owns, before it has a place in a graph.</summary>
public sealed record ParameterDeclaration(string Role, TensorShape Shape, Initializer Initializer, Fans Fans);

/// <summary>
/// A typed operation of the model graph. Operations are values: they say what is computed, engines say how. Shapes leave out the batch dimension.
/// </summary>
public abstract record Operation
{
    /// <summary>Lower-case name, as it stands in YAML and in tensor names.</summary>
    public abstract string Kind { get; }

    /// <exception cref="InvalidInputException">The input shape does not suit the operation; the message names both.</exception>
    public abstract TensorShape OutputShape(TensorShape input);

    public virtual ImmutableArray<ParameterDeclaration> Parameters(TensorShape input) => [];
}

/// <summary>The samples themselves; the first node of every graph.</summary>
public sealed record InputOperation : Operation
{
    public override string Kind => "input";

    public override TensorShape OutputShape(TensorShape input) => input;
}

/// <summary>
/// y = x·W + b with x [inputs], W [inputs, <paramref name="Units"/>] row-major, b [units]. Each output is the sum over inputs in index order, with fused
/// multiply-add from zero; the bias is added last.
/// </summary>
public sealed record DenseOperation(int Units, Initializer WeightInitializer) : Operation
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

/// <summary>max(x, 0); NaN stays NaN. The derivative at 0 is 0.</summary>
public sealed record ReluOperation : Operation
{
    public override string Kind => "relu";

    public override TensorShape OutputShape(TensorShape input) => input;
}

/// <summary>tanh(x) by <see cref="Numerics.DeterministicMath"/>; the derivative is formed from the output as 1 − y².</summary>
public sealed record TanhOperation : Operation
{
    public override string Kind => "tanh";

    public override TensorShape OutputShape(TensorShape input) => input;
}

/// <summary>The same elements in row-major order as one dimension.</summary>
public sealed record FlattenOperation : Operation
{
    public override string Kind => "flatten";

    public override TensorShape OutputShape(TensorShape input) => new(input.ElementCount);
}
