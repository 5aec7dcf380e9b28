using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Optimization;

namespace DistTrain.Learning.Tests.Diagnostics;

public class GradientHealthTests
{
    private static readonly string[] Names = ["dense1.weight", "output1.weight"];

    [Fact]
    public void A_gradient_far_above_its_median_explodes_and_is_named_with_its_step()
    {
        double[][] usual = [[.. Enumerable.Repeat(1.0, 9)], [.. Enumerable.Repeat(2.0, 9)]];
        Assert.Null(GradientHealth.Explosions(7, Names, [Norms(50), Norms(150)], usual));
        var sentence = GradientHealth.Explosions(7, Names, [Norms(50), Norms(300)], usual);
        Assert.StartsWith("step 7: the gradient of output1.weight explodes: its norm is 300, 150 times its median so far (2)", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_few_norms_are_no_measure_of_what_is_usual() => Assert.Null(GradientHealth.Explosions(2, Names, [Norms(1e9), Norms(1e9)], [[1, 1], [1, 1]]));

    [Fact]
    public void A_layer_with_next_to_no_gradient_beside_the_others_vanishes()
    {
        Assert.Null(GradientHealth.VanishingLayer(3, Names, [100, 100], [Norms(1e-4), Norms(1)]));
        var sentence = GradientHealth.VanishingLayer(3, Names, [100, 100], [Norms(1e-8), Norms(1)]);
        Assert.StartsWith("step 3: the gradient of dense1.weight vanishes: 1E-09 an element, against 0.1 in output1.weight", sentence, StringComparison.Ordinal);
    }

    private static TensorNorms Norms(double gradient) => new(0, gradient, 1, 0.001);
}
