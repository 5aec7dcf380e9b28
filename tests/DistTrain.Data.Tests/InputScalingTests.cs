using DistTrain.Learning;

namespace DistTrain.Data.Tests;

public class InputScalingTests
{
    // Two features over four samples; the second is constant, at a value whose mean over three samples would be rounded.
    private static readonly float[] Train = [1, 0.1f, 2, 0.1f, 3, 0.1f, 4, 0.1f];

    [Fact]
    public void Standard_scaling_uses_mean_and_population_deviation_of_the_training_part()
    {
        var scaling = InputScaling.Fit(ScalingKind.Standard, Train, 2, null);
        Assert.Equal(2.5, scaling.Offsets[0]);
        Assert.Equal(Math.Sqrt(1.25), scaling.Divisors[0]);

        var values = (float[])Train.Clone();
        scaling.Apply(values, "x");
        Assert.Equal((float)(-1.5 / Math.Sqrt(1.25)), values[0]);
        Assert.Equal((float)(1.5 / Math.Sqrt(1.25)), values[6]);
    }

    [Theory]
    [InlineData(ScalingKind.Standard)]
    [InlineData(ScalingKind.Unit)]
    public void A_feature_that_is_constant_in_training_becomes_0_everywhere(ScalingKind kind)
    {
        var scaling = InputScaling.Fit(kind, Train, 2, null);
        float[] values = [2, 0.1f, 2, 77];
        scaling.Apply(values, "x");
        Assert.Equal((0, 0), (values[1], values[3]));
    }

    [Fact]
    public void Unit_scaling_without_a_known_maximum_uses_the_extremes_of_the_training_part()
    {
        var scaling = InputScaling.Fit(ScalingKind.Unit, Train, 2, null);
        float[] values = [1, 0, 2.5f, 0, 4, 0, 7, 0];
        scaling.Apply(values, "x");
        Assert.Equal([0, 0.5f, 1, 2], new[] { values[0], values[2], values[4], values[6] });
    }

    [Fact]
    public void Every_byte_is_divided_by_255_and_rounded_once()
    {
        var scaling = InputScaling.Fit(ScalingKind.Unit, Train, 2, 255);
        var values = Enumerable.Range(0, 256).Select(value => (float)value).ToArray();
        scaling.Apply(values, "x");
        Assert.Equal(Enumerable.Range(0, 256).Select(value => value / 255f), values);
    }

    [Fact]
    public void No_scaling_changes_nothing()
    {
        float[] values = [-3, 1e30f];
        InputScaling.Fit(ScalingKind.None, Train, 2, 255).Apply(values, "x");
        Assert.Equal([-3, 1e30f], values);
    }

    [Fact]
    public void The_largest_floats_are_scaled_without_overflow()
    {
        float[] values = [-float.MaxValue, float.MaxValue, float.MaxValue];
        InputScaling.Fit(ScalingKind.Unit, values, 1, null).Apply(values, "x");
        Assert.Equal([0, 1, 1], values);

        values = [-float.MaxValue, float.MaxValue];
        InputScaling.Fit(ScalingKind.Standard, values, 1, null).Apply(values, "x");
        Assert.Equal([-1, 1], values);
    }

    [Fact]
    public void A_value_too_far_from_training_is_refused_rather_than_made_infinite()
    {
        var scaling = InputScaling.Fit(ScalingKind.Standard, new float[] { 0, 0, 1e-30f, 1 }, 2, null);
        var message = Assert.Throws<InvalidInputException>(() => scaling.Apply(new float[] { 0, 0, 1e30f, 0 }, "x.csv")).Message;
        Assert.Contains("x.csv: feature 0 of sample 1", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_training_part_enters_the_parameters()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x.csv", string.Concat(Enumerable.Range(0, 20).Select(value => $"{value},{value % 2}\n")));
        var raw = DataSetLoader.Load($"csv:{path}?scaling=none", new DataSetOptions { Seed = 9 });
        var standard = DataSetLoader.Load($"csv:{path}", new DataSetOptions { Seed = 9 });
        Assert.Equal(raw.Train.Inputs.ToArray().Select(value => (double)value).Sum() / 16, standard.Preprocessing.Scaling.Offsets[0]);
        Assert.Equal(ScalingKind.Standard, standard.Preprocessing.Scaling.Kind);
        Assert.Equal(0, standard.Train.Inputs.ToArray().Average(value => (double)value), 6);
    }
}
