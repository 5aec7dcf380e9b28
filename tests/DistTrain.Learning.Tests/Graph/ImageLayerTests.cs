using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Tests.Graph;

public class ImageLayerTests
{
    [Fact]
    public void The_cnn_has_the_parameters_of_its_description()
    {
        var graph = ModelSpecification.Parse("cnn").Build(new TensorShape(28, 28), 10);
        Assert.Equal((25 * 32) + 32 + (25 * 32 * 64) + 64 + (3136 * 1024) + 1024 + (1024 * 10) + 10, graph.Layout.ParameterCount);
        Assert.Equal(new TensorShape(5, 5, 32, 64), graph.Layout.Tensors[2].Shape);
        Assert.Equal(new Fans(25 * 32, 25 * 64), graph.Layout.Tensors[2].Fans);
    }

    [Fact]
    public void Lenet5_has_the_parameters_of_its_description() =>
        Assert.Equal(156 + 2416 + 48_120 + 10_164 + 850, ModelSpecification.Parse("lenet5").Build(new TensorShape(28, 28, 1), 10).Layout.ParameterCount);

    [Theory]
    [InlineData(7, 3, 1, 7, 1, 1)]
    [InlineData(7, 4, 1, 7, 1, 2)]
    [InlineData(7, 3, 2, 4, 1, 1)]
    [InlineData(8, 3, 2, 4, 0, 1)]
    [InlineData(5, 1, 3, 2, 0, 0)]
    public void Same_padding_follows_TensorFlows_rule(int length, int kernel, int stride, int outputs, int before, int after)
    {
        var geometry = ImageGeometry.Create("conv", new TensorShape(length, length), new ImageSize(kernel, kernel), new ImageSize(stride, stride), new SamePadding());
        Assert.Equal((outputs, before, after), (geometry.OutputHeight, geometry.Top, geometry.Bottom));
        Assert.Equal((outputs, before, after), (geometry.OutputWidth, geometry.Left, geometry.Right));
    }

    [Theory]
    [InlineData("kernel", "9", "[8, 8]", "9x9")]
    [InlineData("groups", "3", "[8, 8]", "3 groups")]
    [InlineData("padding", "5", "padding of 5", "5x5")]
    [InlineData("kernel", "5x0", "kernel", "5x0")]
    [InlineData("kernel", "5x5x5", "kernel", "5x5x5")]
    [InlineData("stride", "0", "stride", "'0'")]
    [InlineData("padding", "-1", "padding", "'-1'")]
    [InlineData("bias", "maybe", "bias", "'maybe'")]
    public void A_convolution_that_does_not_fit_is_refused(string setting, string value, string first, string second)
    {
        var layer = new LayerSpecification("conv").With("filters", 4).With("kernel", 5).With(setting, value);
        var refusal = Assert.Throws<InvalidInputException>(() => new ModelSpecification([layer, new("flatten"), new("output")]).Build(new TensorShape(8, 8), 10));
        Assert.Contains(first, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(second, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_on_images_refuse_what_is_no_image()
    {
        foreach (var kind in new[] { "conv", "max-pool", "average-pool", "global-average-pool", "global-max-pool" })
        {
            var layer = new LayerSpecification(kind);
            layer = kind.StartsWith("global", StringComparison.Ordinal) ? layer : layer.With("kernel", 2);
            layer = kind == "conv" ? layer.With("filters", 2) : layer;
            var refusal = Assert.Throws<InvalidInputException>(() => new ModelSpecification([layer, new("flatten"), new("output")]).Build(new TensorShape(64), 10));
            Assert.Contains("[64]", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Missing_settings_are_named()
    {
        Assert.Contains("'kernel'", Refusal(new LayerSpecification("conv").With("filters", 2)).Message, StringComparison.Ordinal);
        Assert.Contains("'filters'", Refusal(new LayerSpecification("conv").With("kernel", 2)).Message, StringComparison.Ordinal);
        Assert.Contains("'kernel'", Refusal(new LayerSpecification("max-pool")).Message, StringComparison.Ordinal);
        Assert.Contains("half its kernel", Refusal(new LayerSpecification("max-pool").With("kernel", 3).With("padding", 2)).Message, StringComparison.Ordinal);
    }

    private static InvalidInputException Refusal(LayerSpecification layer) =>
        Assert.Throws<InvalidInputException>(() => new ModelSpecification([layer, new("flatten"), new("output")]).Build(new TensorShape(8, 8), 10));
}
