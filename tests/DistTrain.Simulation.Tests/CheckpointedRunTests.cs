using System.Globalization;
using DistTrain.Actors;
using DistTrain.Engines.Simd;
using DistTrain.Learning;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Recovery;

namespace DistTrain.Simulation.Tests;

/// <summary>The real actors, the real engine, the real journal and the real checkpoints, on a simulated disk: a node that dies with a shard costs time only.</summary>
public sealed class CheckpointedRunTests
{
    private static readonly TrainingDefinition Training = Define();

    [Fact]
    public void A_node_that_dies_with_its_shard_costs_nothing_but_time_whenever_it_dies()
    {
        var undisturbed = Run([]);
        Assert.Equal(RunOutcome.Completed, undisturbed.Result.Ending?.Outcome);
        Assert.NotEmpty(undisturbed.Disk.List("checkpoints"));
        var fromCheckpoint = 0;
        for (var at = 5L; at < undisturbed.Result.Deliveries; at += 23)
        {
            var run = Run([new NodeDies(at, new NodeId(3))]);
            Assert.Equal(undisturbed.Result.Ending?.WeightsHash, run.Result.Ending?.WeightsHash);
            Assert.Equal(
                undisturbed.Result.Reports.Select(report => (report.Epoch, report.WeightsHash)),
                run.Result.Reports.Select(report => (report.Epoch, report.WeightsHash)));
            fromCheckpoint += run.Result.Announcements.OfType<RecoveryAnnounced>().Count(recovery => recovery.From > default(StepNumber));

            // What the next coordinator would know is what was announced.
            var past = RunJournal.Open(run.Disk).Past;
            Assert.Equal(run.Result.Reports.Select(report => report.WeightsHash), past.Epochs.Values.Select(report => report.WeightsHash));
            Assert.Equal(RunOutcome.Completed, past.Ending?.Outcome);
        }

        Assert.InRange(fromCheckpoint, 1, int.MaxValue);
    }

    private static (SimulationResult Result, SimulatedDisk Disk) Run(Incident[] incidents)
    {
        var disk = new SimulatedDisk();
        var journal = RunJournal.Open(disk);
        var engine = new SimdEngine();
        var definition = Training.ToRunDefinition(engine.ArithmeticId) with
        {
            Placement = ShardPlacement.Workers,
            ShardCount = 3,
            Checkpoints = new CheckpointPolicy { EverySteps = 3, AtEpochEnds = true },
        };
        var store = new CheckpointStore(disk, new RunIdentity("configuration", "data", engine.ArithmeticId.Value), Training.Graph.Layout, Training.Optimizer) { FlushJournal = journal.Flush };
        using var host = new EngineComputeHost(Training, engine, definition.EvaluationBlockSize) { Checkpoints = store };
        host.Place(definition.ShardCount.Value);
        var scenario = Checker.Scenario(definition, seed: 3).WithSpare(incidents);
        return (DeterministicRun.Execute(scenario, host, journal: journal.Append), disk);
    }

    private static TrainingDefinition Define()
    {
        var shape = new TensorShape(6, 6);
        var random = new Random(1);
        float[] inputs = [.. Enumerable.Range(0, 61 * shape.ElementCount).Select(_ => (random.NextSingle() * 2) - 1)];
        int[] labels = [.. Enumerable.Range(0, 61).Select(_ => random.Next(10))];
        return new TrainingDefinition
        {
            Graph = ModelSpecification.Parse("mlp:20").Build(shape, 10),
            Loss = new SoftmaxCrossEntropyLoss(),
            Optimizer = OptimizerChain.Create("adam", new OptimizerSettings()),
            Schedule = new ConstantSchedule(),
            LearningRate = 0.01,
            Seed = 3,
            BatchSize = 16,
            MicroBatchCount = 4,
            Epochs = 3,
            WorkerCount = 3,
            Train = new SampleSet(shape, inputs, new ClassLabels(labels, [.. Enumerable.Range(0, 10).Select(label => label.ToString(CultureInfo.InvariantCulture))])),
            Test = null,
        };
    }
}
