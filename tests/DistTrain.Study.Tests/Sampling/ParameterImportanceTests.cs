using DistTrain.Learning.Numerics;
using DistTrain.Study.Sampling;

namespace DistTrain.Study.Tests.Sampling;

public class ParameterImportanceTests
{
    private static readonly SearchSpace Space = SearchSpaceText.Parse(["a=0..1", "b=0..1", "c=0..1"]);

    /// <summary>3a + b: the variances are in the ratio 9 to 1 to 0, without interaction.</summary>
    [Fact]
    public void A_sum_has_the_shares_of_its_terms()
    {
        var importance = ParameterImportance.Of(Space, Trials(40, point => (3 * point[0]) + point[1]));
        Assert.True(importance.ExplainedShare > 0.95, $"{importance.ExplainedShare}");
        Assert.Equal(["a", "b", "c"], importance.Sensitivities.Select(sensitivity => sensitivity.Name));
        Assert.Equal([0.9, 0.1, 0], importance.Sensitivities.Select(sensitivity => Math.Round(sensitivity.FirstOrder, 1)));
        Assert.Equal([0.9, 0.1, 0], importance.Sensitivities.Select(sensitivity => Math.Round(sensitivity.Total, 1)));
    }

    /// <summary>(a − ½)(b − ½): neither does anything alone, and each takes part in all there is.</summary>
    [Fact]
    public void A_product_is_all_interaction()
    {
        var importance = ParameterImportance.Of(Space, Trials(60, point => (point[0] - 0.5) * (point[1] - 0.5)));
        Assert.True(importance.ExplainedShare > 0.9, $"{importance.ExplainedShare}");
        Assert.All(importance.Sensitivities, sensitivity => Assert.InRange(sensitivity.FirstOrder, -0.1, 0.1));
        Assert.InRange(importance.Sensitivities[0].Total, 0.9, 1.1);
        Assert.InRange(importance.Sensitivities[1].Total, 0.9, 1.1);
        Assert.InRange(importance.Sensitivities[2].Total, -0.05, 0.05);
    }

    [Fact]
    public void A_choice_has_its_share()
    {
        var space = SearchSpaceText.Parse(["rate=log(1e-3,1)", "optimizer=sgd,adam,lamb"]);
        var trials = Enumerable.Range(0, 40).Select(i => SobolSampler.Point(space, 1, i)).Select(point => new SearchTrial(point, (space.Values(point)[1].Text == "adam" ? 0.0 : 1.0) + (0.1 * point.Coordinates[0]))).ToArray();
        Assert.True(ParameterImportance.Of(space, trials).Sensitivities[1].FirstOrder > 0.9);
    }

    [Fact]
    public void Noise_says_nothing_of_the_settings()
    {
        var passed = 0;
        for (var search = 0; search < 40; search++)
        {
            var random = new CounterBasedRandom(1, (ulong)search);
            var importance = ParameterImportance.Of(Space, Trials(30, _ => random.Normal()));
            passed += importance.Refusal is null ? 1 : 0;
            Assert.Equal(importance.Refusal is null ? 3 : 0, importance.Sensitivities.Length);
            Assert.True(importance.Refusal?.Contains("predicts the trials too badly", StringComparison.Ordinal) ?? true);
        }

        Assert.InRange(passed, 0, 2);
    }

    [Fact]
    public void Few_trials_and_equal_results_say_nothing()
    {
        Assert.Contains("there are 8 trials with a result, and 24 are needed for 3 settings", ParameterImportance.Of(Space, Trials(8, point => point[0])).Refusal, StringComparison.Ordinal);
        Assert.Contains("the same result", ParameterImportance.Of(Space, Trials(30, _ => 1)).Refusal, StringComparison.Ordinal);
    }

    private static SearchTrial[] Trials(int count, Func<IReadOnlyList<double>, double> score) =>
        [.. Enumerable.Range(0, count).Select(i => SobolSampler.Point(Space, 1, i)).Select(point => new SearchTrial(point, score(point.Coordinates)))];
}
