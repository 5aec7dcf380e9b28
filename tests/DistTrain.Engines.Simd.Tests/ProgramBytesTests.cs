using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Reduction;
using DistTrain.Tests.Shared;

namespace DistTrain.Engines.Simd.Tests;

/// <summary>A program's memory: as much as was said beforehand, and none after that.</summary>
public sealed class ProgramBytesTests
{
    /// <summary>The objects that hold a program together, and the alignment of its buffers.</summary>
    private const long MostObjectBytes = 200_000;

    public static TheoryData<string> Cases { get; } = [.. OperationCases.All.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_program_takes_the_bytes_that_were_said(string name)
    {
        OperationCase one = OperationCases.Find(name);
        AssertBytes(one.Graph(), one.Loss, 300);
    }

    [Theory]
    [InlineData("cnn", 64)]
    [InlineData("lenet5", 100)]
    [InlineData("mlp:512,512", 1000)]
    public void A_named_model_takes_the_bytes_that_were_said(string model, int samples) =>
        AssertBytes(ModelSpecification.Parse(model).Build(new TensorShape(28, 28), 10), new SoftmaxCrossEntropyLoss(), samples);

    [Fact]
    public void More_bytes_than_any_machine_has_are_said_without_taking_them() =>
        Assert.True(new SimdEngine().ProgramBytes(ModelSpecification.Parse("cnn").Build(new TensorShape(28, 28), 10), new SoftmaxCrossEntropyLoss(), int.MaxValue) > 1L << 44);

    [Fact]
    public void A_step_of_the_cnn_allocates_nothing_in_the_steady_state()
    {
        ModelGraph graph = ModelSpecification.Parse("cnn").Build(new TensorShape(28, 28), 10);
        MiniBatchPartition partition = MiniBatchPartition.Create(5, 2);
        IModelProgram program = new SimdEngine().CreateProgram(graph, new SoftmaxCrossEntropyLoss(), 5);
        TensorBuffer weights = graph.Layout.CreateInitialWeights(1);
        GradientNode[] nodes = [new(partition.Root, new TensorBuffer(graph.Layout.BufferLength))];
        var statistics = new NodeStatistics[1];
        float[] inputs = [.. Enumerable.Range(0, 5 * 784).Select(i => i % 17 / 17f)];
        int[] labels = [0, 3, 9, 1, 1], sampleIds = [0, 1, 2, 3, 4];
        var outputs = new float[50];
        long before = 0;
        for (int step = 0; step < 6; step++)
        {
            before = step == 3 ? GC.GetAllocatedBytesForCurrentThread() : before;
            program.ComputeGradient(
                new GradientRequest
                {
                    Weights = weights, Partition = partition, FirstMicroBatch = 0, EndMicroBatch = 2, Inputs = inputs, Targets = new TargetBatch(labels), SampleIds = sampleIds,
                    Seed = 1, Step = step + 1,
                },
                nodes,
                statistics);
            program.Forward(weights, inputs, 5, outputs);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void AssertBytes(ModelGraph graph, Loss loss, int samples)
    {
        var engine = new SimdEngine();
        long said = engine.ProgramBytes(graph, loss, samples);
        long before = GC.GetAllocatedBytesForCurrentThread();
        engine.CreateProgram(graph, loss, samples);
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(taken, said, said + MostObjectBytes);
    }
}
