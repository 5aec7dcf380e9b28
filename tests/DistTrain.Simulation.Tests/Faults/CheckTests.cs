using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Reduction;
using DistTrain.Simulation.Faults;
using DistTrain.Simulation.Faults.Checks;

namespace DistTrain.Simulation.Tests.Faults;

/// <summary>Each check finds the history bad that it is there for. One that cannot fail proves nothing.</summary>
public class CheckTests
{
    private static readonly TinyTraining Training = new("momentum", 0, 20, 4, 2, TinyStopping.None);
    private static readonly Undisturbed Expected = Undisturbed.Of(Training, new ReferenceEngine());
    private static readonly ShardId Shard = new(0);
    private static readonly ActorAddress Server = ActorAddress.Of(Shard);
    private static readonly ActorAddress Worker = ActorAddress.Of(new WorkerId(1));
    private static readonly ShardMap Map = new(1, [NodeId.Coordinator]);
    private static readonly Header First = new(new Term(1), new Incarnation(1), default);

    [Fact]
    public void The_undisturbed_history_is_good()
    {
        var check = new ExactlyOnceCheck(Expected, Training.SampleCount);
        Observe(check, [.. Serving(), .. Enumerable.Range(1, Expected.Plans.Length - 1).SelectMany(step => Applied(step))]);
        check.Observe(new CoordinatorAnnounced(First.Term, Expected.Ending));
        check.End();
    }

    [Fact]
    public void A_micro_batch_that_is_added_twice_is_found() =>
        Fails(new ExactlyOnceCheck(Expected, Training.SampleCount), "adds micro-batch 1 of step 1 2 times", [.. Serving(), .. Applied(1, new TreeNode(2, 0), new TreeNode(0, 1))]);

    [Fact]
    public void A_micro_batch_that_is_not_added_is_found() =>
        Fails(new ExactlyOnceCheck(Expected, Training.SampleCount), "adds micro-batch 3 of step 1 0 times", [.. Serving(), .. Applied(1, new TreeNode(1, 0), new TreeNode(0, 2))]);

    [Fact]
    public void A_step_that_is_left_out_is_found() =>
        Fails(new ExactlyOnceCheck(Expected, Training.SampleCount), "applies step 2 on version 0", [.. Serving(), .. Applied(2)]);

    [Fact]
    public void An_incarnation_that_begins_with_what_nobody_has_made_is_found() =>
        Fails(new ExactlyOnceCheck(Expected, Training.SampleCount), "which no incarnation before it has made", [Step(Server, new StartServing(First, Shard, Map)), Step(Server, new WeightsInitialized(new WeightVersion(1)))]);

    [Fact]
    public void An_end_after_steps_that_nobody_has_applied_is_found()
    {
        var check = new ExactlyOnceCheck(Expected, Training.SampleCount);
        Observe(check, [.. Serving(), .. Applied(1)]);
        check.Observe(new CoordinatorAnnounced(First.Term, Expected.Ending));
        Assert.Contains("and yet the run ends", Assert.Throws<CheckFailedException>(check.End).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_with_one_other_bit_are_found()
    {
        var published = new WeightsPublished(First, Shard, new WeightVersion(1));
        var segments = ShardCut.Create(TinyTraining.Layout, 1).SegmentsOf(0).Select(segment => Expected.Weights[1].Slice(segment.Offset, segment.Length)).ToArray();
        new SameBitsCheck(Expected).Observe(new TensorsSent(published, 1, segments));
        var other = segments[^1].ToArray();
        other[^1] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(other[^1]) ^ 1);
        segments[^1] = other;
        Fails(new SameBitsCheck(Expected), "differ from the undisturbed run's", new TensorsSent(published, 1, segments));
    }

    [Fact]
    public void A_second_result_for_a_gradient_is_found()
    {
        Contribution By(int worker) => new(First, new WorkerId(worker), new StepNumber(1), Shard, new TreeNode(0, 1), default, default, 0);
        Fails(
            new SameBitsCheck(Expected),
            "worker-2 computes another gradient of [1] of step 1",
            new TensorsSent(By(1), 1, [new float[] { 1, 2 }]),
            new TensorsSent(By(2), 1, [new float[] { 1, MathF.BitIncrement(2) }]));
    }

    [Fact]
    public void A_version_that_is_skipped_or_comes_back_is_found()
    {
        WeightsPublished Version(long number) => new(First, Shard, new WeightVersion(number));
        Fails(new VersionOrderCheck(), "told of version 5 of server-0 after version 3", Step(Worker, Version(3)), Step(Worker, Version(5)));
        Fails(new VersionOrderCheck(), "told of version 3 of server-0 after version 4", Step(Worker, Version(3)), Step(Worker, Version(4)), Step(Worker, Version(3)));
    }

    [Fact]
    public void A_message_of_an_earlier_authority_that_is_acted_upon_is_found()
    {
        Stop Of(long term, long incarnation) => new(new Header(new Term(term), new Incarnation(incarnation), default));
        Fails(new FencingCheck(), "of term 1, although it knows of term 2", Step(Worker, Of(2, 2)), Step(Worker, Of(1, 3)));
        Fails(new FencingCheck(), "of incarnation 1, although it knows of incarnation 2", Step(Worker, Of(1, 2)), Step(Worker, Of(1, 1)));
        var late = Of(1, 1);
        Observe(new FencingCheck(), Step(Worker, Of(1, 2)), Step(Worker, late, new Refuse(late, "it is late")));
    }

    [Fact]
    public void A_superseded_coordinator_that_writes_is_found()
    {
        var begun = new DiskChanged(new Term(2), DiskAction.Create, "journal/term-00000002");
        Fails(new FencingCheck(), "although term 2 has begun", begun, new DiskChanged(new Term(1), DiskAction.Append, "journal/term-00000001"));
        Fails(new FencingCheck(), "although term 2 has begun", begun, new DiskChanged(new Term(1), DiskAction.Rename, "checkpoints/step-000000003-i1/manifest.json"));
    }

    [Fact]
    public void A_checkpoint_that_is_lost_is_found()
    {
        var saved = Step(ActorAddress.Coordinator, new CheckpointSaved(new StepNumber(4), null, 0));
        Fails(new CheckpointCheck(), "the checkpoint after step 4 was said to exist, but none is found", saved, Step(ActorAddress.Coordinator, new CheckpointLoaded(null, [])));
        Observe(new CheckpointCheck(), Step(ActorAddress.Coordinator, new CheckpointSaved(new StepNumber(4), "the disk is full", 0)), Step(ActorAddress.Coordinator, new CheckpointLoaded(null, [])));
    }

    [Fact]
    public void An_announcement_that_is_wrong_or_comes_twice_is_found()
    {
        var report = Expected.Reports[0];
        CoordinatorAnnounced Announce(EpochReport announced) => new(First.Term, new EpochAnnounced(announced));
        Fails(new OutcomeCheck(Expected), "epoch 1 is announced twice", Announce(report), Announce(report));
        Fails(new OutcomeCheck(Expected), "ends with the weights 00", Announce(report with { WeightsHash = "00" }));
        Fails(new OutcomeCheck(Expected), "is announced as", Announce(report with { TrainLoss = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(report.TrainLoss) ^ 1) }));
        Fails(new OutcomeCheck(Expected), "the ledger of epoch 1 proves", Announce(report with { Ledger = report.Ledger with { DuplicatedSamples = 1 } }));
        Fails(new OutcomeCheck(Expected), "the run ends as", new CoordinatorAnnounced(First.Term, Expected.Ending with { WeightsHash = "00" }));
        Assert.Throws<CheckFailedException>(new OutcomeCheck(Expected).End);
    }

    [Fact]
    public void What_is_held_for_nobody_is_found()
    {
        Fails(new HoldingsCheck(), "still holds 0 versions, 1 gradients and 0 states", new ProcessRested("worker", IsCoordinator: false, 0, 1, 0));
        Fails(new HoldingsCheck(), "still holds 2 versions", new ProcessRested("coordinator", IsCoordinator: true, 2, 0, 0));
        Observe(new HoldingsCheck(), new ProcessRested("coordinator", IsCoordinator: true, 1, 0, 0));
    }

    private static void Fails(RunCheck check, string sentence, params Observation[] history)
    {
        Observe(check, history[..^1]);
        Assert.Contains(sentence, Assert.Throws<CheckFailedException>(() => check.Observe(history[^1])).Message, StringComparison.Ordinal);
    }

    private static void Observe(RunCheck check, params Observation[] history)
    {
        foreach (var observation in history)
        {
            check.Observe(observation);
        }
    }

    private static ActorStepped Step(ActorAddress receiver, Message message, params Effect[] effects) => new(1, new Delivery(0, default, null, receiver, message, [.. effects]));

    private static Observation[] Serving() => [Step(Server, new StartServing(First, Shard, Map)), Step(Server, new WeightsInitialized(default))];

    /// <summary>The step, of these nodes or of the whole tree in one.</summary>
    private static Observation[] Applied(int step, params TreeNode[] nodes)
    {
        var (batch, rate) = Expected.Plans[step];
        ImmutableArray<HeldGradient> held = [.. (nodes.Length == 0 ? [batch.Partition.Root] : nodes).Select(node => new HeldGradient(node, default))];
        return [Step(Server, new DeliverState(First, default, GoesOn: true), new ReduceAndUpdate(Shard, batch, held, rate)), Step(Server, new UpdateApplied(new StepNumber(step), null))];
    }
}
