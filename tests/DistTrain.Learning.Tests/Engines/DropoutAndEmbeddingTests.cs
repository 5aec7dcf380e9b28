using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Tests.Engines;

public class DropoutAndEmbeddingTests
{
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.97)]
    public void The_share_of_dropped_units_is_the_rate(double rate)
    {
        const int samples = 200, units = 500;
        var noise = new DropoutNoise(1, 1, 1, rate);
        var dropped = Enumerable.Range(0, samples * units).Count(i => noise.Drops(i / units, i % units));
        Assert.Equal(rate, dropped / (double)(samples * units), 4 * Math.Sqrt(rate * (1 - rate) / (samples * units)) + 1e-9);
    }

    [Fact]
    public void Seed_step_layer_sample_and_unit_each_change_the_noise()
    {
        bool[] Draw(ulong seed, long step, int layer, int sample) => [.. Enumerable.Range(0, 200).Select(unit => new DropoutNoise(seed, step, layer, 0.5).Drops(sample, unit))];
        bool[][] draws = [Draw(1, 1, 1, 1), Draw(2, 1, 1, 1), Draw(1, 2, 1, 1), Draw(1, 1 + (1L << 32), 1, 1), Draw(1, 1, 2, 1), Draw(1, 1, 1, 2)];
        for (var i = 0; i < draws.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                Assert.InRange(draws[i].Zip(draws[j], (a, b) => a == b ? 1 : 0).Sum(), 60, 140);
            }
        }

        // The units of a sample draw different bits: no pattern of the generator's blocks repeats.
        Assert.Equal(draws[0], Draw(1, 1, 1, 1));
        Assert.InRange(draws[0][..64].Zip(draws[0][64..128], (a, b) => a == b ? 1 : 0).Sum(), 12, 52);
        Assert.InRange(draws[0][..16].Concat(draws[0][16..32]).Zip(draws[0][32..64], (a, b) => a == b ? 1 : 0).Sum(), 4, 28);
    }

    [Fact]
    public void Evaluation_leaves_everything_as_it_is()
    {
        var graph = ModelGraph.Chain(new TensorShape(70), [new DropoutOperation(0.9)]);
        float[] inputs = [.. Enumerable.Range(0, 140).Select(i => i * 0.1f)];
        var outputs = new float[140];
        new ReferenceEngine().CreateProgram(graph, new MeanSquaredErrorLoss(), 2).Forward(new TensorBuffer(0), inputs, 2, outputs);
        Assert.Equal(inputs, outputs);
    }

    [Fact]
    public void Training_keeps_the_mean_by_scaling_what_is_kept()
    {
        var graph = ModelGraph.Chain(new TensorShape(10_000), [new DropoutOperation(0.75)]);
        var operation = ReferenceOperations<double, DoubleArithmetic>.Of(graph.Nodes[1].Operation);
        var pass = new ReferencePass([0, 1], IsTraining: true, [3], 1, 1);
        var y = operation.Forward(new ReferenceNode<double>(graph.Nodes[1], [graph.InputShape], [[.. Enumerable.Repeat(1.0, 10_000)]], [], pass));
        Assert.Equal([0.0, 4.0], y.Distinct().Order());
        Assert.Equal(1, y.Average(), 0.1);
    }

    [Theory]
    [InlineData(-1f)]
    [InlineData(5f)]
    [InlineData(1.5f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(-0.1f)]
    public void A_token_that_the_table_does_not_have_is_refused_before_and_in_the_engine(float token)
    {
        var graph = ModelGraph.Chain(new TensorShape(2), [new EmbeddingOperation(5, 3, new NormalInitializer(1)), new FlattenOperation(), new DenseOperation(2, new NormalInitializer(1))]);
        var samples = new SampleSet(graph.InputShape, new[] { 0, 4, 1, token }, new Unlabelled(2));
        var refusal = Assert.Throws<InvalidInputException>(() => EmbeddingOperation.Check(graph, samples));
        Assert.Contains("layer embedding1 needs whole token numbers from 0 to 4, but sample 1 has", refusal.Message, StringComparison.Ordinal);
        var program = new ReferenceEngine().CreateProgram(graph, new SoftmaxCrossEntropyLoss(), 2);
        Assert.Throws<InvalidInputException>(() => program.Forward(graph.Layout.CreateInitialWeights(1), samples.Inputs.Span, 2, new float[4]));
        EmbeddingOperation.Check(graph, new SampleSet(graph.InputShape, new float[] { 0, 4, 1, 2 }, new Unlabelled(2)));
    }

    [Fact]
    public void An_embedding_reads_nothing_but_samples_and_wants_them_flat()
    {
        var embedding = new EmbeddingOperation(5, 3, new NormalInitializer(1));
        var behind = Assert.Throws<InvalidInputException>(() => ModelGraph.Chain(new TensorShape(4), [new ReluOperation(), embedding]));
        Assert.Contains("must be the first layer", behind.Message, StringComparison.Ordinal);
        var flat = Assert.Throws<InvalidInputException>(() => ModelGraph.Chain(new TensorShape(2, 2), [embedding]));
        Assert.Contains("[2, 2]", flat.Message, StringComparison.Ordinal);
        Assert.Equal(new TensorShape(4, 3), ModelGraph.Chain(new TensorShape(2, 2), [new FlattenOperation(), embedding]).OutputShape);
    }
}
