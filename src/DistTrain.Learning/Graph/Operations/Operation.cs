using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>
/// A typed operation of the model graph. Operations are values: they say what is computed, engines say how. Shapes leave out the batch dimension.
/// </summary>
public abstract record Operation
{
    /// <summary>Lower-case name, as it stands in YAML and in tensor names.</summary>
    public abstract string Kind { get; }

    /// <param name="inputs">[inputs] shapes of one sample of each input, at least one.</param>
    /// <exception cref="InvalidInputException">The input shapes do not suit the operation; the message names them.</exception>
    public abstract TensorShape OutputShape(ImmutableArray<TensorShape> inputs);

    public virtual ImmutableArray<ParameterDeclaration> Parameters(ImmutableArray<TensorShape> inputs) => [];
}

/// <summary>An operation with one input.</summary>
public abstract record UnaryOperation : Operation
{
    public sealed override TensorShape OutputShape(ImmutableArray<TensorShape> inputs) => inputs.Length == 1
        ? OutputShape(inputs[0])
        : throw new InvalidInputException($"a {Kind} layer has one input, but is given {inputs.Length}: join them with an add or concat layer first");

    public sealed override ImmutableArray<ParameterDeclaration> Parameters(ImmutableArray<TensorShape> inputs) => Parameters(inputs[0]);

    /// <exception cref="InvalidInputException">The input shape does not suit the operation; the message names it.</exception>
    public abstract TensorShape OutputShape(TensorShape input);

    public virtual ImmutableArray<ParameterDeclaration> Parameters(TensorShape input) => [];
}

/// <summary>An operation on each element by itself; the output has the input's shape.</summary>
public abstract record ElementwiseOperation : UnaryOperation
{
    public sealed override TensorShape OutputShape(TensorShape input) => input;
}

/// <summary>The samples themselves; the first node of every graph.</summary>
public sealed record InputOperation : UnaryOperation
{
    public override string Kind => "input";

    public override TensorShape OutputShape(TensorShape input) => input;
}

/// <summary>The same elements in row-major order as one dimension.</summary>
public sealed record FlattenOperation : UnaryOperation
{
    public override string Kind => "flatten";

    public override TensorShape OutputShape(TensorShape input) => new(input.ElementCount);
}
