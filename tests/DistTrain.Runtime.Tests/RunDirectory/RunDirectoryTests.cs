using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Storage;

namespace DistTrain.Runtime.Tests.RunDirectory;

public sealed class RunDirectoryTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("disttrain-run-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string At(string name) => Path.Combine(folder, name);

    private static TrainedModel Model(string specification = "mlp:5,3")
    {
        var model = ModelSpecification.Parse(specification);
        var graph = model.Build(new TensorShape(2, 2, 1), 3);
        var weights = graph.Layout.CreateInitialWeights(11);
        return new TrainedModel
        {
            Specification = model,
            Graph = graph,
            Loss = new SoftmaxCrossEntropyLoss(),
            Weights = weights,
            WeightsHash = WeightsHash.Compute(graph.Layout, weights),
            ArithmeticId = new ArithmeticId("an-arithmetic"),
            Step = 1234567890123,
            Attributes = ImmutableSortedDictionary<string, string>.Empty.Add("data-name", "größer \"quoted\"\n"),
        };
    }

    [Fact]
    public void A_model_comes_back_as_it_was_written()
    {
        var model = Model();
        ModelFile.Write(At("model.safetensors"), model);
        var read = ModelFile.Read(At("model.safetensors"));
        Assert.Equal(model.Weights.Span.ToArray(), read.Weights.Span.ToArray());
        Assert.Equal(model.Specification, read.Specification);
        Assert.Equal(model.Graph.InputShape, read.Graph.InputShape);
        Assert.Equal(model.Graph.OutputShape, read.Graph.OutputShape);
        Assert.Equal((model.WeightsHash, model.ArithmeticId, model.Step, model.Loss), (read.WeightsHash, read.ArithmeticId, read.Step, read.Loss));
        Assert.Equal(model.Attributes, read.Attributes);
    }

    [Fact]
    public void Tensors_lie_in_graph_order_under_the_names_of_the_layout()
    {
        var model = Model();
        ModelFile.Write(At("model.safetensors"), model);
        Assert.Equal(model.Graph.Layout.Tensors.Select(tensor => tensor.Name), SafetensorsFile.Read(At("model.safetensors")).Tensors.Select(tensor => tensor.Name));
    }

    [Theory]
    [InlineData("model", "[{\"kind\":\"flatten\"},{\"kind\":\"output\"}]", "tensors")]
    [InlineData("model", "[null]", "layer without a kind")]
    [InlineData("model", "[", "cannot be understood")]
    [InlineData("input-shape", "[0]", "impossible shapes")]
    [InlineData("input-shape", "[100000,100000,100000]", "")]
    [InlineData("output-width", "4", "has no tensor dense3.weight")]
    [InlineData("output-width", "2000000000", "")]
    [InlineData("loss", "hinge", "unknown loss 'hinge'")]
    [InlineData("step", "soon", "cannot be understood")]
    [InlineData("weights-hash", "00", "has been changed")]
    [InlineData("format", "another", "not a model that disttrain wrote")]
    public void Metadata_that_does_not_fit_is_refused(string key, string value, string reason)
    {
        ModelFile.Write(At("model.safetensors"), Model());
        var content = SafetensorsFile.Read(At("model.safetensors"));
        SafetensorsFile.Write(At("changed.safetensors"), content.Tensors, content.Metadata.SetItem(key, value));
        Assert.Contains(reason, Assert.Throws<InvalidInputException>(() => ModelFile.Read(At("changed.safetensors"))).Message, StringComparison.Ordinal);
        SafetensorsFile.Write(At("changed.safetensors"), content.Tensors, content.Metadata.Remove(key));
        Assert.Throws<InvalidInputException>(() => ModelFile.Read(At("changed.safetensors")));
    }

    [Fact]
    public void A_changed_weight_is_noticed()
    {
        ModelFile.Write(At("model.safetensors"), Model());
        var bytes = File.ReadAllBytes(At("model.safetensors"));
        bytes[^1] ^= 1;
        File.WriteAllBytes(At("model.safetensors"), bytes);
        Assert.Contains("has been changed since it was written", Assert.Throws<InvalidInputException>(() => ModelFile.Read(At("model.safetensors"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Metrics_can_be_followed_while_the_run_goes_on()
    {
        using var writer = RunDirectoryWriter.Create(At("new/run"));
        writer.WriteConfiguration("epochs: 3\n");
        writer.AppendMetrics("{\"a\":1}");
        Assert.Equal("{\"a\":1}\n", File.ReadAllText(writer.Paths.Metrics));
        writer.AppendMetrics("{\"a\":2}");
        Assert.Equal("{\"a\":1}\n{\"a\":2}\n", File.ReadAllText(writer.Paths.Metrics));
        Assert.Equal("epochs: 3\n", File.ReadAllText(writer.Paths.Configuration));
    }

    [Fact]
    public void A_folder_with_anything_in_it_and_a_file_are_refused()
    {
        File.WriteAllText(At("file"), "");
        Assert.Contains("is not empty", Assert.Throws<RunDirectoryException>(() => RunDirectoryWriter.Create(folder)).Message, StringComparison.Ordinal);
        Assert.Contains("is a file", Assert.Throws<RunDirectoryException>(() => RunDirectoryWriter.Create(At("file"))).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be written", Assert.Throws<RunDirectoryException>(() => RunDirectoryWriter.Create(At("file/below"))).Message, StringComparison.Ordinal);
    }
}
