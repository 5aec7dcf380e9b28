using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime.Compute;

namespace DistTrain.Runtime.Tests.Compute;

public class ComputePlanTests
{
    private static readonly long BytesOfASample = new ReferenceEngine().ProgramBytes(Definition().Graph, Definition().Loss, 1);

    [Fact]
    public void Without_a_limit_one_thread_computes_its_range_in_one_piece()
    {
        var plan = ComputePlan.Create(Definition(), new ReferenceEngine());
        Assert.True(plan.IsWhole);
        Assert.Equal([new WorkRange(3, 7)], Assert.Single(plan.Cut(MiniBatchPartition.Create(64, 8), new WorkRange(3, 7))));
    }

    [Fact]
    public void Memory_cuts_a_range_into_parts_that_fit_and_are_nodes_where_the_range_allows_it()
    {
        // 20 samples fit, and a micro-batch has 8: two at a time.
        var plan = ComputePlan.Create(Definition() with { MemoryBytes = 20 * BytesOfASample }, new ReferenceEngine());
        Assert.Equal(20, plan.MaximumSamples);
        var partition = MiniBatchPartition.Create(64, 8);
        Assert.Equal([new(0, 2), new(2, 4), new(4, 6), new WorkRange(6, 8)], Assert.Single(plan.Cut(partition, new WorkRange(0, 8))));
        Assert.Equal([new(1, 2), new(2, 4), new WorkRange(4, 5)], Assert.Single(plan.Cut(partition, new WorkRange(1, 5))));
    }

    [Fact]
    public void Threads_get_nearly_equal_shares_and_none_is_left_without_a_micro_batch()
    {
        var plan = ComputePlan.Create(Definition() with { ThreadsPerWorker = 3 }, new ReferenceEngine());
        var partition = MiniBatchPartition.Create(64, 8);
        Assert.Equal([new(0, 2), new(2, 5), new WorkRange(5, 8)], plan.Cut(partition, new WorkRange(0, 8)).Select(Assert.Single));
        Assert.Equal([new(6, 7), new WorkRange(7, 8)], plan.Cut(partition, new WorkRange(6, 8)).Select(Assert.Single));
    }

    [Fact]
    public void What_fits_is_shared_by_the_threads()
    {
        var plan = ComputePlan.Create(Definition() with { ThreadsPerWorker = 2, MemoryBytes = 20 * BytesOfASample }, new ReferenceEngine());
        Assert.Equal(10, plan.MaximumSamples);
    }

    [Fact]
    public void A_batch_of_which_no_micro_batch_fits_is_refused_with_both_numbers_and_advice()
    {
        var refusal = Assert.Throws<InvalidInputException>(() => ComputePlan.Create(Definition() with { MemoryBytes = 7 * BytesOfASample }, new ReferenceEngine()));
        Assert.Equal(
            $"a micro-batch of 8 samples needs {BytesOfASample * 8 / 1024.0:F1} KiB of memory, but only {BytesOfASample * 7 / 1024.0:F1} KiB are allowed: "
            + "cut the batch into more micro-batches (micro-batches: 16) or allow more memory",
            refusal.Message);
    }

    [Fact]
    public void The_largest_batch_that_the_run_will_come_to_must_fit()
    {
        var definition = Definition() with { MemoryBytes = 12 * BytesOfASample };
        ComputePlan.Create(definition, new ReferenceEngine());
        Assert.Throws<InvalidInputException>(() => ComputePlan.Create(definition with { BatchSchedule = new BatchSchedule(BatchGrowth.Plateau) }, new ReferenceEngine()));
    }

    private static TrainingDefinition Definition() => new()
    {
        Graph = ModelSpecification.Parse("mlp:16").Build(new TensorShape(8), 1),
        Loss = new MeanSquaredErrorLoss(),
        Optimizer = OptimizerChain.Create("sgd", new OptimizerSettings()),
        Schedule = new ConstantSchedule(),
        LearningRate = 0.1,
        Seed = 1,
        BatchSize = 64,
        MicroBatchCount = 8,
        Epochs = 1,
        WorkerCount = 1,
        Train = new SampleSet(new TensorShape(8), new float[128 * 8], new TargetValues(new float[128], 1)),
        Test = null,
    };
}
