using System.Globalization;
using DistTrain.Actors;
using DistTrain.Engines.Simd;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Tests.Support;

namespace DistTrain.Runtime.Tests.Compute;

/// <summary>The first promise where the parameter server is cut: as many shards as one likes, on as many nodes, whatever norms the optimizer needs.</summary>
public class ShardedComputeTests
{
    private const int SampleCount = 61;

    private static readonly Dictionary<string, ModelSpecification> Models = new(StringComparer.Ordinal)
    {
        // Tensors of one chunk and of several, and a last chunk that ends inside a vector.
        ["perceptron"] = ModelSpecification.Parse("mlp:97,31"),
        ["batch norm"] = new([new("flatten"), new LayerSpecification("dense").With("units", 83), new("batch-norm"), new("relu"), new("output")]),
    };

    private static readonly Dictionary<string, OptimizerSettings> Settings = new(StringComparer.Ordinal)
    {
        ["usual"] = new(),
        ["clipping"] = new() { ClipNorm = 0.01, L2 = 0.02, Momentum = 0.8 },
    };

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, string>();
            foreach (var model in Models.Keys)
            {
                foreach (var optimizer in OptimizerChain.Names)
                {
                    foreach (var settings in Settings.Keys)
                    {
                        cases.Add(model, optimizer, settings);
                    }
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Any_sharding_gives_the_bits_of_one_shard(string model, string optimizer, string settings)
    {
        var definition = Define(model, OptimizerChain.Create(optimizer, Settings[settings]));
        var expected = Train(definition, new SimdEngine(), 1, [0]);
        foreach (var (hosts, nodes) in ((int Hosts, int[] Nodes)[])[(2, [0, 1]), (3, [2, 0, 1]), (2, [0, 1, 1, 0, 1]), (3, [0, 0])])
        {
            var actual = Train(definition, new SimdEngine(), hosts, nodes);
            Assert.Equal(expected.Hashes, actual.Hashes);
            Assert.Equal(expected.Norms, actual.Norms);
        }
    }

    [Theory]
    [InlineData("sgd", "usual")]
    [InlineData("lamb", "clipping")]
    public void The_reference_engine_agrees(string optimizer, string settings)
    {
        var definition = Define("batch norm", OptimizerChain.Create(optimizer, Settings[settings]));
        var (hashes, _) = Train(definition, new SimdEngine(), 1, [0]);
        Assert.Equal(hashes, Train(definition, new ReferenceEngine(), 2, [1, 0, 1]).Hashes);
    }

    [Theory]
    [InlineData("nadam", "clipping")]
    [InlineData("lamb", "usual")]
    public void Shards_that_move_to_other_nodes_go_on_with_the_same_bits(string optimizer, string settings)
    {
        var definition = Define("batch norm", OptimizerChain.Create(optimizer, Settings[settings]));
        var (hashes, _) = Train(definition, new SimdEngine(), 1, [0]);
        using var cluster = new HostCluster(definition, new SimdEngine(), 3, [0, 1, 2]);
        cluster.Step(1);
        cluster.Move(new WeightVersion(1), [0, 1, 1]);
        cluster.Step(2);
        cluster.Move(new WeightVersion(2), [2, 0, 0]);
        cluster.Step(3);
        Assert.Equal(hashes[2], cluster.Deliver(new WeightVersion(3)));
    }

    [Fact]
    public void Buffers_are_used_again_step_after_step()
    {
        var definition = Define("perceptron", OptimizerChain.Create("lamb", Settings["clipping"]));
        using var cluster = new HostCluster(definition, new SimdEngine(), 3, [0, 1, 2, 0, 0]);
        cluster.Step(1);
        (int Weights, int Gradients)[] before = [.. cluster.Hosts.Select(host => host.BufferCounts)];
        for (var step = 2; step <= 8; step++)
        {
            cluster.Step(step);
            cluster.Deliver(new WeightVersion(step));
        }

        Assert.Equal(before, cluster.Hosts.Select(host => host.BufferCounts));

        // Two versions; the nodes of the step, each in one buffer however many shards read it.
        Assert.All(before, counts => Assert.Equal(2, counts.Weights));
        Assert.All(before, counts => Assert.InRange(counts.Gradients, 1, 16));
    }

    /// <summary>Of a step with a value that is not finite, the shard that has it says so; the others wait for its sums and are told to forget the step.</summary>
    [Fact]
    public void An_update_can_be_forgotten_between_two_stages()
    {
        var definition = Define("perceptron", OptimizerChain.Create("sgd", Settings["clipping"]));
        using var host = new EngineComputeHost(definition, new ReferenceEngine(), 100);
        host.Place(2);
        var (shard, worker) = (new ShardId(1), ActorAddress.Of(new WorkerId(1)));
        foreach (var id in (ShardId[])[new(0), shard])
        {
            host.Execute(ActorAddress.Of(id), new InitializeWeights(id));
            host.Transfer(ActorAddress.Of(id), worker, new WeightsPublished(default, id, new WeightVersion(0)));
        }

        var batch = new MiniBatch(new StepNumber(1), 1, 0, SampleCount, 2);
        var computed = (GradientComputed)host.Execute(worker, new ComputeGradient(batch, new WorkRange(0, 2)));
        var update = new ReduceAndUpdate(shard, batch, [.. computed.Nodes.Select(node => new HeldGradient(node.Node, node.Gradient))], 0.1);
        var staged = (UpdateStaged)host.Execute(ActorAddress.Of(shard), update);
        Assert.Equal(0, staged.Stage);
        host.Release(ActorAddress.Of(shard), new AbandonUpdate(shard, batch.Step));
        Assert.Throws<InvalidOperationException>(() => (object)host.Execute(ActorAddress.Of(shard), new ContinueUpdate(shard, batch.Step, 0, [])));

        // It can be made anew, which shows that nobody holds the version any more.
        Assert.Equal(staged.Squares.ToArray(), ((UpdateStaged)host.Execute(ActorAddress.Of(shard), update)).Squares.ToArray());
    }

    private static (string[] Hashes, TensorNorms[] Norms) Train(TrainingDefinition definition, IEngine engine, int hosts, int[] nodes)
    {
        using var cluster = new HostCluster(definition, engine, hosts, nodes);
        var hashes = new string[3];
        var norms = new List<TensorNorms>();
        for (var step = 1; step <= 3; step++)
        {
            norms.AddRange(cluster.Step(step));
            hashes[step - 1] = cluster.Deliver(new WeightVersion(step));
        }

        return (hashes, [.. norms]);
    }

    private static TrainingDefinition Define(string model, OptimizerChain optimizer)
    {
        var shape = new TensorShape(19, 21);
        var random = new Random(1);
        float[] inputs = [.. Enumerable.Range(0, SampleCount * shape.ElementCount).Select(_ => (random.NextSingle() * 2) - 1)];
        int[] labels = [.. Enumerable.Range(0, SampleCount).Select(_ => random.Next(10))];
        return new TrainingDefinition
        {
            Graph = Models[model].Build(shape, 10),
            Loss = new SoftmaxCrossEntropyLoss(),
            Optimizer = optimizer,
            Schedule = new ConstantSchedule(),
            LearningRate = 0.1,
            Seed = 3,
            BatchSize = SampleCount,
            MicroBatchCount = 8,
            Epochs = 1,
            WorkerCount = 1,
            Train = new SampleSet(shape, inputs, new ClassLabels(labels, [.. Enumerable.Range(0, 10).Select(label => label.ToString(CultureInfo.InvariantCulture))])),
            Test = null,
        };
    }
}
