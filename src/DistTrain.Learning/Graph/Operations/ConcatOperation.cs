using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>
/// The inputs side by side along the last axis, in their order: [steps, a] and [steps, b] become [steps, a + b], images [height, width, channels] get each other's channels. Each input's gradient is its part.
/// </summary>
public sealed record ConcatOperation : Operation
{
    public override string Kind => "concat";

    public override TensorShape OutputShape(ImmutableArray<TensorShape> inputs)
    {
        if (inputs.Length < 2)
        {
            throw new InvalidInputException("a concat layer needs at least two inputs: name them with 'from: [layer, layer]'");
        }

        return inputs.All(shape => Leading(shape).SequenceEqual(Leading(inputs[0])))
            ? new TensorShape([.. Leading(inputs[0]), inputs.Sum(shape => shape[shape.Rank - 1])])
            : throw new InvalidInputException($"a concat layer needs inputs that differ in their last axis at most, but gets {string.Join(" and ", inputs)}");
    }

    private static IEnumerable<int> Leading(TensorShape shape) => shape.Dimensions.Take(shape.Rank - 1);
}
