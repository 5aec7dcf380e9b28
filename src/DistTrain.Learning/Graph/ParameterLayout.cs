using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>A parameter tensor of a graph and where it lies in a flat buffer of all parameters.</summary>
/// <param name="Index">Position among the graph's parameters.</param>
/// <param name="Name">Unique in the graph, such as <c>dense1.weight</c>.</param>
/// <param name="Offset">First element in the flat buffer; a multiple of 16 elements.</param>
/// <param name="Update">How the server moves it at each step.</param>
public sealed record ParameterTensor(int Index, string Name, TensorShape Shape, Initializer Initializer, Fans Fans, ParameterUpdate Update, int Offset)
{
    public int Length => Shape.ElementCount;
}

/// <summary>A fixed piece of one tensor: the unit in which parameters are sharded and updates are computed.</summary>
/// <param name="Index">Position among all chunks, in graph order.</param>
/// <param name="TensorIndex">The tensor of which it is a part.</param>
/// <param name="Offset">First element in the flat buffer.</param>
/// <param name="Length">At most <see cref="ParameterLayout.ChunkLength"/>.</param>
public readonly record struct Chunk(int Index, int TensorIndex, int Offset, int Length);

/// <summary>
/// All parameters of a graph in one flat buffer, tensors in graph order, each starting at a multiple of 16 elements; the gaps between tensors are zero and belong to
/// nobody. Chunk borders are fixed within each tensor and do not depend on the number of shards.
/// </summary>
public sealed class ParameterLayout
{
    public const int ChunkLength = 16_384;
    private const int AlignmentElements = 16;

    internal ParameterLayout(IEnumerable<(string Name, ParameterDeclaration Declaration)> declarations)
    {
        var tensors = ImmutableArray.CreateBuilder<ParameterTensor>();
        var chunks = ImmutableArray.CreateBuilder<Chunk>();
        long offset = 0;
        foreach (var (name, declaration) in declarations)
        {
            if (offset + declaration.Shape.ElementCount > Array.MaxLength - AlignmentElements)
            {
                throw new InvalidInputException($"the model has more than {Array.MaxLength:N0} parameters, which is the most that fits in one buffer");
            }

            var tensor = new ParameterTensor(tensors.Count, name, declaration.Shape, declaration.Initializer, declaration.Fans, declaration.Update, (int)offset);
            tensors.Add(tensor);
            for (var start = 0; start < tensor.Length; start += ChunkLength)
            {
                chunks.Add(new Chunk(chunks.Count, tensor.Index, tensor.Offset + start, Math.Min(ChunkLength, tensor.Length - start)));
            }

            offset += (tensor.Length + AlignmentElements - 1) / AlignmentElements * AlignmentElements;
            ParameterCount += tensor.Update is LearnedParameter ? tensor.Length : 0;
        }

        Tensors = tensors.ToImmutable();
        Chunks = chunks.ToImmutable();
        BufferLength = (int)offset;
    }

    public ImmutableArray<ParameterTensor> Tensors { get; }

    public ImmutableArray<Chunk> Chunks { get; }

    /// <summary>Elements of a flat buffer, gaps included.</summary>
    public int BufferLength { get; }

    /// <summary>Number of learned values, without gaps and without running statistics.</summary>
    public long ParameterCount { get; }

    /// <summary>The initial weights for <paramref name="seed"/>: a flat buffer, gaps zero.</summary>
    public TensorBuffer CreateInitialWeights(ulong seed)
    {
        var weights = new TensorBuffer(BufferLength);
        foreach (var tensor in Tensors)
        {
            tensor.Initializer.Fill(weights.Span.Slice(tensor.Offset, tensor.Length), tensor.Shape, tensor.Fans, seed, tensor.Index);
        }

        return weights;
    }
}
