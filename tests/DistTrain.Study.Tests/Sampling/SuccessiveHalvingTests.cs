using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Study.Sampling;

namespace DistTrain.Study.Tests.Sampling;

public class SuccessiveHalvingTests
{
    private static readonly ResourceLadder Ladder = new(1, 9, 3);

    [Fact]
    public void Rungs_grow_by_the_factor_and_end_at_the_maximum()
    {
        Assert.Equal([1L, 3, 9], Ladder.Rungs.AsEnumerable());
        Assert.Equal([10L, 40, 100], new ResourceLadder(10, 100, 4).Rungs.AsEnumerable());
        Assert.Equal([5L], new ResourceLadder(5, 5, 2).Rungs.AsEnumerable());
    }

    [Theory]
    [InlineData(0, 9, 3, "at least 1")]
    [InlineData(10, 9, 3, "in this order")]
    [InlineData(1, 9, 1, "at least 2")]
    public void Impossible_ladders_are_refused(long minimum, long maximum, int factor, string sentence) =>
        Assert.Contains(sentence, Assert.Throws<InvalidInputException>(() => new ResourceLadder(minimum, maximum, factor).Check()).Message, StringComparison.Ordinal);

    [Fact]
    public void The_best_third_of_a_rung_goes_up_as_soon_as_it_is_that()
    {
        var two = History(5, [new(0, 0, 0.5), new(1, 0, 0.4)], [new(2, 0), new(3, 0), new(4, 0)]);
        Assert.Equal(RungAction.Start, SuccessiveHalving.DecideAsynchronously(Ladder, 9, two).Action);

        var three = History(5, [new(0, 0, 0.5), new(1, 0, 0.4), new(2, 0, 0.6)], [new(3, 0), new(4, 0)]);
        var decision = SuccessiveHalving.DecideAsynchronously(Ladder, 9, three);
        Assert.Equal((RungAction.Promote, 1, 1), (decision.Action, decision.Trial, decision.Rung));
        Assert.Equal("trial 1 goes on to 3: with 0.4 it is among the best 1 of the 3 that have finished rung 0", decision.Reason);

        // Once is enough: it is on its way.
        Assert.Equal(RungAction.Start, SuccessiveHalving.DecideAsynchronously(Ladder, 9, three with { Running = [.. three.Running, new(1, 1)] }).Action);
    }

    [Fact]
    public void Higher_rungs_are_looked_at_first()
    {
        var finished = Enumerable.Range(0, 12).Select(trial => new RungResult(trial, 0, trial)).Concat([new(0, 1, 3), new(1, 1, 2), new(2, 1, 1)]).ToImmutableArray();
        var decision = SuccessiveHalving.DecideAsynchronously(Ladder, 20, new RungHistory(12, finished, []));
        Assert.Equal((RungAction.Promote, 2, 2), (decision.Action, decision.Trial, decision.Rung));
    }

    [Fact]
    public void What_diverged_never_goes_up()
    {
        var finished = Enumerable.Range(0, 6).Select(trial => new RungResult(trial, 0, trial == 5 ? 7 : trial % 2 == 0 ? null : double.NaN)).ToImmutableArray();
        Assert.Equal(5, SuccessiveHalving.DecideAsynchronously(Ladder, 6, new RungHistory(6, finished, [])).Trial);
        Assert.Equal(RungAction.Finish, SuccessiveHalving.DecideAsynchronously(Ladder, 6, new RungHistory(6, [.. finished.Where(result => result.Trial != 5)], [])).Action);
    }

    [Fact]
    public void Equal_scores_go_by_number()
    {
        var decision = SuccessiveHalving.DecideAsynchronously(Ladder, 3, History(3, [new(2, 0, 1), new(1, 0, 1), new(0, 0, 1)], []));
        Assert.Equal(0, decision.Trial);
    }

    [Fact]
    public void In_step_nobody_goes_up_before_the_rung_is_complete()
    {
        var incomplete = History(6, [new(0, 0, 1), new(1, 0, 2), new(2, 0, 3), new(3, 0, 4), new(4, 0, 5)], [new(5, 0)]);
        Assert.Equal(RungAction.Wait, SuccessiveHalving.DecideInStep(Ladder, 6, incomplete).Action);
        var complete = incomplete with { Finished = incomplete.Finished.Add(new(5, 0, 0.5)), Running = [] };
        Assert.Equal((5, 1), (SuccessiveHalving.DecideInStep(Ladder, 6, complete).Trial, SuccessiveHalving.DecideInStep(Ladder, 6, complete).Rung));
    }

    [Fact]
    public void In_step_nine_trials_become_three_and_one()
    {
        var history = Simulate(SuccessiveHalving.DecideInStep, 9, workers: 4, seed: 1, out _);
        Assert.Equal([9, 3, 1], Enumerable.Range(0, 3).Select(rung => history.Finished.Count(result => result.Rung == rung)));
        Assert.Equal(0, history.Finished.Single(result => result.Rung == 2).Trial);
    }

    /// <summary>Trial number = quality, so that trial 0 is best; workers finish in a drawn order.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(16)]
    public void Asynchronously_about_a_third_goes_up_each_time_and_the_best_gets_to_the_top(int workers)
    {
        var history = Simulate(SuccessiveHalving.DecideAsynchronously, 81, workers, seed: 3, out _);
        var counts = Enumerable.Range(0, 3).Select(rung => history.Finished.Count(result => result.Rung == rung)).ToArray();
        Assert.Equal(81, counts[0]);
        Assert.InRange(counts[1], 27, 45);
        Assert.InRange(counts[2], 9, 20);
        Assert.Contains(history.Finished, result => result is { Trial: 0, Rung: 2 });

        // Far less than 81 whole trainings, as rungs are 1, 3 and 9 in all.
        Assert.InRange(counts[0] + (2 * counts[1]) + (6 * counts[2]), 0, 81 * 9 / 2);
    }

    [Fact]
    public void A_resumed_search_takes_the_same_decisions()
    {
        _ = Simulate(SuccessiveHalving.DecideAsynchronously, 40, workers: 5, seed: 9, out var steps);
        Assert.True(steps.Count > 50);
        Assert.All(steps, step =>
        {
            // As read back from files: in another order.
            var reread = step.History with { Finished = [.. step.History.Finished.Reverse()], Running = [.. step.History.Running.Reverse()] };
            Assert.Equal(step.Decision, SuccessiveHalving.DecideAsynchronously(Ladder, 40, reread));
        });
    }

    private static RungHistory History(int started, ImmutableArray<RungResult> finished, ImmutableArray<RungWork> running) => new(started, finished, running);

    private static RungHistory Simulate(
        Func<ResourceLadder, int, RungHistory, RungDecision> decide, int trials, int workers, ulong seed, out List<(RungHistory History, RungDecision Decision)> steps)
    {
        steps = [];
        var random = new DistTrain.Learning.Numerics.CounterBasedRandom(seed, 0);
        var history = new RungHistory(0, [], []);
        while (true)
        {
            var decision = decide(Ladder, trials, history);
            steps.Add((history, decision));
            if (decision.Action == RungAction.Finish)
            {
                return history;
            }

            if (decision.Action is RungAction.Promote or RungAction.Start)
            {
                history = history with { Started = history.Started + (decision.Action == RungAction.Start ? 1 : 0), Running = history.Running.Add(new RungWork(decision.Trial!.Value, decision.Rung!.Value)) };
            }

            if (decision.Action == RungAction.Wait || history.Running.Length == workers)
            {
                var done = history.Running[(int)random.BoundedUInt((uint)history.Running.Length)];
                history = history with { Running = history.Running.Remove(done), Finished = history.Finished.Add(new RungResult(done.Trial, done.Rung, 0.01 * done.Trial)) };
            }
        }
    }
}
