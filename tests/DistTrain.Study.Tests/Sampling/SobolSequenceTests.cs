using DistTrain.Study.Sampling;

namespace DistTrain.Study.Tests.Sampling;

public class SobolSequenceTests
{
    /// <summary>The first ten points in three dimensions, as S. Joe and F. Y. Kuo print them beside their program.</summary>
    [Fact]
    public void The_first_points_are_the_published_ones()
    {
        double[][] published =
        [
            [0, 0, 0], [0.5, 0.5, 0.5], [0.75, 0.25, 0.25], [0.25, 0.75, 0.75], [0.375, 0.375, 0.625], [0.875, 0.875, 0.125], [0.625, 0.125, 0.875], [0.125, 0.625, 0.375], [0.1875, 0.3125, 0.9375],
            [0.6875, 0.8125, 0.4375],
        ];
        Assert.Equal(published, Enumerable.Range(0, 10).Select(i => SobolSequence.Point(3, (uint)i).ToArray()));
    }

    /// <summary>The 123rd point in 27 dimensions, as the program of S. Joe and F. Y. Kuo gives it with new-joe-kuo-6 (recorded in the tests of E. Zander's sglib).</summary>
    [Fact]
    public void A_later_point_in_many_dimensions_is_the_published_one() => Assert.Equal(
        [
            0.8828125, 0.2890625, 0.6796875, 0.7578125, 0.6015625, 0.9609375, 0.8671875, 0.4453125, 0.0390625, 0.6640625, 0.9921875, 0.4609375, 0.0078125, 0.3828125, 0.4765625, 0.1484375, 0.0859375,
            0.3359375, 0.8046875, 0.4296875, 0.1640625, 0.8671875, 0.5390625, 0.7109375, 0.3671875, 0.1015625, 0.4140625,
        ],
        SobolSequence.Point(27, 122).AsEnumerable());

    /// <summary>
    /// Joe and Kuo's numbers have Sobol's property A: of any 2^d consecutive points in d dimensions, each orthant of the cube holds one. That is so if and only if the matrix of
    /// the first bits of the first d direction numbers of each dimension has an odd determinant.
    /// </summary>
    [Fact]
    public void The_direction_numbers_have_property_A_in_all_dimensions()
    {
        for (var dimensions = 1; dimensions <= SobolSequence.MostDimensions; dimensions++)
        {
            Assert.True(IsRegular([.. Enumerable.Range(0, dimensions).Select(dimension => FirstBits(dimension, dimensions))]), $"property A fails in {dimensions} dimensions");
        }
    }

    [Fact]
    public void A_matrix_that_is_not_regular_is_seen() => Assert.False(IsRegular([0b011, 0b101, 0b110]));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_coordinate_has_one_point_in_each_of_equal_parts(bool isScrambled)
    {
        var points = Enumerable.Range(0, 256).Select(i => isScrambled ? SobolSequence.ScrambledPoint(32, 3, (uint)i) : SobolSequence.ShiftedPoint(32, 3, (uint)i)).ToArray();
        for (var dimension = 0; dimension < 32; dimension++)
        {
            Assert.Equal(Enumerable.Range(0, 256), points.Select(point => (int)(point[dimension] * 256)).Order());
        }
    }

    [Fact]
    public void Scrambled_points_are_uniform_each_and_even_together()
    {
        // One point under many seeds: uniform, so its mean is ½ ± 4/√12/√2000.
        var first = Enumerable.Range(0, 2000).Select(seed => SobolSequence.ScrambledPoint(2, (ulong)seed, 5)[1]).ToArray();
        Assert.InRange(first.Average(), 0.474, 0.526);

        // Many points under one seed: x y has mean ¼; plain random points would be off by some 0.007.
        var points = Enumerable.Range(0, 1024).Select(i => SobolSequence.ScrambledPoint(2, 1, (uint)i)).ToArray();
        Assert.InRange(points.Average(point => point[0] * point[1]), 0.2495, 0.2505);
    }

    [Fact]
    public void Seeds_give_different_scrambles_and_dimensions_independent_ones()
    {
        Assert.NotEqual(SobolSequence.ScrambledPoint(3, 1, 0), SobolSequence.ScrambledPoint(3, 2, 0));
        var origin = SobolSequence.ScrambledPoint(3, 1, 0);
        Assert.Equal(3, origin.Distinct().Count());
    }

    /// <summary>Whether rows of bits are linearly independent over GF(2).</summary>
    private static bool IsRegular(ulong[] rows)
    {
        for (var pivot = 0; pivot < rows.Length; pivot++)
        {
            var found = Array.FindIndex(rows, pivot, row => ((row >> pivot) & 1) != 0);
            if (found < 0)
            {
                return false;
            }

            (rows[pivot], rows[found]) = (rows[found], rows[pivot]);
            for (var other = pivot + 1; other < rows.Length; other++)
            {
                rows[other] ^= ((rows[other] >> pivot) & 1) != 0 ? rows[pivot] : 0;
            }
        }

        return true;
    }

    private static ulong FirstBits(int dimension, int count) => SobolSequence.DirectionNumbers(dimension).Take(count).Select((direction, i) => (ulong)(direction >> 31) << i).Aggregate(0UL, (bits, bit) => bits | bit);
}
