using DistTrain.Learning.Reduction;

namespace DistTrain.Actors.Tests;

public class WorkerActorTests
{
    private readonly WorkerActor worker = new(new WorkerId(1), "f32");

    [Fact]
    public void It_asks_to_join_and_subscribes_when_it_is_welcome()
    {
        Assert.Equal([new Send(ActorAddress.Coordinator, new JoinRequested(Header.Unintroduced, new WorkerId(1), NodeId.Coordinator, "f32"))], worker.On(new Started()));
        Assert.Equal([new Send(TestRun.Server, new Subscribe(TestRun.Session(1), new WorkerId(1)))], worker.On(new Welcome(TestRun.Session(1), TestRun.Map)));
    }

    [Fact]
    public void It_leaves_when_it_is_not_welcome()
    {
        worker.On(new Started());
        var effects = worker.On(new JoinRefused(TestRun.Header, "another arithmetic"));
        Assert.Contains("another arithmetic", effects.Refusal(), StringComparison.Ordinal);
        Assert.Contains(new Retire(), effects);
    }

    [Fact]
    public void It_computes_a_step_only_on_the_version_that_the_step_reads()
    {
        Join();
        Assert.Equal([new PrepareSamples(TestRun.Batch(1), new WorkRange(0, 4))], worker.On(Assign(1, 0, 4)));
        Assert.Equal([new PrepareSamples(TestRun.Batch(2), new WorkRange(0, 4))], worker.On(Assign(2, 0, 4)));
        Assert.Equal([new ComputeGradient(TestRun.Batch(1), new WorkRange(0, 4))], worker.On(Publish(0)));
        Assert.DoesNotContain(worker.On(Computed(1, 0, 4)), effect => effect is ComputeEffect);
        Assert.Equal([new DropWeights(TestRun.Version(0)), new ComputeGradient(TestRun.Batch(2), new WorkRange(0, 4))], worker.On(Publish(1)));
    }

    [Fact]
    public void It_sends_each_aligned_node_and_lets_go_of_it_at_once()
    {
        Join();
        worker.On(Publish(0));
        worker.On(Assign(1, 2, 8));
        var effects = worker.On(Computed(1, 2, 8));
        Assert.Equal(["[2..3]", "[4..7]"], effects.Sent<Contribution>().Select(contribution => contribution.Node.ToString()));
        Assert.Equal([300, 600], effects.Sent<Contribution>().Select(contribution => contribution.ComputeMicroseconds));
        Assert.Equal([typeof(Send), typeof(ReleaseGradient), typeof(Send), typeof(ReleaseGradient)], effects.Select(effect => effect.GetType()));
    }

    [Fact]
    public void It_does_one_thing_at_a_time_and_work_of_the_step_under_way_goes_before_that_of_the_next()
    {
        Join();
        worker.On(Publish(0));
        Assert.Equal([new ComputeGradient(TestRun.Batch(1), new WorkRange(0, 4))], worker.On(Assign(1, 0, 4)));
        Assert.DoesNotContain(worker.On(Assign(2, 0, 4)), effect => effect is ComputeEffect);
        Assert.DoesNotContain(worker.On(Assign(1, 6, 8)), effect => effect is ComputeEffect);
        Assert.Contains(new ComputeGradient(TestRun.Batch(1), new WorkRange(6, 8)), worker.On(Computed(1, 0, 4)));
    }

    [Fact]
    public void It_keeps_a_version_until_its_evaluation_is_done()
    {
        Join();
        worker.On(Publish(0));
        worker.On(Assign(1, 0, 4));
        worker.On(new AssignEvaluation(TestRun.Session(1), TestRun.Version(0), DataSplit.Test, new WorkRange(0, 2), "test"));
        Assert.DoesNotContain(worker.On(Publish(1)), effect => effect is DropWeights);
        var effects = worker.On(Computed(1, 0, 4));
        Assert.Contains(new EvaluateBlocks(TestRun.Version(0), DataSplit.Test, new WorkRange(0, 2)), effects);
        effects = worker.On(new BlocksEvaluated(TestRun.Version(0), DataSplit.Test, new WorkRange(0, 2), [new(0, 1, 1, 1), new(1, 1, 1, 1)]));
        Assert.Equal(2, Assert.Single(effects.Sent<EvaluationBlocksDone>()).Blocks.Length);
        Assert.Contains(new DropWeights(TestRun.Version(0)), effects);
    }

    [Fact]
    public void An_evaluation_of_an_old_version_goes_before_the_steps_on_the_newest()
    {
        Join();
        worker.On(Publish(5));
        worker.On(Assign(6, 0, 4));
        worker.On(Assign(6, 4, 8));
        worker.On(new AssignEvaluation(TestRun.Session(1), TestRun.Version(4), DataSplit.Test, new WorkRange(0, 2), "test"));
        worker.On(Publish(4));
        Assert.Contains(new EvaluateBlocks(TestRun.Version(4), DataSplit.Test, new WorkRange(0, 2)), worker.On(Computed(6, 0, 4)));
    }

    [Fact]
    public void It_asks_once_for_an_old_version_that_it_is_to_evaluate()
    {
        Join();
        worker.On(Publish(5));
        var assignment = new AssignEvaluation(TestRun.Session(1), TestRun.Version(4), DataSplit.Test, new WorkRange(0, 2), "test");
        Assert.Equal([new Send(TestRun.Server, new RequestWeights(TestRun.Session(1), new WorkerId(1), TestRun.Version(4)))], worker.On(assignment));
        Assert.Empty(worker.On(assignment with { Blocks = new WorkRange(2, 3) }));
        Assert.Contains(new EvaluateBlocks(TestRun.Version(4), DataSplit.Test, new WorkRange(0, 2)), worker.On(Publish(4)));
    }

    [Fact]
    public void A_version_is_whole_when_every_shard_has_published_it()
    {
        worker.On(new Started());
        worker.On(new Welcome(TestRun.Session(1), new ShardMap(1, [NodeId.Coordinator, NodeId.Coordinator])));
        worker.On(Assign(1, 0, 4));
        Assert.Empty(worker.On(Publish(0)));
        Assert.Empty(worker.On(Publish(0)));
        Assert.Single(worker.On(Publish(0) with { Shard = new ShardId(1) }).OfType<ComputeGradient>());
        Assert.Equal([0, 1], worker.On(Computed(1, 0, 4)).Sent<Contribution>().Select(contribution => contribution.Shard.Value));
    }

    [Fact]
    public void What_it_computes_of_a_step_that_is_over_is_not_sent()
    {
        Join();
        worker.On(Publish(0));
        worker.On(Assign(1, 0, 4));
        worker.On(Publish(1));
        var effects = worker.On(Computed(1, 0, 4));
        Assert.Equal("step 1 is over: version 1 is here", effects.Refusal());
        Assert.Empty(effects.OfType<Send>());
        Assert.Single(effects.OfType<ReleaseGradient>());
        Assert.Equal("step 1 is over: version 1 is here", worker.On(Assign(1, 4, 8)).Refusal());
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    public void Work_of_an_older_authority_is_refused(long term, long incarnation, long session)
    {
        Join();
        worker.On(Publish(0));
        var stale = new Header(new Term(term), new Incarnation(incarnation), new SessionNumber(session));
        Assert.StartsWith("it is of ", worker.On(Assign(1, 0, 4) with { Header = stale }).Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_welcome_begins_anew_and_nothing_of_the_earlier_session_is_sent()
    {
        Join();
        worker.On(Publish(0));
        worker.On(Assign(1, 0, 4));
        var effects = worker.On(new Welcome(TestRun.Session(2), TestRun.Map));
        Assert.Equal([new DropWeights(TestRun.Version(0)), new Send(TestRun.Server, new Subscribe(TestRun.Session(2), new WorkerId(1)))], effects);
        Assert.Equal("session 2 is newer", worker.On(new Welcome(TestRun.Session(1), TestRun.Map)).Refusal());
        effects = worker.On(Computed(1, 0, 4));
        Assert.Equal("it was assigned in an earlier session", effects.Refusal());
        Assert.Empty(effects.OfType<Send>());
    }

    [Fact]
    public void It_stops_when_what_it_computes_is_done_and_holds_nothing()
    {
        Join();
        worker.On(Publish(0));
        worker.On(Assign(1, 0, 4));
        worker.On(Assign(2, 0, 4));
        Assert.Equal([new DropWeights(TestRun.Version(0))], worker.On(new Stop(TestRun.Session(1))));
        var effects = worker.On(Computed(1, 0, 4));
        Assert.Equal(new WorkerStopped(TestRun.Session(1), new WorkerId(1)), Assert.Single(effects.OfType<Send>()).Message);
        Assert.Equal(new Retire(), effects[^1]);
    }

    private void Join()
    {
        worker.On(new Started());
        worker.On(new Welcome(TestRun.Session(1), TestRun.Map));
    }

    private static WeightsPublished Publish(long version) => new(TestRun.Session(1), TestRun.Shard, TestRun.Version(version));

    private static AssignMicroBatches Assign(long step, int first, int end) => new(TestRun.Session(1), TestRun.Batch(step), new WorkRange(first, end), "test");

    /// <summary>What an engine answers that takes 150 microseconds a micro-batch of four samples.</summary>
    private static GradientComputed Computed(long step, int first, int end)
    {
        var nodes = TreeNode.Cover(first, end).Select((node, i) => new ComputedNode(node, new GradientHandle(i), TestRun.Statistics(4 * node.Count)));
        return new GradientComputed(new StepNumber(step), new WorkRange(first, end), [.. nodes], 150 * (end - first));
    }
}
