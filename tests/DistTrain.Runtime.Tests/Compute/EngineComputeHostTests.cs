using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime.Compute;

namespace DistTrain.Runtime.Tests.Compute;

public class EngineComputeHostTests
{
    private const double Rate = 0.5;
    private static readonly int[] Labels = [0, 1, 1, 0, 1, 1];
    private static readonly ActorAddress Worker = ActorAddress.Of(new WorkerId(1));
    private static readonly ActorAddress Server = ActorAddress.Of(new ShardId(0));

    [Fact]
    public void An_update_tells_the_norms_by_tensor_when_asked()
    {
        var host = Host();
        host.Execute(Server, new InitializeWeights(new ShardId(0)));
        Assert.Empty(Update(host, 1, measures: false).Measures);
        var before = Delivered(host, 1);
        var norms = TensorNorms.Fold(host.Layout, Update(host, 2, measures: true).Measures.AsSpan(), Labels.Length);
        var after = Delivered(host, 2);
        Assert.Equal([0, 1], norms.Select(entry => entry.TensorIndex));
        var (weight, bias) = (norms[0], norms[1]);
        Assert.Equal(Norm(before.Span[..8]), weight.WeightNorm, 1e-6);
        Assert.Equal(Norm(before.Span[16..18]), bias.WeightNorm, 1e-6);
        Assert.True(weight.GradientNorm > 0 && bias.GradientNorm > 0);

        // Plain descent moves by the rate times the gradient.
        Assert.Equal(Rate * weight.GradientNorm, weight.ChangeNorm, 1e-6);
        Assert.Equal(weight.ChangeNorm / weight.WeightNorm, weight.UpdateRatio);
        float[] change = [.. after.Span[16..18].ToArray().Zip(before.Span[16..18].ToArray(), (now, then) => now - then)];
        Assert.Equal(Norm(change), bias.ChangeNorm, 1e-6);
    }

    private static UpdateApplied Update(EngineComputeHost host, long step, bool measures)
    {
        var miniBatch = new MiniBatch(new StepNumber(step), 1, 0, 6, 2);
        host.Transfer(Server, Worker, new WeightsPublished(default, new ShardId(0), new WeightVersion(step - 1)));
        var computed = (GradientComputed)host.Execute(Worker, new ComputeGradient(miniBatch, new WorkRange(0, 2)));
        var held = computed.Nodes.Select(node => new HeldGradient(node.Node, node.Gradient)).ToImmutableArray();
        return (UpdateApplied)host.Execute(Server, new ReduceAndUpdate(new ShardId(0), miniBatch, held, Rate) { Measures = measures });
    }

    private static TensorBuffer Delivered(EngineComputeHost host, long version)
    {
        host.Transfer(Server, ActorAddress.Coordinator, new WeightsDelivered(default, new ShardId(0), new WeightVersion(version)));
        return host.CopyWeights(new WeightVersion(version));
    }

    private static EngineComputeHost Host()
    {
        var shape = new TensorShape(4);
        float[] inputs = [.. Enumerable.Range(0, 24).Select(i => MathF.Sin(i))];
        var definition = new TrainingDefinition
        {
            Graph = ModelSpecification.Parse("logistic").Build(shape, 2),
            Loss = new SoftmaxCrossEntropyLoss(),
            Optimizer = OptimizerChain.Create("sgd", new OptimizerSettings()),
            Schedule = new ConstantSchedule(),
            LearningRate = Rate,
            Seed = 1,
            BatchSize = 6,
            MicroBatchCount = 2,
            Epochs = 1,
            WorkerCount = 1,
            Train = new SampleSet(shape, inputs, new ClassLabels(Labels, ["a", "b"])),
            Test = null,
        };
        return new EngineComputeHost(definition, new ReferenceEngine(), 6);
    }

    private static double Norm(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += (double)value * value;
        }

        return Math.Sqrt(sum);
    }
}
