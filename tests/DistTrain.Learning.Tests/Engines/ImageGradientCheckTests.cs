using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Tests.Engines;

/// <summary>Analytic gradients of convolutions and poolings against central differences, in double precision: by every parameter, of which there are some in front of each layer.</summary>
public class ImageGradientCheckTests
{
    private const double Difference = 1e-5;

    [Theory]
    [InlineData("conv 3 same", 1)]
    [InlineData("conv 4x3 same", 3)]
    [InlineData("conv 3x2 valid", 2)]
    [InlineData("conv 3 1 stride=2", 3)]
    [InlineData("conv 2 same stride=3", 1)]
    [InlineData("conv 3 1 groups=3", 2)]
    [InlineData("conv 2 valid groups=3 stride=2x1 bias=false", 2)]
    [InlineData("max-pool 2 valid", 3)]
    [InlineData("max-pool 3 1 stride=2", 1)]
    [InlineData("max-pool 3x2 valid stride=1", 2)]
    [InlineData("average-pool 2 valid", 1)]
    [InlineData("average-pool 3 1 stride=2", 3)]
    [InlineData("global-average-pool", 2)]
    [InlineData("global-max-pool", 2)]
    public void Every_parameters_gradient_equals_the_central_difference(string text, int sampleCount)
    {
        var graph = new ModelSpecification(
        [
            Convolution("3", "same").With("filters", 3), new("tanh"), Layer(text), new("flatten"), new("output"),
        ]).Build(new TensorShape(7, 5, 2), 4);
        var program = new ReferenceProgram<double, DoubleArithmetic>(graph, new SoftmaxCrossEntropyLoss(), sampleCount);
        var random = new CounterBasedRandom(5, 9);
        var parameters = graph.Layout.Tensors.Select(tensor => Draw(ref random, tensor.Length)).ToArray();
        var inputs = Draw(ref random, sampleCount * graph.InputShape.ElementCount);
        var targets = new ReferenceTargets<double>([.. Enumerable.Range(0, sampleCount).Select(sample => sample % 4)], []);
        var pass = new ReferencePass([0, sampleCount], IsTraining: true, [.. Enumerable.Range(0, sampleCount)], 3, 1);
        var gradients = program.GradientSum(parameters, inputs, targets, pass);
        foreach (var tensor in graph.Layout.Tensors)
        {
            for (var i = 0; i < tensor.Length; i++)
            {
                var value = parameters[tensor.Index][i];
                parameters[tensor.Index][i] = value + Difference;
                var above = program.LossSum(parameters, inputs, targets, pass);
                parameters[tensor.Index][i] = value - Difference;
                var below = program.LossSum(parameters, inputs, targets, pass);
                parameters[tensor.Index][i] = value;
                var expected = (above - below) / (2 * Difference);
                var actual = gradients[tensor.Index][i];
                Assert.True(Math.Abs(expected - actual) <= 1e-7 * Math.Max(1, Math.Abs(expected)), $"{tensor.Name}[{i}]: difference {expected}, gradient {actual}");
            }
        }
    }

    private static LayerSpecification Convolution(string kernel, string padding) => new LayerSpecification("conv").With("filters", 6).With("kernel", kernel).With("padding", padding);

    private static LayerSpecification Layer(string text)
    {
        var words = text.Split(' ');
        var layer = words[0] == "conv" ? Convolution(words[1], words[2]) : new LayerSpecification(words[0]);
        layer = words.Length > 1 && words[0] != "conv" ? layer.With("kernel", words[1]).With("padding", words[2]) : layer;
        return words.Skip(3).Select(word => word.Split('=')).Aggregate(layer, (sum, setting) => sum.With(setting[0], setting[1]));
    }

    private static double[] Draw(ref CounterBasedRandom random, int count)
    {
        var values = new double[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = random.Normal();
        }

        return values;
    }
}
