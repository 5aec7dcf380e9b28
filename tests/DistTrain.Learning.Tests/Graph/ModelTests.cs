using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Tests.Graph;

public class ModelTests
{
    [Fact]
    public void A_perceptron_has_the_parameters_that_its_widths_say()
    {
        var graph = ModelSpecification.Parse("mlp:512,512").Build(new TensorShape(28, 28, 1), 10);
        Assert.Equal(669_706, graph.Layout.ParameterCount);
        Assert.Equal(["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias", "dense3.weight", "dense3.bias"], graph.Layout.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(new TensorShape(784, 512), graph.Layout.Tensors[0].Shape);
        Assert.Equal(new TensorShape(10), graph.OutputShape);
    }

    [Fact]
    public void Chunks_cut_each_tensor_by_itself_and_miss_nothing()
    {
        var layout = ModelSpecification.Parse("mlp:100,37").Build(new TensorShape(784), 10).Layout;
        foreach (var tensor in layout.Tensors)
        {
            var chunks = layout.Chunks.Where(chunk => chunk.TensorIndex == tensor.Index).ToArray();
            Assert.Equal(tensor.Length, chunks.Sum(chunk => chunk.Length));
            Assert.Equal(tensor.Offset, chunks[0].Offset);
            Assert.All(chunks[..^1], chunk => Assert.Equal(ParameterLayout.ChunkLength, chunk.Length));
            Assert.Equal(0, tensor.Offset % 16);
        }

        Assert.Equal(Enumerable.Range(0, layout.Chunks.Length), layout.Chunks.Select(chunk => chunk.Index));
    }

    [Fact]
    public void Initial_weights_have_the_spread_that_the_papers_give_and_depend_on_the_seed()
    {
        var layout = ModelSpecification.Parse("mlp:400").Build(new TensorShape(300), 200).Layout;
        var weights = layout.CreateInitialWeights(1);
        Assert.Equal(Math.Sqrt(2.0 / 300), Deviation(weights.Span.Slice(layout.Tensors[0].Offset, layout.Tensors[0].Length)), 0.002);
        Assert.Equal(Math.Sqrt(2.0 / 600), Deviation(weights.Span.Slice(layout.Tensors[2].Offset, layout.Tensors[2].Length)), 0.002);
        Assert.True(weights.Span.SequenceEqual(layout.CreateInitialWeights(1).Span));
        Assert.False(weights.Span.SequenceEqual(layout.CreateInitialWeights(2).Span));
    }

    [Theory]
    [InlineData("mlp")]
    [InlineData("mlp:")]
    [InlineData("mlp:0")]
    [InlineData("mlp:12,x")]
    [InlineData("mlp:-3")]
    [InlineData("mlp:99999999999")]
    [InlineData("logistic:3")]
    [InlineData("perceptron")]
    public void A_model_that_cannot_be_read_is_refused_with_an_example(string text)
    {
        var refusal = Assert.Throws<InvalidInputException>(() => ModelSpecification.Parse(text));
        Assert.Contains("for example", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_that_do_not_fit_are_refused_by_name_and_shape()
    {
        var refusal = Assert.Throws<InvalidInputException>(() => new ModelSpecification([new("relu"), new("output")]).Build(new TensorShape(8, 8), 10));
        Assert.Contains("dense1 after relu1", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("[8, 8]", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => new ModelSpecification([new LayerSpecification("dense").With("units", 3)]).Build(new TensorShape(8), 10));
        Assert.Throws<InvalidInputException>(() => new ModelSpecification([new("dense"), new("output")]).Build(new TensorShape(8), 10));
        Assert.Throws<InvalidInputException>(() => new ModelSpecification([new("convolve"), new("output")]).Build(new TensorShape(8), 10));
        Assert.Throws<InvalidInputException>(() => ModelSpecification.Parse("mlp:60000,60000").Build(new TensorShape(60000), 10));
    }

    [Fact]
    public void A_loss_that_does_not_suit_the_targets_is_refused()
    {
        var values = new TargetValues(new float[4], 2);
        Assert.Throws<InvalidInputException>(() => new SoftmaxCrossEntropyLoss().Check(new TensorShape(2), values));
        Assert.Throws<InvalidInputException>(() => new MeanSquaredErrorLoss().Check(new TensorShape(3), values));
        new MeanSquaredErrorLoss().Check(new TensorShape(2), values);
    }

    private static double Deviation(ReadOnlySpan<float> values)
    {
        var (sum, squares) = (0.0, 0.0);
        foreach (var value in values)
        {
            sum += value;
            squares += (double)value * value;
        }

        var mean = sum / values.Length;
        return Math.Sqrt((squares / values.Length) - (mean * mean));
    }
}
