using DistTrain.Learning;
using DistTrain.Study.Reports.Comparisons;
using DistTrain.Study.Reports.Runs;

namespace DistTrain.Study.Tests.Reports;

public class ComparisonTests
{
    /// <summary>Of 1, 2, 3, 4, 5 with t(4, 97.5 %) = 2.776445 (tables of Student's distribution): 3 ± 2.776445 · √(2.5/5).</summary>
    [Fact]
    public void A_t_interval_is_that_of_the_tables()
    {
        var interval = SeedInterval.Of([1, 2, 3, 4, 5])!.Value;
        Assert.Equal(3, interval.Mean);
        Assert.Equal(3 - (2.776445 * Math.Sqrt(0.5)), interval.Lower!.Value, 5);
        Assert.Equal(3 + (2.776445 * Math.Sqrt(0.5)), interval.Upper!.Value, 5);
    }

    [Fact]
    public void One_value_has_no_interval_and_none_has_nothing()
    {
        Assert.Equal(new SeedInterval(7, null, null, 1), SeedInterval.Of([7]));
        Assert.Null(SeedInterval.Of([]));
        Assert.Null(SeedInterval.Difference([1], [2, 3]));
    }

    /// <summary>Of normal values it holds the true difference about as often as it says, also where spreads differ.</summary>
    [Fact]
    public void Welchs_interval_holds_the_true_difference_as_often_as_it_says()
    {
        var random = new Random(11);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var held = Enumerable.Range(0, 4000).Count(_ =>
        {
            var difference = SeedInterval.Difference([.. Enumerable.Range(0, 5).Select(_ => 1 + (3 * Normal()))], [.. Enumerable.Range(0, 8).Select(_ => Normal())])!.Value;
            return difference.Lower <= 1 && difference.Upper >= 1;
        });
        Assert.InRange(held / 4000.0, 0.935, 0.965);
    }

    [Fact]
    public void Runs_that_differ_in_the_seed_alone_are_one_group_and_others_are_told_apart_by_their_settings()
    {
        var groups = RunGroups.Of([SyntheticRun.Read(2), SyntheticRun.Read(1), SyntheticRun.Read(1, rate: 0.02)]);
        Assert.Equal([2, 1], groups.Groups.Select(group => group.Runs.Length));
        Assert.Equal(["1", "2"], groups.Groups[0].Runs.Select(run => run.Setting("seed")));
        var difference = Assert.Single(groups.Differences);
        Assert.Equal("learningRate", difference.Name);
        Assert.Equal(["0.05", "0.02"], difference.Values.AsEnumerable());
        Assert.Equal("B: learning rate 0.02", groups.Groups[1].Name);
    }

    [Fact]
    public void What_seeds_may_explain_is_no_finding()
    {
        static RunHistory Ended(int seed, double rate, double accuracy) => SyntheticRun.Read(seed, rate) is var run ? run with { Ending = run.Ending! with { Metrics = run.Ending.Metrics.SetItem("testAccuracy", accuracy) } } : run;
        RunHistory[] first = [Ended(1, 0.05, 0.970), Ended(2, 0.05, 0.972), Ended(3, 0.05, 0.974)];
        var clear = ComparisonReport.Of([.. first, Ended(1, 0.02, 0.900), Ended(2, 0.02, 0.902), Ended(3, 0.02, 0.904)]);
        Assert.Contains(clear.Findings, sentence => sentence.StartsWith("A is better than B in test accuracy by 7 points", StringComparison.Ordinal));
        Assert.EndsWith("beyond what seeds explain", clear.Headline, StringComparison.Ordinal);
        var unclear = ComparisonReport.Of([.. first, Ended(1, 0.02, 0.969), Ended(2, 0.02, 0.971), Ended(3, 0.02, 0.974)]);
        Assert.DoesNotContain(unclear.Findings, sentence => sentence.Contains("better", StringComparison.Ordinal));
        Assert.Contains(unclear.Refusals, sentence => sentence.StartsWith("Whether A and B differ in test accuracy", StringComparison.Ordinal));
        var single = ComparisonReport.Of([first[0], Ended(1, 0.02, 0.5)]);
        Assert.Contains(single.Refusals, sentence => sentence.Contains("at least two seeds", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_and_runs_without_settings_are_refused()
    {
        Assert.Throws<InvalidInputException>(() => RunGroups.Of([]));
        Assert.Contains("runs/old", Assert.Throws<InvalidInputException>(() => RunGroups.Of([SyntheticRun.Read(), new RunHistory { Name = "runs/old" }])).Message, StringComparison.Ordinal);
    }
}
