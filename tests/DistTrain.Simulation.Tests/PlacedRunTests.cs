using DistTrain.Actors;
using DistTrain.Learning.Optimization;

namespace DistTrain.Simulation.Tests;

/// <summary>Shards on several nodes: they move between two steps when a node leaves in order, and a node that is lost with one ends the run.</summary>
public class PlacedRunTests
{
    [Fact]
    public void Shards_on_nodes_of_their_own_give_the_same_outcome_and_move_at_any_point()
    {
        var definition = OnServers();
        var alone = Checker.RunToCompletion(Checker.Scenario(ShardedRunTests.Small(workers: 1), seed: 1), new SymbolicHost(ShardedRunTests.Small(workers: 1)) { Stages = 1 });
        var undisturbed = Complete(definition, seed: 4);
        Assert.Equal(alone.Outcome, undisturbed.Outcome);
        var moves = 0;
        for (var at = 3; at < undisturbed.Result.Deliveries; at++)
        {
            var run = Complete(definition, seed: 4, new NodeIsAskedToLeave(at, new NodeId(10 + (at % 2))), new NodeIsAskedToLeave(at + (at % 40), new NodeId(10 + ((at + 1) % 3))));
            Assert.Equal(alone.Outcome, run.Outcome);
            moves += run.Trace.Count(line => line.Contains("    place map", StringComparison.Ordinal)) - 1;
        }

        Assert.True(moves > 100, $"{moves} moves");
    }

    [Fact]
    public void A_death_a_join_and_a_leave_while_shards_move_change_nothing()
    {
        var definition = OnServers();
        var undisturbed = Complete(definition, seed: 4);
        for (var at = 30; at < undisturbed.Result.Deliveries; at += 3)
        {
            for (var delay = 0; delay < 60; delay += 4)
            {
                var run = Complete(
                    definition,
                    seed: (ulong)(at + delay),
                    new NodeIsAskedToLeave(at, new NodeId(10)),
                    new WorkerDies(at + delay, new WorkerId(0)),
                    new WorkerStarts(at + delay + 6, new SimulatedWorker(new WorkerId(0))),
                    new WorkerIsAskedToLeave(at + delay + 3, new WorkerId(1)));
                Assert.Equal(undisturbed.Outcome, run.Outcome);
            }
        }
    }

    [Fact]
    public void A_stop_while_shards_move_leaves_the_weights_of_a_whole_step()
    {
        var definition = OnServers();
        var hashes = ShardedRunTests.HashesOfAllSteps(stages: 1);
        for (var at = 30; at < 160; at += 5)
        {
            for (var delay = 0; delay < 60; delay += 3)
            {
                var ending = Run(definition, seed: 4, new NodeIsAskedToLeave(at, new NodeId(10)), new StopIsRequested(at + delay)).Result.Ending;
                Assert.NotNull(ending);
                Assert.Equal(hashes[ending.Version.Value], ending.WeightsHash);
            }
        }
    }

    [Fact]
    public void Shards_go_to_the_coordinators_process_when_no_other_node_can_take_them()
    {
        var definition = ShardedRunTests.Small(workers: 2, shards: 2) with { Placement = ShardPlacement.Workers };
        var run = Complete(definition, seed: 4, new NodeIsAskedToLeave(50, new NodeId(1)), new NodeIsAskedToLeave(55, new NodeId(2)));
        Assert.Contains(run.Trace, line => line == "    place map 3: server-0 on node-0, server-1 on node-0" || line == "    place map 2: server-0 on node-0, server-1 on node-0");
        Assert.Contains("    release node-1", run.Trace);
        Assert.DoesNotContain(ShardedRunTests.Notices(run), sentence => sentence.Contains("lost", StringComparison.Ordinal));
    }

    [Fact]
    public void Shards_on_the_workers_nodes_give_the_same_outcome_and_a_node_that_leaves_hands_over_its_shard_and_its_work()
    {
        var definition = ShardedRunTests.Small(workers: 3, shards: 3) with { Placement = ShardPlacement.Workers };
        var undisturbed = Complete(definition, seed: 4);
        for (var at = 0; at < undisturbed.Result.Deliveries; at++)
        {
            var run = Complete(definition, seed: 4, new NodeIsAskedToLeave(at, new NodeId(1 + (at % 3))));
            Assert.Equal(undisturbed.Outcome, run.Outcome);
        }
    }

    [Fact]
    public void A_node_that_is_lost_with_a_shard_ends_the_run_with_the_newest_weights_that_are_whole_elsewhere()
    {
        var definition = ShardedRunTests.Small(workers: 3, shards: 3) with { Placement = ShardPlacement.Workers };
        var hashes = ShardedRunTests.HashesOfAllSteps(stages: 1);
        var undisturbed = Complete(definition, seed: 4);
        var versions = new SortedSet<long>();
        for (var at = 30; at < undisturbed.Result.Deliveries; at++)
        {
            var run = Run(definition, seed: 4, new NodeDies(at, new NodeId(1 + (at % 3))));
            var ending = run.Result.Ending;
            Assert.True(ending is not null, $"{at}:\n" + string.Join('\n', run.Trace.TakeLast(40)));
            Assert.Equal(hashes[ending.Version.Value], ending.WeightsHash);
            if (ending.Outcome == RunOutcome.ServerLost)
            {
                Assert.StartsWith($"node-{1 + (at % 3)} was lost (its process ended) with server-{at % 3}: the run ends with the weights ", ending.Explanation, StringComparison.Ordinal);
                versions.Add(ending.Version.Value);
            }
        }

        Assert.Equal([0, 3, 6], versions);
    }

    [Fact]
    public void A_node_without_shards_that_is_lost_costs_its_worker_only()
    {
        var definition = ShardedRunTests.Small(workers: 2, shards: 2);
        var undisturbed = Complete(definition, seed: 4);
        for (var at = 0; at < undisturbed.Result.Deliveries; at += 5)
        {
            Assert.Equal(undisturbed.Outcome, Complete(definition, seed: 4, new NodeDies(at, new NodeId(1))).Outcome);
        }
    }

    [Fact]
    public void The_best_epochs_weights_are_tested_and_left_though_shards_have_moved_since()
    {
        var definition = OnServers() with
        {
            Epochs = 5,
            ValidationSampleCount = 30,
            EarlyStopping = new EarlyStoppingRule(MonitoredMetric.Parse("validation-loss"), 3, 0, RestoresBest: true),
        };
        double[] losses = [1, 0.5, 0.9, 0.8, 0.7];
        SymbolicHost Host() => new(definition) { Stages = 1, EvaluationLoss = version => losses[(int)(version.Value / 3) - 1] };
        var undisturbed = Checker.Run(WithNodes(definition, seed: 4), Host());
        Assert.Equal((2, 6L), (undisturbed.Result.Ending!.RestoredEpoch!.Value, undisturbed.Result.Ending.Version.Value));
        for (var at = 30; at < undisturbed.Result.Deliveries; at += 7)
        {
            var run = Checker.Run(WithNodes(definition, seed: 4, new NodeIsAskedToLeave(at, new NodeId(11))), Host());
            Assert.True(run.Result.Ending is not null, $"{at}:\n" + string.Join('\n', run.Trace.TakeLast(40)));
            Assert.Equal(undisturbed.Outcome, run.Outcome);
        }
    }

    private static RunDefinition OnServers() => ShardedRunTests.Small(workers: 2, shards: 3) with { Placement = ShardPlacement.Servers };

    private static CheckedRun Complete(RunDefinition definition, ulong seed, params Incident[] incidents) =>
        Checker.RunToCompletion(WithNodes(definition, seed, incidents), new SymbolicHost(definition) { Stages = 1 });

    private static CheckedRun Run(RunDefinition definition, ulong seed, params Incident[] incidents) =>
        Checker.Run(WithNodes(definition, seed, incidents), new SymbolicHost(definition) { Stages = 1 });

    /// <summary>Three nodes for shards come with the first deliveries.</summary>
    internal static Scenario WithNodes(RunDefinition definition, ulong seed, params Incident[] incidents) =>
        Checker.Scenario(definition, seed).WithSpare([new ServerNodeStarts(0, new NodeId(10)), new ServerNodeStarts(1, new NodeId(11)), new ServerNodeStarts(2, new NodeId(12)), .. incidents]);
}
