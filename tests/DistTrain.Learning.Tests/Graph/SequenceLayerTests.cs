using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Tests.Graph;

public class SequenceLayerTests
{
    [Fact]
    public void An_image_counts_as_a_sequence_of_its_rows()
    {
        var graph = ModelSpecification.Parse("lstm:128").Build(new TensorShape(28, 28, 1), 10);
        Assert.Equal(((28 + 128 + 1) * 512) + (128 * 10) + 10, graph.Layout.ParameterCount);
        Assert.Equal(["lstm1.input-weight", "lstm1.hidden-weight", "lstm1.bias"], graph.Layout.Tensors.Take(3).Select(tensor => tensor.Name));
    }

    [Fact]
    public void Numbers_in_a_row_count_as_steps_of_one_feature_and_layers_hand_all_steps_on()
    {
        var graph = ModelSpecification.Parse("lstm:4,3").Build(new TensorShape(9), 2);
        Assert.Equal([new TensorShape(9), new TensorShape(9, 4), new TensorShape(3), new TensorShape(2)], graph.Nodes.Select(node => node.OutputShape));
        Assert.Equal(new TensorShape(1, 16), graph.Layout.Tensors[0].Shape);
    }

    [Fact]
    public void The_forget_gate_starts_open()
    {
        var layout = ModelSpecification.Parse("lstm:2").Build(new TensorShape(3, 1), 2).Layout;
        var bias = layout.CreateInitialWeights(1).Span.Slice(layout.Tensors[2].Offset, layout.Tensors[2].Length);
        Assert.Equal([0f, 0f, 1f, 1f, 0f, 0f, 0f, 0f], bias.ToArray());
    }

    [Fact]
    public void A_dense_layer_is_applied_to_each_position_only_when_asked()
    {
        ModelGraph Build(LayerSpecification output) => new ModelSpecification([output]).Build(new TensorShape(5, 3), 7);
        Assert.Equal(new TensorShape(5, 7), Build(new LayerSpecification("output").With("per-position", "yes")).OutputShape);
        var refusal = Assert.Throws<InvalidInputException>(() => Build(new LayerSpecification("output").With("per-position", "no")));
        Assert.Contains("[5, 3]", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => Build(new LayerSpecification("output").With("per-position", "maybe")));
    }

    [Fact]
    public void Resnet8_has_the_parameters_of_its_description()
    {
        var graph = ModelSpecification.Parse("resnet8").Build(new TensorShape(32, 32, 3), 10);
        var convolutions = 9 * ((3 * 16) + (16 * 16) + (16 * 16) + (16 * 32) + (32 * 32) + (32 * 64) + (64 * 64)) + (16 * 32) + (32 * 64);
        var norms = 2 * (16 + 16 + 16 + 32 + 32 + 32 + 64 + 64 + 64);
        Assert.Equal(convolutions + norms + (64 * 10) + 10, graph.Layout.ParameterCount);
        Assert.Equal(new TensorShape(8, 8, 64), graph.Nodes.Single(node => node.Name == "block3").OutputShape);
        Assert.Equal(3, graph.Nodes.Count(node => node.Operation is AddOperation));
    }

    [Fact]
    public void Batch_norm_needs_two_values_a_channel()
    {
        var flat = ModelGraph.Chain(new TensorShape(4), [new BatchNormOperation()]);
        var image = ModelGraph.Chain(new TensorShape(3, 3, 4), [new BatchNormOperation()]);
        Assert.Null(GhostBatch.Of(ModelGraph.Chain(new TensorShape(4), [new ReluOperation()]), 1, null));
        Assert.Equal(new GhostBatch(16, 16), GhostBatch.Of(flat, 64, null));
        Assert.Equal(new GhostBatch(1, 1), GhostBatch.Of(image, 8, 8));
        Assert.Throws<InvalidInputException>(() => GhostBatch.Of(flat, 8, 8));
        Assert.Throws<InvalidInputException>(() => GhostBatch.Of(image, 1, null));
    }

    [Fact]
    public void Concat_joins_what_differs_in_the_last_axis_only()
    {
        var concat = new ConcatOperation();
        Assert.Equal(new TensorShape(4, 5, 9), concat.OutputShape([new TensorShape(4, 5, 2), new TensorShape(4, 5, 7)]));
        var refusal = Assert.Throws<InvalidInputException>(() => concat.OutputShape([new TensorShape(4, 5), new TensorShape(3, 5)]));
        Assert.Contains("[4, 5] and [3, 5]", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => concat.OutputShape([new TensorShape(4)]));
    }
}
