using System.Numerics;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Engines.Reference;

internal sealed class ReferenceEmbedding<T, TArithmetic>(EmbeddingOperation embedding) : ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    public override T[] Forward(ReferenceNode<T> node)
    {
        var (tokens, table, dimensions) = (node.Inputs[0], node.Parameters[0], embedding.Dimensions);
        var y = new T[tokens.Length * dimensions];
        for (var position = 0; position < tokens.Length; position++)
        {
            table.AsSpan(Row(tokens[position]) * dimensions, dimensions).CopyTo(y.AsSpan(position * dimensions));
        }

        return y;
    }

    public override T[][] InputGradients(ReferenceNode<T> node, T[] dy) => throw new InvalidOperationException("token numbers have no gradient");

    public override T[][] ParameterGradients(ReferenceNode<T> node, T[] dy, int first, int end)
    {
        var (tokens, dimensions) = (node.Inputs[0], embedding.Dimensions);
        var steps = tokens.Length / node.SampleCount;
        var table = new T[embedding.Vocabulary * dimensions];
        for (var position = first * steps; position < end * steps; position++)
        {
            var row = Row(tokens[position]) * dimensions;
            for (var i = 0; i < dimensions; i++)
            {
                table[row + i] += dy[(position * dimensions) + i];
            }
        }

        return [table];
    }

    private int Row(T token) => EmbeddingOperation.Row(float.CreateTruncating(token), embedding.Vocabulary);
}
