using DistTrain.Actors;
using DistTrain.Learning.Optimization;

namespace DistTrain.Simulation.Tests;

/// <summary>Shards that are lost at every single point of a run: all return to the last checkpoint, and everything that follows has the same bits. The disk loses nothing here.</summary>
public class RecoveredRunTests
{
    [Fact]
    public void Checkpoints_change_nothing()
    {
        var plain = Complete(OnServers(everySteps: 2) with { Checkpoints = null }, seed: 4);
        Assert.Equal(plain.Outcome, Complete(OnServers(everySteps: 2), seed: 4).Outcome);
        Assert.Equal(plain.Outcome, Complete(OnServers(everySteps: 1), seed: 5).Outcome);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    public void A_node_with_shards_that_dies_at_any_point_costs_time_only(int everySteps)
    {
        var definition = OnServers(everySteps);
        var undisturbed = Complete(definition, seed: 4);
        var returned = new SortedSet<long>();
        for (var at = 4; at < undisturbed.Result.Deliveries; at++)
        {
            var run = Complete(definition, seed: 4, new NodeDies(at, new NodeId(10 + (at % 3))));
            AssertSame(undisturbed, run, at);
            returned.UnionWith(run.Result.Announcements.OfType<RecoveryAnnounced>().Select(recovery => recovery.From.Value));
        }

        Assert.InRange(returned.Count, everySteps == 100 ? 1 : everySteps == 2 ? 2 : 3, 6);
        Assert.Contains(0, returned);
    }

    [Fact]
    public void Two_nodes_a_worker_and_those_that_come_in_their_place()
    {
        var definition = OnServers(everySteps: 1);
        var undisturbed = Complete(definition, seed: 4);
        for (var at = 20; at < undisturbed.Result.Deliveries; at += 6)
        {
            for (var delay = 0; delay < 40; delay += 7)
            {
                var run = Complete(
                    definition,
                    seed: (ulong)(at + delay),
                    new NodeDies(at, new NodeId(10)),
                    new ServerNodeStarts(at + 7, new NodeId(13)),
                    new NodeDies(at + delay, new NodeId(11)),
                    new WorkerDies(at + (delay / 2), new WorkerId(0)),
                    new WorkerStarts(at + delay + 4, new SimulatedWorker(new WorkerId(0))),
                    new NodeIsAskedToLeave(at + delay + 9, new NodeId(12)));
                AssertSame(undisturbed, run, at);
            }
        }
    }

    [Fact]
    public void Shards_on_workers_nodes_go_to_the_coordinator_when_all_are_gone_and_back_when_one_comes()
    {
        var definition = OnServers(everySteps: 2) with { Placement = ShardPlacement.Workers, ShardCount = 2 };
        var undisturbed = Run(definition, seed: 4);
        var moves = 0;
        for (var at = 10; at < undisturbed.Result.Deliveries; at += 2)
        {
            var run = Run(
                definition,
                seed: (ulong)at,
                new NodeDies(at, new NodeId(1)),
                new NodeDies(at + (at % 17), new NodeId(2)),
                new WorkerStarts(at + 20, new SimulatedWorker(new WorkerId(5)) { Node = new NodeId(20) }));
            AssertSame(undisturbed, run, at);
            moves += run.Trace.Count(line => line.Contains("the weights move from the coordinator's process", StringComparison.Ordinal));
        }

        Assert.True(moves > 5, $"{moves} moves");
    }

    [Fact]
    public void The_best_epochs_weights_and_their_test_survive()
    {
        var definition = OnServers(everySteps: 2) with
        {
            Epochs = 5,
            ValidationSampleCount = 30,
            EarlyStopping = new EarlyStoppingRule(MonitoredMetric.Parse("validation-loss"), 3, 0, RestoresBest: true),
        };
        double[] losses = [1, 0.5, 0.9, 0.8, 0.7];
        SymbolicHost Host() => new(definition) { Stages = 1, EvaluationLoss = version => losses[(int)(version.Value / 3) - 1] };
        var undisturbed = Checker.Run(PlacedRunTests.WithNodes(definition, seed: 4), Host());
        Assert.Equal((2, 6L), (undisturbed.Result.Ending!.RestoredEpoch!.Value, undisturbed.Result.Ending.Version.Value));
        for (var at = 30; at < undisturbed.Result.Deliveries; at += 5)
        {
            AssertSame(undisturbed, Checker.Run(PlacedRunTests.WithNodes(definition, seed: 4, new NodeDies(at, new NodeId(10 + (at % 3)))), Host()), at);
        }
    }

    [Fact]
    public void A_stop_at_any_point_leaves_the_weights_of_a_whole_step_and_a_checkpoint_of_it()
    {
        var definition = OnServers(everySteps: 100);
        var hashes = ShardedRunTests.HashesOfAllSteps(stages: 1);
        for (var at = 30; at < 200; at += 7)
        {
            for (var delay = -20; delay < 30; delay += 7)
            {
                var run = Run(definition, seed: 4, new StopIsRequested(at), new NodeDies(at + delay, new NodeId(11)));
                var ending = run.Result.Ending;
                Assert.True(ending is not null, $"{at} {delay}:\n" + string.Join('\n', run.Trace.TakeLast(40)));
                Assert.Equal(hashes[ending.Version.Value], ending.WeightsHash);
                if (ending.Outcome == RunOutcome.Cancelled && ending.Version.Value > 0)
                {
                    Assert.Equal(ending.LastStep, run.Result.Announcements.OfType<CheckpointAnnounced>().Last().Step);
                }
            }
        }
    }

    private static void AssertSame(CheckedRun expected, CheckedRun run, long at)
    {
        Assert.True(run.Result.Ending is not null, $"{at}:\n" + string.Join('\n', run.Trace.TakeLast(40)));
        Assert.Equal(expected.Outcome, run.Outcome);
    }

    private static RunDefinition OnServers(int everySteps) => ShardedRunTests.Small(workers: 2, shards: 3) with
    {
        Placement = ShardPlacement.Servers,
        Checkpoints = new CheckpointPolicy { EverySteps = everySteps },
    };

    private static CheckedRun Complete(RunDefinition definition, ulong seed, params Incident[] incidents) =>
        Checker.RunToCompletion(PlacedRunTests.WithNodes(definition, seed, incidents), new SymbolicHost(definition) { Stages = 1 });

    private static CheckedRun Run(RunDefinition definition, ulong seed, params Incident[] incidents) =>
        Checker.Run(PlacedRunTests.WithNodes(definition, seed, incidents), new SymbolicHost(definition) { Stages = 1 });
}
