using DistTrain.Learning;
using DistTrain.Study.Experiments;
using DistTrain.Study.Sampling;

namespace DistTrain.Study.Tests.Experiments;

public class HyperParameterSearchTests
{
    public static TheoryData<SearchMethod> Methods => [.. Enum.GetValues<SearchMethod>()];

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_search_that_is_interrupted_goes_on_as_it_would_have_gone_on(SearchMethod method)
    {
        var undisturbed = Search(method, new SyntheticTraining { Goal = null });
        using var folder = new TemporaryFolder();
        SearchTrials? resumed = null;
        for (var left = 3; resumed is null; left++)
        {
            using var kill = new CancellationTokenSource();
            var remaining = left;
            try
            {
                resumed = Search(method, new SyntheticTraining { Goal = null, Before = _ => CancelAtZero(ref remaining, kill) }, folder.Path, cancellation: kill.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.InRange(left, 0, 500);
            }
        }

        Assert.Equal(undisturbed.Configurations.Select(tried => (tried.Index, tried.Point, tried.Rung, tried.Score)), resumed.Configurations.Select(tried => (tried.Index, tried.Point, tried.Rung, tried.Score)));
        Assert.Equal(undisturbed.Best!.Index, resumed.Best!.Index);
        Assert.Equal(3, resumed.Confirmation.Length);
    }

    [Fact]
    public void The_best_rate_is_found()
    {
        // The training's best rate at batches of 100 is 0.25.
        var best = Search(SearchMethod.Bayesian, new SyntheticTraining { Goal = null }).Best!;
        Assert.InRange(best.Trial.Request.LearningRate, 0.1, 0.6);
    }

    [Theory]
    [InlineData(SearchMethod.Halving)]
    [InlineData(SearchMethod.Asha)]
    public void Only_the_better_ones_are_trained_to_the_end(SearchMethod method)
    {
        var trials = Search(method, new SyntheticTraining { Goal = null });
        Assert.Equal(20, trials.Configurations.Length);
        var top = trials.Configurations.Max(tried => tried.Rung);
        Assert.Equal(2, top);
        Assert.InRange(trials.Configurations.Count(tried => tried.Rung == top), 1, 4);
        Assert.Equal(top, trials.Best!.Rung);
        Assert.Equal(27 * 10, trials.Best.Trial.Request.LastStep);
        Assert.Contains(trials.Configurations, tried => tried.Rung == 0 && tried.Trial.Request.LastStep == 3 * 10);
    }

    [Fact]
    public void A_batch_size_can_be_searched_and_must_be_whole()
    {
        var trials = Search(SearchMethod.Sobol, new SyntheticTraining { Goal = null }, space: ["batch-size=8,100"]);
        Assert.Equal([8, 100], trials.Configurations.Select(tried => tried.Trial.Request.BatchSize).Distinct().Order());
        Assert.Throws<InvalidInputException>(() => Search(SearchMethod.Sobol, new SyntheticTraining { Goal = null }, space: ["batch-size=8.5..9.5"]));
    }

    [Fact]
    public void What_diverged_has_no_score_and_is_never_the_best()
    {
        var trials = Search(SearchMethod.Random, new SyntheticTraining { Goal = null, StableBelow = 0.01 });
        Assert.Contains(trials.Configurations, tried => tried.Score is null);
        Assert.True(trials.Best!.Trial.Request.LearningRate <= 0.01);
    }

    private static void CancelAtZero(ref int remaining, CancellationTokenSource kill)
    {
        if (Interlocked.Decrement(ref remaining) < 0)
        {
            kill.Cancel();
        }
    }

    private static SearchTrials Search(SearchMethod method, SyntheticTraining training, string? folder = null, string[]? space = null, CancellationToken cancellation = default)
    {
        using var temporary = new TemporaryFolder();
        using var store = new TrialStore(folder ?? temporary.Path);
        var plan = new SearchPlan
        {
            Space = SearchSpaceText.Parse(space ?? ["learning-rate=log(1e-3,1)"]),
            Method = method,
            Trials = 20,
            Epochs = 27,
            LeastEpochs = 3,
            TrainingSamples = 1000,
            BatchSize = 100,
            GridPoints = 6,
        };
        return HyperParameterSearch.Run(plan, new TrialPool(training, store, static _ => { }), 2, cancellation);
    }
}
