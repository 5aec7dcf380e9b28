using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>
/// y = ((x₁ + x₂) + x₃) + …, element by element, in the order of the inputs: the residual addition of He et al., "Deep residual learning for image recognition", 2016, eq. 1.
/// </summary>
public sealed record AddOperation : Operation
{
    public override string Kind => "add";

    public override TensorShape OutputShape(ImmutableArray<TensorShape> inputs)
    {
        if (inputs.Length < 2)
        {
            throw new InvalidInputException("an add layer needs at least two inputs: name them with 'from: [layer, layer]'");
        }

        return inputs.All(shape => shape == inputs[0])
            ? inputs[0]
            : throw new InvalidInputException($"an add layer needs inputs of one shape, but gets {string.Join(" and ", inputs)}");
    }
}
