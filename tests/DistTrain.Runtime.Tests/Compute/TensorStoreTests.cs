using DistTrain.Actors;
using DistTrain.Engines.Simd;
using DistTrain.Learning;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Tests.Support;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Tests.Compute;

public sealed class TensorStoreTests : IDisposable
{
    private const int Labels = 3;
    private static readonly WorkerId WorkerId = new(1);
    private static readonly ActorAddress Worker = ActorAddress.Of(WorkerId);
    private static readonly ShardId Local = new(0);
    private static readonly ShardId Remote = new(1);
    private static readonly Header Header = new(new Term(1), new Incarnation(4), new SessionNumber(2));
    private static readonly WeightVersion Version = new(0);
    private static readonly TreeNode Node = new(1, 0);

    /// <summary>Shard 0 lives in the one, shard 1 in the other, and the worker and the coordinator in the first.</summary>
    private readonly EngineComputeHost here = Host(Local);
    private readonly EngineComputeHost there = Host(Remote);

    [Fact]
    public void Weights_are_whole_when_the_parts_of_all_shards_are_here()
    {
        here.Transfer(ActorAddress.Of(Local), ActorAddress.Coordinator, new WeightsDelivered(Header, Local, Version));
        Assert.Throws<InvalidOperationException>(() => here.CopyWeights(Version));
        Assert.Equal(new WeightsDelivered(Header, Remote, Version), Send(ActorAddress.Coordinator, new WeightsDelivered(Header, Remote, Version)));
        var expected = here.Layout.CreateInitialWeights(1);
        Assert.Equal(expected.Span.ToArray(), here.CopyWeights(Version).Span.ToArray());
    }

    [Fact]
    public void A_part_that_comes_twice_is_written_once_and_held_by_both_receivers()
    {
        var published = new WeightsPublished(Header, Remote, Version);
        Send(Worker, published);
        here.Transfer(ActorAddress.Of(Local), Worker, new WeightsPublished(Header, Local, Version));
        var expected = Sample(Compute());

        // The second copy says something else; whoever reads must not see it.
        var second = here.Open(ActorAddress.Coordinator, new WeightsKey(Header.Incarnation, Remote, Version));
        foreach (var segment in second.Segments)
        {
            segment.Span.Fill(7);
        }

        Assert.Equal(expected, Sample(Compute()));
        here.Release(Worker, new DropWeights(Version));
        here.Release(ActorAddress.Of(Local), new DropWeights(Version));
        second.Complete(new WeightsDelivered(Header, Remote, Version));
        Assert.Equal(1, here.BufferCounts.Weights);
        here.Release(ActorAddress.Coordinator, new DropWeights(Version));
        Assert.Throws<InvalidOperationException>(() => here.CopyWeights(Version));
    }

    [Fact]
    public void A_second_copy_stands_in_for_a_first_that_never_became_whole()
    {
        var first = here.Open(Worker, new WeightsKey(Header.Incarnation, Remote, Version));
        using var outgoing = there.Hold(ActorAddress.Of(Remote), new WeightsDelivered(Header, Remote, Version));
        var second = here.Open(ActorAddress.Coordinator, outgoing.Key);
        first.Abandon();
        HostCluster.Copy(outgoing, second);
        second.Complete(new WeightsDelivered(Header, Remote, Version));
        here.Transfer(ActorAddress.Of(Local), ActorAddress.Coordinator, new WeightsDelivered(Header, Local, Version));
        Assert.Equal(here.Layout.CreateInitialWeights(1).Span.ToArray(), here.CopyWeights(Version).Span.ToArray());
    }

    [Fact]
    public void A_version_of_another_incarnation_lies_elsewhere()
    {
        var ours = here.Open(Worker, new WeightsKey(Header.Incarnation, Remote, Version));
        var later = here.Open(Worker, new WeightsKey(new Incarnation(5), Remote, Version));
        Assert.False(ours.Segments[0].Span.Overlaps(later.Segments[0].Span));
    }

    [Fact]
    public void What_is_sent_stays_as_it_is_until_it_has_been_sent()
    {
        var node = Compute(complete: true).Nodes[0];
        var contribution = Contribution(node.Gradient);
        var outgoing = here.Hold(Worker, contribution);
        float[][] before = [.. outgoing.Segments.Select(segment => segment.ToArray())];
        here.Release(Worker, new ReleaseGradient(node.Gradient));
        var (_, gradients) = here.BufferCounts;
        Compute();
        Assert.Equal(before, outgoing.Segments.Select(segment => segment.ToArray()));
        Assert.Equal(gradients + 1, here.BufferCounts.Gradients);
        outgoing.Dispose();
        outgoing.Dispose();
        Compute();
        Assert.Equal(gradients + 1, here.BufferCounts.Gradients);
    }

    [Fact]
    public void Gradients_come_last_tensor_first_and_belong_to_their_receiver()
    {
        var node = Compute(complete: true).Nodes[0];
        var contribution = Contribution(node.Gradient);
        using var outgoing = here.Hold(Worker, contribution);
        var cut = ShardCut.Create(here.Layout, 2);
        Assert.Equal(cut.SegmentsOf(1).Reverse().Select(segment => segment.Length), outgoing.Segments.Select(segment => segment.Length));
        var incoming = there.Open(ActorAddress.Of(Remote), outgoing.Key);
        HostCluster.Copy(outgoing, incoming);
        var received = (Contribution)incoming.Complete(contribution with { Gradient = default });
        Assert.NotEqual(default, received.Gradient);
        there.Release(ActorAddress.Of(Remote), new ReleaseGradient(received.Gradient));
        Assert.Throws<InvalidOperationException>(() => there.Release(ActorAddress.Of(Remote), new ReleaseGradient(received.Gradient)));
        Assert.Throws<InvalidOperationException>(incoming.Abandon);
    }

    [Fact]
    public void Tensors_of_another_message_than_the_announced_one_are_refused_and_free()
    {
        var key = new GradientKey(Header.Incarnation, Remote, Version, WorkerId, Header.Session, Node);
        foreach (var other in (ActorMessage[])[Contribution(default) with { Node = new TreeNode(0, 0) }, Contribution(default) with { Step = new StepNumber(9) }, new WeightsPublished(Header, Remote, Version)])
        {
            Assert.Throws<WireFormatException>(() => (object)there.Open(ActorAddress.Of(Remote), key).Complete(other));
        }

        Assert.Equal(1, there.BufferCounts.Gradients);
        Assert.Throws<WireFormatException>(() => (object)here.Open(Worker, new WeightsKey(Header.Incarnation, Remote, Version)).Complete(new WeightsDelivered(Header, Remote, Version)));
        Assert.Throws<WireFormatException>(() =>
            (object)here.Open(Worker, new WeightsKey(Header.Incarnation, Remote, Version)).Complete(new WeightsPublished(Header with { Incarnation = new Incarnation(9) }, Remote, Version)));
    }

    [Fact]
    public void What_nobody_can_mean_is_refused()
    {
        var (incarnation, session) = (Header.Incarnation, Header.Session);
        (ActorAddress Receiver, TensorKey Key)[] wrong =
        [
            (Worker, new WeightsKey(incarnation, new ShardId(2), Version)),
            (Worker, new WeightsKey(incarnation, new ShardId(-1), Version)),
            (Worker, new WeightsKey(incarnation, Local, Version)),
            (Worker, new GradientKey(incarnation, Local, Version, WorkerId, session, Node)),
            (ActorAddress.Of(Local), new WeightsKey(incarnation, Remote, Version)),
            (ActorAddress.Of(Local), new GradientKey(incarnation, Remote, Version, WorkerId, session, Node)),
            (ActorAddress.Of(Local), new GradientKey(incarnation, Local, Version, WorkerId, session, new TreeNode(1, 4))),
            (ActorAddress.Of(Local), new GradientKey(incarnation, Local, Version, WorkerId, session, new TreeNode(0, -1))),
            (ActorAddress.Of(Local), new GradientKey(incarnation, Local, Version, WorkerId, session, new TreeNode(31, 0))),
            (ActorAddress.Of(Local), new GradientKey(incarnation, Local, Version, WorkerId, session, new TreeNode(30, int.MaxValue))),
            (ActorAddress.Of(Local), new StateKey(incarnation, Remote, Version, 2)),
            (Worker, new StateKey(incarnation, Remote, Version, 2)),
        ];
        Assert.All(wrong, attempt => Assert.Throws<WireFormatException>(() => here.Open(attempt.Receiver, attempt.Key)));
        Assert.Equal((1, 0), here.BufferCounts);
    }

    [Fact]
    public void Nobody_can_take_more_memory_than_a_run_can_need()
    {
        AssertBounded(count => here.Open(Worker, new WeightsKey(Header.Incarnation, Remote, new WeightVersion(count))));
        AssertBounded(count => here.Open(ActorAddress.Of(Local), new GradientKey(Header.Incarnation, Local, Version, new WorkerId(count), Header.Session, Node)));
        AssertBounded(count => here.Open(ActorAddress.Coordinator, new StateKey(Header.Incarnation, Remote, new WeightVersion(count), 2)));
        AssertBounded(_ => there.Open(Worker, new WeightsKey(Header.Incarnation, Local, Version)));
    }

    [Fact]
    public void What_was_never_whole_leaves_room_again()
    {
        for (var count = 0; count < 1000; count++)
        {
            here.Open(Worker, new WeightsKey(Header.Incarnation, Remote, new WeightVersion(count))).Abandon();
            here.Open(ActorAddress.Of(Local), new GradientKey(Header.Incarnation, Local, Version, new WorkerId(count), Header.Session, Node)).Abandon();
            here.Open(ActorAddress.Coordinator, new StateKey(Header.Incarnation, Remote, new WeightVersion(count), 2)).Abandon();
        }

        Assert.Equal((2, 1), here.BufferCounts);
    }

    public void Dispose()
    {
        here.Dispose();
        there.Dispose();
    }

    private static void AssertBounded(Func<int, IIncomingTensors> open)
    {
        var opened = 0;
        Assert.Throws<WireFormatException>(() =>
        {
            for (; opened < 2000; opened++)
            {
                open(opened);
            }
        });
        Assert.InRange(opened, 2, 1000);
    }

    private static EngineComputeHost Host(ShardId shard)
    {
        var shape = new TensorShape(150);
        float[] inputs = [.. Enumerable.Range(0, 16 * 150).Select(i => MathF.Sin(i))];
        int[] labels = [.. Enumerable.Range(0, 16).Select(i => i % Labels)];
        var definition = new TrainingDefinition
        {
            Graph = ModelSpecification.Parse("mlp:250").Build(shape, Labels),
            Loss = new SoftmaxCrossEntropyLoss(),
            Optimizer = OptimizerChain.Create("adam", new OptimizerSettings()),
            Schedule = new ConstantSchedule(),
            LearningRate = 0.1,
            Seed = 1,
            BatchSize = 16,
            MicroBatchCount = 8,
            Epochs = 1,
            WorkerCount = 1,
            Train = new SampleSet(shape, inputs, new ClassLabels(labels, ["a", "b", "c"])),
            Test = null,
        };
        var host = new EngineComputeHost(definition, new SimdEngine(), 16);
        host.Place(2);
        host.Execute(ActorAddress.Of(shard), new InitializeWeights(shard) { Incarnation = Header.Incarnation });
        return host;
    }

    private static Contribution Contribution(GradientHandle gradient) => new(Header, WorkerId, new StepNumber(1), Remote, Node, gradient, default, 0);

    private ActorMessage Send(ActorAddress receiver, ActorMessage message) => HostCluster.Travel(there, ActorAddress.Of(Remote), here, receiver, message);

    /// <summary>The gradient of the node; the parts of the weights are brought first where they are not there.</summary>
    private GradientComputed Compute(bool complete = false)
    {
        if (complete)
        {
            Send(Worker, new WeightsPublished(Header, Remote, Version));
            here.Transfer(ActorAddress.Of(Local), Worker, new WeightsPublished(Header, Local, Version));
        }

        return (GradientComputed)here.Execute(Worker, new ComputeGradient(new MiniBatch(new StepNumber(1), 1, 0, 16, 8), new WorkRange(0, 2)));
    }

    private float[] Sample(GradientComputed computed)
    {
        using var outgoing = here.Hold(Worker, Contribution(computed.Nodes[0].Gradient));
        float[] values = [.. outgoing.Segments.SelectMany(segment => segment.ToArray())];
        here.Release(Worker, new ReleaseGradient(computed.Nodes[0].Gradient));
        return values;
    }
}
