using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Tests.Engines;

/// <summary>Analytic gradients against central differences, in double precision.</summary>
public class GradientCheckTests
{
    private const double Difference = 1e-5;

    [Theory]
    [InlineData("logistic", "cross-entropy", 3)]
    [InlineData("logistic", "mse", 1)]
    [InlineData("mlp:5", "cross-entropy", 4)]
    [InlineData("mlp:7,5", "mse", 3)]
    [InlineData("mlp-tanh:6", "cross-entropy", 1)]
    [InlineData("mlp-tanh:4,3", "mse", 5)]
    public void Every_parameters_gradient_equals_the_central_difference(string model, string lossName, int sampleCount)
    {
        var graph = ModelSpecification.Parse(model).Build(new TensorShape(2, 3), 4);
        Loss loss = lossName == "mse" ? new MeanSquaredErrorLoss() : new SoftmaxCrossEntropyLoss();
        var program = new ReferenceProgram<double, DoubleArithmetic>(graph, loss, sampleCount);
        var random = new CounterBasedRandom(11, 3);
        var parameters = graph.Layout.Tensors.Select(tensor => Draw(ref random, tensor.Length)).ToArray();
        var inputs = Draw(ref random, sampleCount * 6);
        var labels = Enumerable.Range(0, sampleCount).Select(sample => sample % 4).ToArray();
        var gradients = program.GradientSum(parameters, inputs, new(labels, []), Pass(sampleCount));
        foreach (var tensor in graph.Layout.Tensors)
        {
            for (var i = 0; i < tensor.Length; i++)
            {
                var expected = CentralDifference(program, parameters, tensor.Index, i, inputs, labels, sampleCount);
                var actual = gradients[tensor.Index][i];
                Assert.True(Math.Abs(expected - actual) <= 1e-7 * Math.Max(1, Math.Abs(expected)), $"{tensor.Name}[{i}]: difference {expected}, gradient {actual}");
            }
        }
    }

    private static double CentralDifference(
        ReferenceProgram<double, DoubleArithmetic> program, double[][] parameters, int tensor, int element, double[] inputs, int[] labels, int sampleCount)
    {
        var value = parameters[tensor][element];
        parameters[tensor][element] = value + Difference;
        var above = program.LossSum(parameters, inputs, new(labels, []), Pass(sampleCount));
        parameters[tensor][element] = value - Difference;
        var below = program.LossSum(parameters, inputs, new(labels, []), Pass(sampleCount));
        parameters[tensor][element] = value;
        return (above - below) / (2 * Difference);
    }

    private static ReferencePass Pass(int sampleCount) => new([0, sampleCount], IsTraining: true, [.. Enumerable.Range(0, sampleCount)], 3, 1);

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
