namespace DistTrain.Learning.Graph;

/// <summary>
/// A matrix with orthonormal rows or columns, whichever are fewer, times <paramref name="Gain"/>: a tensor counts as a matrix with its last axis as columns. Standard normals, row-major, are made
/// orthonormal in double precision by the modified Gram-Schmidt process, each scalar product and norm added in order, which gives the factor Q of the QR decomposition with a positive diagonal of R and
/// so a uniformly distributed matrix. Saxe, McClelland, Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2014.
/// </summary>
/// <param name="Gain">Not 0.</param>
public sealed record OrthogonalInitializer(double Gain = 1) : Initializer
{
    public override void Fill(Span<float> destination, TensorShape shape, Fans fans, ulong seed, int tensorIndex)
    {
        var columns = shape.Rank > 0 ? shape[shape.Rank - 1] : 1;
        var rows = destination.Length / columns;
        // The vectors that become orthonormal lie in a row each.
        var (count, length) = rows < columns ? (rows, columns) : (columns, rows);
        var vectors = new double[count][];
        for (var i = 0; i < count; i++)
        {
            vectors[i] = new double[length];
        }

        var random = Source(seed, tensorIndex);
        for (var i = 0; i < destination.Length; i++)
        {
            var (row, column) = (i / columns, i % columns);
            (rows < columns ? ref vectors[row][column] : ref vectors[column][row]) = random.Normal();
        }

        Orthonormalize(vectors);
        for (var i = 0; i < destination.Length; i++)
        {
            var (row, column) = (i / columns, i % columns);
            destination[i] = (float)(Gain * (rows < columns ? vectors[row][column] : vectors[column][row]));
        }
    }

    private static void Orthonormalize(double[][] vectors)
    {
        for (var i = 0; i < vectors.Length; i++)
        {
            var unit = vectors[i];
            var norm = Math.Sqrt(ScalarProduct(unit, unit));
            for (var k = 0; k < unit.Length; k++)
            {
                unit[k] /= norm;
            }

            for (var j = i + 1; j < vectors.Length; j++)
            {
                var other = vectors[j];
                var projection = ScalarProduct(unit, other);
                for (var k = 0; k < unit.Length; k++)
                {
                    other[k] = Math.FusedMultiplyAdd(-projection, unit[k], other[k]);
                }
            }
        }
    }

    private static double ScalarProduct(double[] left, double[] right)
    {
        var sum = 0.0;
        for (var k = 0; k < left.Length; k++)
        {
            sum = Math.FusedMultiplyAdd(left[k], right[k], sum);
        }

        return sum;
    }
}
