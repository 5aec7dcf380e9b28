using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Tests.Diagnostics;

public class ActivationProbeTests
{
    [Fact]
    public void Dead_units_and_saturated_outputs_are_counted_by_layer()
    {
        var graph = ModelGraph.Chain(
            new TensorShape(1), [new DenseOperation(4, new ConstantInitializer(0)), new ReluOperation(), new DenseOperation(2, new ConstantInitializer(0)), new TanhOperation()]);
        var weights = graph.Layout.CreateInitialWeights(1);

        // Unit 0 wakes for positive inputs, unit 1 for negative ones, unit 2 is always awake, unit 3 never.
        float[] first = [1, -1, 0, 0];
        float[] firstBias = [0, 0, 1, -1];
        float[] secondBias = [0, 9];
        first.CopyTo(weights.Span[graph.Layout.Tensors[0].Offset..]);
        firstBias.CopyTo(weights.Span[graph.Layout.Tensors[1].Offset..]);
        secondBias.CopyTo(weights.Span[graph.Layout.Tensors[3].Offset..]);
        var samples = new SampleSet(new TensorShape(1), new float[] { 1, -2, 0.5f }, new TargetValues(new float[6], 2));

        var health = new ActivationProbe(new ReferenceEngine(), graph, new MeanSquaredErrorLoss(), 3).Measure(weights, samples);

        Assert.Equal<ActivationHealth>([new("relu1", 0.25, null), new("tanh1", null, 0.5)], health.AsEnumerable());
    }
}
