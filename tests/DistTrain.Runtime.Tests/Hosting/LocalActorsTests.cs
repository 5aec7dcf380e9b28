using System.Collections.Concurrent;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Hosting;

namespace DistTrain.Runtime.Tests.Hosting;

public sealed class LocalActorsTests : IDisposable
{
    private static readonly int[] Labels = [0, 1, 0, 1];
    private static readonly ShardId Shard = new(0);
    private static readonly ActorAddress Server = ActorAddress.Of(Shard);
    private static readonly ActorAddress Worker = ActorAddress.Of(new WorkerId(1));
    private static readonly WeightVersion Version = new(0);

    private readonly HeldBackKernels kernels = new();
    private readonly EngineComputeHost host;
    private readonly ConcurrentQueue<(ActorAddress From, ActorAddress To, ActorMessage Message)> elsewhere = new();
    private readonly ConcurrentQueue<Effect> handled = new();
    private readonly LocalActors actors;

    public LocalActorsTests()
    {
        host = new EngineComputeHost(Definition(), new HeldBackEngine(kernels), 4);
        actors = Create(failsAtStandstill: false);
    }

    [Fact]
    public void A_message_to_an_actor_that_is_not_here_is_the_owners_to_take_elsewhere()
    {
        actors.Add(new Scripted(Worker, message => message is Started ? [new Send(Server, new Subscribe(default, new WorkerId(1)))] : []));
        Assert.Equal([(Worker, Server, (ActorMessage)new Subscribe(default, new WorkerId(1)))], elsewhere);
        Assert.False(actors.Post(Server, new Started()));
        Assert.True(actors.Post(Worker, new Started()));
        Assert.Equal(2, elsewhere.Count);
    }

    [Fact]
    public void What_concerns_nodes_is_the_owners_to_carry_out_before_the_effects_that_follow()
    {
        var map = new ShardMap(1, [NodeId.Coordinator]);
        var started = new ConcurrentQueue<Message>();
        using var placing = new LocalActors(host, 1, spins: false, failsAtStandstill: false)
        {
            HandleEffect = effect =>
            {
                handled.Enqueue(effect);
                PlaceServer(started);
            },
        };
        owner = placing;
        var coordinator = new Scripted(ActorAddress.Coordinator, message => message is Started ? [new PlaceShards(map), new Send(Server, new StartServing(default, Shard, map))] : []);
        placing.Add(coordinator);
        Assert.Equal([new PlaceShards(map)], handled);
        Assert.Equal([new Started(), new StartServing(default, Shard, map)], started);
    }

    [Fact]
    public void An_actor_that_was_removed_is_told_nothing_more_and_what_comes_for_it_is_free()
    {
        var seen = new ConcurrentQueue<Message>();
        actors.Add(Recording(Worker, seen));
        host.Execute(Server, new InitializeWeights(Shard));
        actors.Remove(Worker);
        host.Transfer(Server, Worker, new WeightsPublished(default, Shard, Version));
        Assert.False(actors.Post(Worker, new WeightsPublished(default, Shard, Version)));
        Assert.Equal([new Started()], seen);
        Assert.Throws<InvalidOperationException>(() => host.Release(Worker, new ReleaseGradient(default)));
        host.Release(Server, new DropWeights(Version));
        host.Execute(Server, new InitializeWeights(Shard));
        Assert.Equal(1, host.BufferCounts.Weights);
    }

    [Fact]
    public void A_message_with_tensors_for_an_actor_that_has_retired_leaves_nothing_behind()
    {
        actors.Add(new Scripted(Worker, _ => [new Retire()]));
        host.Execute(Server, new InitializeWeights(Shard));
        host.Transfer(Server, Worker, new WeightsPublished(default, Shard, Version));
        Assert.True(actors.Post(Worker, new WeightsPublished(default, Shard, Version)));
        host.Release(Server, new DropWeights(Version));
        host.Execute(Server, new InitializeWeights(Shard));
        Assert.Equal(1, host.BufferCounts.Weights);
    }

    /// <summary>Both hold under one address: were the second to begin at once, it would lose what it holds when the first is done.</summary>
    [Fact]
    public async Task An_actor_that_takes_anothers_place_begins_when_that_ones_work_has_ended()
    {
        var batch = new MiniBatch(new StepNumber(1), 1, 0, 4, 1);
        var answered = new TaskCompletionSource();
        actors.Add(new Scripted(Server, message =>
        {
            switch (message)
            {
                case Started:
                    return [new InitializeWeights(Shard)];
                case WeightsInitialized:
                    return [new ReduceAndUpdate(Shard, batch, [], 1)];
                default:
                    answered.SetResult();
                    return [];
            }
        }));
        await kernels.Entered.Task;
        var seen = new ConcurrentQueue<Message>();
        actors.Add(Recording(Server, seen));
        actors.Post(Server, new StopRequested());
        Assert.Empty(seen);
        var begun = new TaskCompletionSource();
        onSeen = begun.SetResult;
        kernels.GoOn.SetResult();
        await begun.Task;
        Assert.Equal([new Started(), new StopRequested()], seen);
        Assert.False(answered.Task.IsCompleted, "the first one had ended");
        host.Execute(Server, new InitializeWeights(Shard));
        Assert.InRange(host.BufferCounts.Weights, 1, 2);
    }

    [Fact]
    public void Silence_is_a_failure_only_where_nothing_comes_from_elsewhere()
    {
        using var alone = Create(failsAtStandstill: true);
        alone.Add(Recording(Worker, []));
        Assert.Contains("stand still", Assert.Throws<InvalidOperationException>(() => (object?)alone.Listen(_ => { })).Message, StringComparison.Ordinal);
        actors.Add(Recording(Worker, []));
        actors.Tell(new Noticed("still here"));
        actors.StopListening();
        var told = new List<TrainingEvent>();
        Assert.Null(actors.Listen(told.Add));
        Assert.Equal([new Noticed("still here")], told);
    }

    [Fact]
    public void A_failure_of_the_owner_ends_listening()
    {
        actors.Fail(new InvalidInputException("the link is gone"));
        actors.Fail(new InvalidInputException("and another thing"));
        Assert.Equal("the link is gone", Assert.Throws<InvalidInputException>(() => (object?)actors.Listen(_ => { })).Message);
    }

    public void Dispose()
    {
        kernels.GoOn.TrySetResult();
        actors.Dispose();
        host.Dispose();
    }

    private Action? onSeen;
    private LocalActors? owner;

    private void PlaceServer(ConcurrentQueue<Message> seen) => owner!.Add(Recording(Server, seen));

    private Scripted Recording(ActorAddress address, ConcurrentQueue<Message> seen) => new(address, message =>
    {
        seen.Enqueue(message);
        if (message is StopRequested)
        {
            onSeen?.Invoke();
        }

        return [];
    });

    private LocalActors Create(bool failsAtStandstill) => new(host, 2, spins: false, failsAtStandstill)
    {
        HandleEffect = handled.Enqueue,
        RouteElsewhere = (from, to, message) => elsewhere.Enqueue((from, to, message)),
    };

    private static TrainingDefinition Definition()
    {
        var shape = new TensorShape(2);
        return new TrainingDefinition
        {
            Graph = ModelSpecification.Parse("logistic").Build(shape, 2),
            Loss = new SoftmaxCrossEntropyLoss(),
            Optimizer = OptimizerChain.Create("sgd", new OptimizerSettings()),
            Schedule = new ConstantSchedule(),
            LearningRate = 1,
            Seed = 1,
            BatchSize = 4,
            MicroBatchCount = 1,
            Epochs = 1,
            WorkerCount = 1,
            Train = new SampleSet(shape, new float[8], new ClassLabels(Labels, ["a", "b"])),
            Test = null,
        };
    }

    private sealed class Scripted(ActorAddress address, Func<Message, IEnumerable<Effect>> script) : IActor
    {
        public ActorAddress Address => address;

        public void Step(Timestamp now, Message message, EffectList effects)
        {
            foreach (var effect in script(message))
            {
                effects.Add(effect);
            }
        }
    }

    /// <summary>An engine whose updates wait until the test lets them go.</summary>
    private sealed class HeldBackEngine(HeldBackKernels kernels) : IEngine
    {
        private readonly ReferenceEngine engine = new();

        public ArithmeticId ArithmeticId => engine.ArithmeticId;

        public string KernelPath => engine.KernelPath;

        public IParameterKernels ParameterKernels => kernels;

        public IModelProgram CreateProgram(ModelGraph graph, Loss loss, int maximumSampleCount, bool keepsActivations = false) =>
            engine.CreateProgram(graph, loss, maximumSampleCount, keepsActivations);

        public long ProgramBytes(ModelGraph graph, Loss loss, int maximumSampleCount) => engine.ProgramBytes(graph, loss, maximumSampleCount);
    }

    private sealed class HeldBackKernels : IParameterKernels
    {
        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int ReduceAndUpdate(in UpdateRequest request, int firstChunk, int endChunk)
        {
            Entered.TrySetResult();
            GoOn.Task.Wait();
            return -1;
        }

        public void SumSquares(ParameterLayout layout, ReadOnlySpan<GradientNode> nodes, int firstChunk, int endChunk, Span<double> squares) =>
            throw new NotSupportedException("no noise is measured here");
    }
}
