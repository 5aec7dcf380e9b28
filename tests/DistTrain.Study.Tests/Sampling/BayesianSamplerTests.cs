using System.Collections.Immutable;
using DistTrain.Study.Sampling;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Tests.Sampling;

public class BayesianSamplerTests
{
    private const int Repeats = 10;

    public static TheoryData<string, int> Functions => new() { { "branin", 25 }, { "hartmann3", 30 }, { "training", 25 } };

    [Theory]
    [MemberData(nameof(Functions))]
    public void On_the_same_budget_its_median_regret_is_smaller_than_of_random_search(string name, int trials)
    {
        var function = new[] { TestFunction.Branin, TestFunction.Hartmann3, TestFunction.Training }.Single(candidate => candidate.Name == name);
        var bayesian = Enumerable.Range(1, Repeats).Select(seed => Regret(function, Search(function, (ulong)seed, trials))).ToArray();
        var random = Enumerable.Range(1, Repeats).Select(seed => Regret(function, Enumerable.Range(0, trials).Select(i => RandomSampler.Point(function.Space, (ulong)seed, i)))).ToArray();

        // Not only smaller, but by half at least: luck alone would make it smaller every second time.
        Assert.True(OrderStatistics.Median(bayesian) < 0.5 * OrderStatistics.Median(random), $"{name}: {OrderStatistics.Median(bayesian):G3} against {OrderStatistics.Median(random):G3}");
    }

    [Fact]
    public void The_first_trials_are_quasi_random()
    {
        var suggestion = BayesianSampler.Next(TestFunction.Branin.Space, 3, [], [new UnitPoint([0.5, 0.5])]);
        Assert.Equal(SobolSampler.Point(TestFunction.Branin.Space, 3, 1), suggestion.Point);
        Assert.Equal("one of 6 quasi-random trials before the first model", suggestion.Reason);
    }

    [Fact]
    public void Every_fifth_trial_is_quasi_random_whatever_the_model_says()
    {
        var function = TestFunction.Branin;
        var points = Search(function, 1, 22);
        var quasiRandom = Enumerable.Range(0, 22).Where(i => points[i] == SobolSampler.Point(function.Space, 1, i));
        Assert.Equal([0, 1, 2, 3, 4, 5, 10, 15, 20], quasiRandom);
    }

    [Fact]
    public void A_resumed_search_goes_on_as_it_would_have_gone_on()
    {
        var whole = Search(TestFunction.Branin, 5, 10);
        var history = whole.Take(9).Select(point => new SearchTrial(point, TestFunction.Branin.Of(point))).ToImmutableArray();
        Assert.Equal(whole[9], BayesianSampler.Next(TestFunction.Branin.Space, 5, history, []).Point);
    }

    [Fact]
    public void Trials_at_the_same_time_are_sent_to_different_places()
    {
        var space = TestFunction.Branin.Space;
        var history = Search(TestFunction.Branin, 5, 10).Select(point => new SearchTrial(point, TestFunction.Branin.Of(point))).ToImmutableArray();
        ImmutableArray<UnitPoint> pending = [];
        for (var i = 0; i < 4; i++)
        {
            pending = pending.Add(BayesianSampler.Next(space, 5, history, pending).Point);
        }

        for (var i = 0; i < 4; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var distance = Math.Sqrt(pending[i].Coordinates.Zip(pending[j].Coordinates, (a, b) => (a - b) * (a - b)).Sum());
                Assert.True(distance > 0.01, $"trials {j} and {i} are {distance:G3} apart");
            }
        }
    }

    [Fact]
    public void A_believed_trial_leaves_the_mean_as_it_is_and_takes_the_doubt_away()
    {
        var history = Search(TestFunction.Branin, 5, 10).Select(point => new SearchTrial(point, TestFunction.Branin.Of(point))).ToImmutableArray();
        var model = SearchModel.Of(TestFunction.Branin.Space, history)!;
        var point = TestFunction.Branin.Space.Snap(new UnitPoint([0.31, 0.62]));
        var believing = model.Believing(point);
        var elsewhere = new UnitPoint([0.8, 0.2]);
        Assert.Equal(model.Predict(point).Mean, believing.Predict(point).Mean, 9);
        Assert.Equal(model.Predict(elsewhere).Mean, believing.Predict(elsewhere).Mean, 9);

        // What is measured with noise ν leaves of a variance v the part v ν/(v + ν).
        var (variance, noise) = (model.Predict(point).Variance, model.Process.Prior.NoiseVariance);
        Assert.Equal(variance * noise / (variance + noise), believing.Predict(point).Variance, 9);
        Assert.True(believing.Predict(point).Variance < 0.5 * variance, $"{believing.Predict(point).Variance} of {variance}");
    }

    [Fact]
    public void Where_everything_diverged_it_is_not_tried_again()
    {
        // Everything above the middle diverges, and below it is better the nearer it is.
        var space = SearchSpaceText.Parse(["rate=0..1"]);
        static double? Score(double rate) => rate > 0.5 ? null : 1 - rate;
        var history = ImmutableArray.CreateBuilder<SearchTrial>();
        for (var i = 0; i < 16; i++)
        {
            var point = BayesianSampler.Next(space, 2, history.ToImmutable(), []).Point;
            history.Add(new SearchTrial(point, Score(space.Values(point)[0].Number!.Value)));
        }

        Assert.True(history.Min(trial => trial.Score) < 0.51, $"{history.Min(trial => trial.Score)}");
        Assert.True(history.Skip(4).Count(trial => trial.Point.Coordinates[0] > 0.6) <= 2);
    }

    [Fact]
    public void Without_two_different_results_there_is_no_model()
    {
        var history = Enumerable.Range(0, 6).Select(i => new SearchTrial(SobolSampler.Point(TestFunction.Branin.Space, 1, i), i == 0 ? 1.0 : null)).ToImmutableArray();
        Assert.Contains("no two trials yet whose results differ", BayesianSampler.Next(TestFunction.Branin.Space, 1, history, []).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void When_all_has_been_tried_the_best_is_tried_again()
    {
        var space = SearchSpaceText.Parse(["layers=int(1..3)", "optimizer=sgd,adam"]);
        var history = GridSampler.Points(space, 3).Select((point, i) => new SearchTrial(point, i == 4 ? 0 : 1 + i)).ToImmutableArray();
        var suggestion = BayesianSampler.Next(space, 1, history, []);
        Assert.Equal(history[4].Point, suggestion.Point);
        Assert.StartsWith("all configurations have been tried", suggestion.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_there_are_few_configurations_each_is_tried_before_any_twice()
    {
        var space = SearchSpaceText.Parse(["layers=int(1..3)", "optimizer=sgd,adam,lamb"]);
        var history = ImmutableArray<SearchTrial>.Empty;
        for (var i = 0; i < 9; i++)
        {
            history = history.Add(new SearchTrial(BayesianSampler.Next(space, 1, history, []).Point, i * i % 7));
        }

        Assert.Equal(9, history.Select(trial => trial.Point).Distinct().Count());
    }

    [Fact]
    public void A_suggestion_says_what_is_expected_of_it()
    {
        var history = Search(TestFunction.Branin, 5, 12).Select(point => new SearchTrial(point, TestFunction.Branin.Of(point))).ToImmutableArray();
        Assert.Matches("^expected improvement [^ ]+: predicted [^ ]+ ± [^ ]+, against [^ ]+ for the best so far$", BayesianSampler.Next(TestFunction.Branin.Space, 5, history, []).Reason);
    }

    [Fact]
    public void Of_many_trials_the_best_and_the_newest_make_the_model()
    {
        var space = SearchSpaceText.Parse(["x=0..1"]);
        var trials = Enumerable.Range(0, 300).Select(i => new SearchTrial(RandomSampler.Point(space, 1, i), (i * 7919 % 300) + 0.5)).ToArray();
        var model = SearchModel.Of(space, trials)!;
        Assert.Equal(SearchModel.MostTrials, model.Data.Count);
        Assert.Contains(trials.MinBy(trial => trial.Score).Point.Coordinates[0], model.Data.Inputs.Select(input => input[0]));
        Assert.Contains(trials[^1].Point.Coordinates[0], model.Data.Inputs.Select(input => input[0]));
    }

    [Fact]
    public void A_score_just_before_divergence_does_not_hide_the_others()
    {
        var space = SearchSpaceText.Parse(["x=0..1"]);
        var trials = Enumerable.Range(0, 11).Select(i => new SearchTrial(new UnitPoint([i / 10.0]), i == 10 ? 1e9 : Math.Abs(i - 4))).ToArray();
        var model = SearchModel.Of(space, trials)!;
        Assert.True(model.Scale < 10, $"{model.Scale}");
        Assert.True(model.Predict(new UnitPoint([0.4])).Mean < model.Predict(new UnitPoint([0.1])).Mean);
    }

    private static List<UnitPoint> Search(TestFunction function, ulong seed, int trials)
    {
        var points = new List<UnitPoint>();
        var history = ImmutableArray<SearchTrial>.Empty;
        for (var i = 0; i < trials; i++)
        {
            points.Add(BayesianSampler.Next(function.Space, seed, history, []).Point);
            history = history.Add(new SearchTrial(points[i], function.Of(points[i])));
        }

        return points;
    }

    private static double Regret(TestFunction function, IEnumerable<UnitPoint> points) => points.Select(function.Of).Where(double.IsFinite).Min() - function.Minimum;
}
