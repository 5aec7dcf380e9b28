using System.Collections.Immutable;
using DistTrain.Study.Sampling;

namespace DistTrain.Study.Tests.Sampling;

/// <summary>Functions with known minima. S. Surjanovic, D. Bingham, "Virtual Library of Simulation Experiments: Test Functions", 2013.</summary>
internal sealed record TestFunction(string Name, SearchSpace Space, double Minimum, Func<ImmutableArray<SearchValue>, double> Value)
{
    public static TestFunction Branin { get; } = new("branin", SearchSpaceText.Parse(["x=-5..10", "y=0..15"]), 0.397887, values =>
    {
        var (x, y) = (values[0].Number!.Value, values[1].Number!.Value);
        var bend = y - (5.1 / (4 * Math.PI * Math.PI) * x * x) + (5 / Math.PI * x) - 6;
        return (bend * bend) + (10 * (1 - (1 / (8 * Math.PI))) * Math.Cos(x)) + 10;
    });

    public static TestFunction Hartmann3 { get; } = new("hartmann3", SearchSpaceText.Parse(["x=0..1", "y=0..1", "z=0..1"]), -3.86278, Hartmann);

    /// <summary>As a training may be: a bowl in the logarithm of the rate whose place depends on the optimizer, and divergence above.</summary>
    public static TestFunction Training { get; } = new("training", SearchSpaceText.Parse(["rate=log(1e-5,10)", "optimizer=sgd,adam,lamb", "layers=int(1..5)"]), 0.05, values =>
    {
        var rate = Math.Log10(values[0].Number!.Value);
        var (centre, floor) = values[1].Text switch { "sgd" => (-1.0, 0.08), "adam" => (-3.0, 0.05), _ => (-2.0, 0.2) };
        return rate > centre + 1.5 ? double.NaN : floor + (0.05 * (rate - centre) * (rate - centre)) + (0.02 * Math.Abs(values[2].Number!.Value - 3));
    });

    public double Of(UnitPoint point) => Value(Space.Values(point));

    private static double Hartmann(ImmutableArray<SearchValue> values)
    {
        double[] heights = [1, 1.2, 3, 3.2];
        double[][] widths = [[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]];
        double[][] centres = [[0.3689, 0.1170, 0.2673], [0.4699, 0.4387, 0.7470], [0.1091, 0.8732, 0.5547], [0.0381, 0.5743, 0.8828]];
        return -Enumerable.Range(0, 4).Sum(i => heights[i] * Math.Exp(-Enumerable.Range(0, 3).Sum(j => widths[i][j] * Math.Pow(values[j].Number!.Value - centres[i][j], 2))));
    }
}
