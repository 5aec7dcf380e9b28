using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Numerics;

namespace DistTrain.Tests.Shared;

/// <summary>Analytic gradients against central differences, in double precision.</summary>
internal sealed class GradientCheck
{
    private const double Difference = 1e-5;
    private readonly OperationCase checkedCase;
    private readonly ModelGraph graph;
    private readonly ReferenceProgram<double, DoubleArithmetic> program;
    private readonly ReferencePass pass;
    private readonly double[][] parameters;
    private readonly double[] inputs;
    private readonly ReferenceTargets<double> targets;

    /// <param name="borders">[micro-batches + 1] first sample of each micro-batch, then the sample count.</param>
    public GradientCheck(OperationCase checkedCase, int[] borders)
    {
        this.checkedCase = checkedCase;
        graph = checkedCase.Graph();
        var samples = borders[^1];
        program = new ReferenceProgram<double, DoubleArithmetic>(graph, checkedCase.Loss, samples);
        pass = new ReferencePass(borders, IsTraining: true, [.. Enumerable.Range(0, samples)], 3, 1);
        var random = new CounterBasedRandom(11, 3);
        parameters = [.. graph.Layout.Tensors.Select(tensor => Numbers(ref random, tensor.Length))];
        inputs = Numbers(ref random, samples * graph.InputShape.ElementCount);
        if (checkedCase.Vocabulary > 0)
        {
            inputs = [.. inputs.Select((_, i) => (double)(i * 7 % checkedCase.Vocabulary))];
        }

        targets = Targets(ref random, samples);
    }

    /// <summary>Inputs in which all samples are the first one: micro-batches without variance.</summary>
    public GradientCheck WithEqualSamples()
    {
        var width = graph.InputShape.ElementCount;
        for (var i = width; i < inputs.Length; i++)
        {
            inputs[i] = inputs[i % width];
        }

        return this;
    }

    /// <summary>The largest |gradient − difference| / max(1, |difference|) of all learned parameters, and where it is.</summary>
    public (double Error, string Where) LargestError()
    {
        var gradients = program.GradientSum(parameters, inputs, targets, pass);
        var (largest, where) = (0.0, "nowhere");
        foreach (var tensor in graph.Layout.Tensors.Where(tensor => tensor.Update is LearnedParameter))
        {
            for (var i = 0; i < tensor.Length; i++)
            {
                var expected = CentralDifference(tensor.Index, i);
                var error = Math.Abs(gradients[tensor.Index][i] - expected) / Math.Max(1, Math.Abs(expected));
                if (!(error <= largest))
                {
                    (largest, where) = (error, $"{checkedCase.Name}, {tensor.Name}[{i}]: difference {expected}, gradient {gradients[tensor.Index][i]}");
                }
            }
        }

        return (largest, where);
    }

    private double CentralDifference(int tensor, int element)
    {
        var value = parameters[tensor][element];
        parameters[tensor][element] = value + Difference;
        var above = program.LossSum(parameters, inputs, targets, pass);
        parameters[tensor][element] = value - Difference;
        var below = program.LossSum(parameters, inputs, targets, pass);
        parameters[tensor][element] = value;
        return (above - below) / (2 * Difference);
    }

    private ReferenceTargets<double> Targets(ref CounterBasedRandom random, int samples)
    {
        var values = new double[checkedCase.HasValueTargets ? samples * graph.OutputShape.ElementCount : 0];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = random.UniformDouble();
        }

        var labels = checkedCase.HasValueTargets ? 0 : samples * checkedCase.LabelsPerSample;
        return new ReferenceTargets<double>([.. Enumerable.Range(0, labels).Select(i => i * 5 % checkedCase.ClassCount)], values);
    }

    private static double[] Numbers(ref CounterBasedRandom random, int count)
    {
        var values = new double[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = random.Normal();
        }

        return values;
    }
}
