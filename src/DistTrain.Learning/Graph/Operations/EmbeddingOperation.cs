using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>
/// From token numbers [steps], held as float32, to rows of a learned table W [vocabulary, dimensions]: y[step] = W[x[step]]. The gradient of a micro-batch adds the rows of dy to those of the table in
/// sample order, within a sample in step order, from zero; rows that no token asked for stay zero. The token numbers themselves have no gradient, so the layer can only read the samples.
/// Bengio et al., "A neural probabilistic language model", 2003.
/// </summary>
/// <param name="Vocabulary">Number of tokens, at least 1; token numbers are whole and below it.</param>
/// <param name="Dimensions">Length of a token's row, at least 1.</param>
public sealed record EmbeddingOperation(int Vocabulary, int Dimensions, Initializer WeightInitializer) : UnaryOperation
{
    public override string Kind => "embedding";

    public override TensorShape OutputShape(TensorShape input) => input.Rank == 1
        ? new TensorShape(input[0], Dimensions)
        : throw new InvalidInputException($"an embedding layer needs token numbers of shape [steps], but gets shape {input}: put a flatten layer before it");

    public override ImmutableArray<ParameterDeclaration> Parameters(TensorShape input) =>
        [new ParameterDeclaration("weight", new TensorShape(Vocabulary, Dimensions), WeightInitializer, new Fans(Vocabulary, Dimensions))];

    /// <summary>The row of the table that a token number asks for.</summary>
    /// <exception cref="InvalidInputException">It is not whole, negative, or not below the vocabulary.</exception>
    public static int Row(float token, int vocabulary)
    {
        return Suits(token, vocabulary)
            ? (int)token
            : throw new InvalidInputException(FormattableString.Invariant($"an embedding layer needs whole token numbers from 0 to {vocabulary - 1}, but gets {token}"));
    }

    /// <summary>Looks at all samples for tokens that an embedding layer of the model cannot take.</summary>
    /// <exception cref="InvalidInputException">There is one; the message names the layer, the token and the sample.</exception>
    public static void Check(ModelGraph graph, SampleSet samples)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(samples);
        foreach (var node in graph.Nodes)
        {
            if (node.Operation is EmbeddingOperation { Vocabulary: var vocabulary })
            {
                CheckTokens(node.Name, vocabulary, samples);
            }
        }
    }

    private static void CheckTokens(string layer, int vocabulary, SampleSet samples)
    {
        var inputs = samples.Inputs.Span;
        for (var i = 0; i < inputs.Length; i++)
        {
            if (!Suits(inputs[i], vocabulary))
            {
                throw new InvalidInputException(FormattableString.Invariant(
                    $"layer {layer} needs whole token numbers from 0 to {vocabulary - 1}, but sample {i / samples.SampleShape.ElementCount} has {inputs[i]}: its vocabulary must be that of the data, read without scaling (scaling: none)"));
            }
        }
    }

    /// <summary>NaN fails both comparisons.</summary>
    private static bool Suits(float token, int vocabulary) => token >= 0 && token < vocabulary && (int)token == token;
}
