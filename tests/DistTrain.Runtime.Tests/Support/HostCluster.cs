using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime.Compute;

namespace DistTrain.Runtime.Tests.Support;

/// <summary>
/// Several processes' compute hosts with a worker each, the coordinator in the first, and the shards spread over them. Effects and messages are made by hand; tensors travel between hosts as they would over a network,
/// element by element through what a host gives away and takes in.
/// </summary>
internal sealed class HostCluster : IDisposable
{
    private readonly TrainingDefinition definition;
    private readonly EngineComputeHost[] hosts;
    private int[] nodeOfShard;
    private Header header = new(new Term(1), new Incarnation(1), new SessionNumber(1));

    /// <param name="nodes">[shards] the host that each lives in.</param>
    public HostCluster(TrainingDefinition definition, IEngine engine, int hostCount, int[] nodes)
    {
        this.definition = definition;
        nodeOfShard = nodes;
        hosts = [.. Enumerable.Range(0, hostCount).Select(_ => new EngineComputeHost(definition, engine, 100))];
        foreach (var host in hosts)
        {
            host.Place(nodes.Length);
        }

        foreach (var shard in Shards)
        {
            HostOf(shard).Execute(ActorAddress.Of(shard), new InitializeWeights(shard) { Incarnation = header.Incarnation });
        }

        Publish(new WeightVersion(0));
    }

    public IReadOnlyList<EngineComputeHost> Hosts => hosts;

    private IEnumerable<ShardId> Shards => Enumerable.Range(0, nodeOfShard.Length).Select(shard => new ShardId(shard));

    /// <summary>One step, from the workers' gradients to the new weights at every worker; gives its norms by tensor.</summary>
    public ImmutableArray<TensorNorms> Step(long number)
    {
        var step = new StepNumber(number);
        var batch = new MiniBatch(step, 1, 0, definition.BatchSize, definition.MicroBatchCount!.Value);
        var held = Shards.ToDictionary(shard => shard, _ => new List<HeldGradient>());
        for (var node = 0; node < hosts.Length; node++)
        {
            Contribute(node, batch, held);
        }

        var answers = Shards.Select(shard => Execute(shard, new ReduceAndUpdate(shard, batch, [.. held[shard].OrderBy(own => own.Node)], 0.1) { Measures = true })).ToArray();
        while (answers[0] is UpdateStaged first)
        {
            ImmutableArray<ImmutableArray<StageSquares>> squares = [.. answers.Cast<UpdateStaged>().Select(staged => staged.Squares)];
            answers = [.. Shards.Select(shard => Execute(shard, new ContinueUpdate(shard, step, first.Stage, squares)))];
        }

        Publish(step.Makes);
        foreach (var shard in Shards)
        {
            held[shard].ForEach(own => HostOf(shard).Release(ActorAddress.Of(shard), new ReleaseGradient(own.Gradient)));
            HostOf(shard).Release(ActorAddress.Of(shard), new DropWeights(step.Reads));
        }

        for (var node = 0; node < hosts.Length; node++)
        {
            hosts[node].Release(WorkerOf(node), new DropWeights(step.Reads));
        }

        var cut = ShardCut.Create(definition.Graph.Layout, nodeOfShard.Length);
        return TensorNorms.Fold(cut.Layout, cut.Merge([.. answers.Cast<UpdateApplied>().Select(applied => applied.Measures)]), batch.SampleCount);
    }

    /// <summary>Delivers a version to the coordinator and gives its hash.</summary>
    public string Deliver(WeightVersion version)
    {
        foreach (var shard in Shards)
        {
            Send(NodeOf(shard), ActorAddress.Of(shard), 0, ActorAddress.Coordinator, new WeightsDelivered(header, shard, version));
        }

        var hash = ((WeightsHashed)hosts[0].Execute(ActorAddress.Coordinator, new HashWeights(version))).Hash;
        foreach (var _ in Shards)
        {
            hosts[0].Release(ActorAddress.Coordinator, new DropWeights(version));
        }

        return hash;
    }

    /// <summary>Moves every shard to other hosts, in a new incarnation, by way of the coordinator.</summary>
    public void Move(WeightVersion version, int[] nodes)
    {
        var states = new Dictionary<ShardId, ServerState>();
        foreach (var shard in Shards)
        {
            var snapshot = (StateSnapshotted)Execute(shard, new SnapshotState(shard, version));
            states[shard] = new ServerState(version, snapshot.Scalars, [], 0);
            Send(NodeOf(shard), ActorAddress.Of(shard), 0, ActorAddress.Coordinator, new StateDelivered(header, shard, states[shard]));
            HostOf(shard).Forget(ActorAddress.Of(shard));
        }

        header = header with { Incarnation = new Incarnation(header.Incarnation.Value + 1) };
        nodeOfShard = nodes;
        var map = new ShardMap(2, [.. nodes.Select(node => new NodeId(node))]);
        foreach (var shard in Shards)
        {
            Send(0, ActorAddress.Coordinator, NodeOf(shard), ActorAddress.Of(shard), new ResumeServing(header, shard, map, states[shard]));
            Execute(shard, new RestoreState(shard, states[shard]) { Incarnation = header.Incarnation });
            HostOf(shard).Release(ActorAddress.Of(shard), new DropSnapshot(version));
        }

        hosts[0].Release(ActorAddress.Coordinator, new DropSnapshot(version));
        Publish(version);
    }

    public void Dispose()
    {
        foreach (var host in hosts)
        {
            host.Dispose();
        }
    }

    private static ActorAddress WorkerOf(int node) => ActorAddress.Of(new WorkerId(node + 1));

    private EngineComputeHost HostOf(ShardId shard) => hosts[NodeOf(shard)];

    private int NodeOf(ShardId shard) => nodeOfShard[shard.Value];

    private ComputeResult Execute(ShardId shard, ComputeEffect effect) => HostOf(shard).Execute(ActorAddress.Of(shard), effect);

    private void Contribute(int node, MiniBatch batch, Dictionary<ShardId, List<HeldGradient>> held)
    {
        var range = new WorkRange(node * batch.MicroBatchCount / hosts.Length, (node + 1) * batch.MicroBatchCount / hosts.Length);
        var computed = (GradientComputed)hosts[node].Execute(WorkerOf(node), new ComputeGradient(batch, range));
        foreach (var own in computed.Nodes)
        {
            foreach (var shard in Shards)
            {
                var message = new Contribution(header, new WorkerId(node + 1), batch.Step, shard, own.Node, own.Gradient, own.Statistics, 0);
                var received = (Contribution)Send(node, WorkerOf(node), NodeOf(shard), ActorAddress.Of(shard), message);
                held[shard].Add(new HeldGradient(received.Node, received.Gradient));
            }

            hosts[node].Release(WorkerOf(node), new ReleaseGradient(own.Gradient));
        }
    }

    private void Publish(WeightVersion version)
    {
        foreach (var shard in Shards)
        {
            for (var node = 0; node < hosts.Length; node++)
            {
                Send(NodeOf(shard), ActorAddress.Of(shard), node, WorkerOf(node), new WeightsPublished(header, shard, version));
            }
        }
    }

    private ActorMessage Send(int from, ActorAddress sender, int to, ActorAddress receiver, ActorMessage message) => from == to
        ? hosts[from].Transfer(sender, receiver, message)
        : Travel(hosts[from], sender, hosts[to], receiver, message);

    /// <summary>As a link does it.</summary>
    public static ActorMessage Travel(EngineComputeHost from, ActorAddress sender, EngineComputeHost to, ActorAddress receiver, ActorMessage message)
    {
        using var outgoing = from.Hold(sender, message);
        var incoming = to.Open(receiver, outgoing.Key);
        Copy(outgoing, incoming);

        // Handles mean nothing elsewhere.
        return incoming.Complete(message is Contribution contribution ? contribution with { Gradient = default } : message);
    }

    public static void Copy(IOutgoingTensors outgoing, IIncomingTensors incoming)
    {
        Assert.Equal(outgoing.Segments.Select(segment => segment.Length), incoming.Segments.Select(segment => segment.Length));
        foreach (var (sent, received) in outgoing.Segments.Zip(incoming.Segments))
        {
            sent.CopyTo(received);
        }
    }
}
