using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Learning.Numerics;

namespace DistTrain.Study.Sampling;

/// <summary>All combinations of a few values a dimension.</summary>
public static class GridSampler
{
    private const double GreatestGrid = 1_000_000;

    /// <summary>The number of points: the product of each dimension's, which is <paramref name="pointsPerDimension"/> or what it has.</summary>
    public static double Count(SearchSpace space, int pointsPerDimension)
    {
        ArgumentNullException.ThrowIfNull(space);
        return space.Dimensions.Aggregate(1.0, (product, dimension) => product * dimension.Grid(pointsPerDimension).Length);
    }

    /// <summary>The grid's points, the last dimension changing fastest. Ends of ranges are included; ranges are divided evenly in their own measure; of choices there are all.</summary>
    /// <exception cref="InvalidInputException">It would have more than a million points.</exception>
    public static ImmutableArray<UnitPoint> Points(SearchSpace space, int pointsPerDimension)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentOutOfRangeException.ThrowIfLessThan(pointsPerDimension, 1);
        var count = Count(space, pointsPerDimension);
        if (count > GreatestGrid)
        {
            throw new InvalidInputException($"a grid of {count:G3} points is more than anybody can train: use fewer points a dimension, or random search");
        }

        var grids = space.Dimensions.Select(dimension => dimension.Grid(pointsPerDimension).Select(dimension.Unit).ToImmutableArray()).ToImmutableArray();
        IEnumerable<ImmutableArray<double>> prefixes = [[]];
        var points = grids.Aggregate(prefixes, (found, grid) => found.SelectMany(prefix => grid.Select(prefix.Add)));
        return [.. points.Select(coordinates => new UnitPoint(coordinates))];
    }
}

/// <summary>Independent uniform points. J. Bergstra, Y. Bengio, "Random Search for Hyper-Parameter Optimization", 2012.</summary>
public static class RandomSampler
{
    private const ulong Tag = 0x52414E44UL << 32;

    /// <param name="index">Which point; a pure function of (seed, index).</param>
    public static UnitPoint Point(SearchSpace space, ulong seed, int index)
    {
        ArgumentNullException.ThrowIfNull(space);
        var random = new CounterBasedRandom(seed, Tag | (uint)index);
        var coordinates = new double[space.Dimensions.Length];
        for (var i = 0; i < coordinates.Length; i++)
        {
            coordinates[i] = random.UniformDouble();
        }

        return space.Snap(new UnitPoint([.. coordinates]));
    }
}

/// <summary>Quasi-random points: a scrambled Sobol sequence, which fills the space evenly however many trials there are.</summary>
public static class SobolSampler
{
    /// <param name="index">Which point, from 0; a pure function of (seed, index).</param>
    /// <exception cref="InvalidInputException">The space has more dimensions than the sequence.</exception>
    public static UnitPoint Point(SearchSpace space, ulong seed, int index)
    {
        ArgumentNullException.ThrowIfNull(space);
        return space.Dimensions.Length <= SobolSequence.MostDimensions
            ? space.Snap(new UnitPoint(SobolSequence.ScrambledPoint(space.Dimensions.Length, seed, (uint)index)))
            : throw new InvalidInputException($"a Sobol sequence has at most {SobolSequence.MostDimensions} dimensions here, but {space.Dimensions.Length} settings are searched: use random search, or fewer settings");
    }
}
