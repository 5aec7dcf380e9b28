using DistTrain.Learning;
using DistTrain.Study.Sampling;

namespace DistTrain.Study.Tests.Sampling;

public class SimpleSamplersTests
{
    private static readonly SearchSpace Space = SearchSpaceText.Parse(["rate=log(0.01,1)", "optimizer=sgd,adam", "layers=int(1..2)"]);

    [Fact]
    public void A_grid_has_all_combinations_with_the_last_changing_fastest()
    {
        var texts = GridSampler.Points(Space, 3).Select(point => string.Join(' ', Space.Values(point).Select(value => value.Text))).ToArray();
        Assert.Equal(
            [
                "0.01 sgd 1", "0.01 sgd 2", "0.01 adam 1", "0.01 adam 2", "0.1 sgd 1", "0.1 sgd 2", "0.1 adam 1", "0.1 adam 2", "1 sgd 1", "1 sgd 2", "1 adam 1", "1 adam 2",
            ],
            texts);
        Assert.Equal(12, GridSampler.Count(Space, 3));
    }

    [Fact]
    public void A_grid_of_whole_numbers_has_each_once_and_the_ends_in_any_case()
    {
        var space = SearchSpaceText.Parse(["width=int-log(1..8)"]);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], GridSampler.Points(space, 8).Select(point => space.Values(point)[0].Number!.Value));
        var three = GridSampler.Points(space, 3).Select(point => space.Values(point)[0].Number!.Value).ToArray();
        Assert.Equal((3, 1, 8), (three.Length, three[0], three[^1]));
    }

    [Fact]
    public void A_grid_that_nobody_can_train_is_refused() =>
        Assert.Contains("a grid of 1E+07 points", Assert.Throws<InvalidInputException>(() => GridSampler.Points(SearchSpaceText.Parse([.. Enumerable.Range(0, 7).Select(i => $"x{i}=0..1")]), 10)).Message, StringComparison.Ordinal);

    [Fact]
    public void Random_and_quasi_random_points_are_functions_of_seed_and_index()
    {
        foreach (var sampler in new Func<SearchSpace, ulong, int, UnitPoint>[] { RandomSampler.Point, SobolSampler.Point })
        {
            Assert.Equal(sampler(Space, 1, 5), sampler(Space, 1, 5));
            Assert.NotEqual(sampler(Space, 1, 5), sampler(Space, 1, 6));
            Assert.NotEqual(sampler(Space, 1, 5), sampler(Space, 2, 5));
            Assert.Equal(sampler(Space, 1, 5), Space.Snap(sampler(Space, 1, 5)));
        }
    }

    [Fact]
    public void More_settings_than_the_sequence_has_dimensions_are_refused() =>
        Assert.Contains("at most 32 dimensions", Assert.Throws<InvalidInputException>(() => SobolSampler.Point(SearchSpaceText.Parse([.. Enumerable.Range(0, 33).Select(i => $"x{i}=0..1")]), 1, 0)).Message, StringComparison.Ordinal);
}
