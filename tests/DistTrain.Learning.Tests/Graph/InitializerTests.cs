using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Tests.Graph;

public class InitializerTests
{
    [Theory]
    [InlineData(7, 7)]
    [InlineData(40, 13)]
    [InlineData(5, 31)]
    [InlineData(1, 9)]
    [InlineData(9, 1)]
    public void An_orthogonal_matrix_has_orthonormal_rows_or_columns_times_the_gain(int rows, int columns)
    {
        var matrix = Fill("orthogonal:1.5", new TensorShape(rows, columns), seed: 3);
        var byRows = rows < columns;
        var (count, length) = byRows ? (rows, columns) : (columns, rows);
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var product = 0.0;
                for (var k = 0; k < length; k++)
                {
                    product += byRows ? (double)matrix[(i * columns) + k] * matrix[(j * columns) + k] : (double)matrix[(k * columns) + i] * matrix[(k * columns) + j];
                }

                Assert.Equal(i == j ? 2.25 : 0, product, 1e-6);
            }
        }
    }

    [Fact]
    public void A_kernel_of_a_convolution_counts_as_a_matrix_with_the_filters_as_columns() =>
        Assert.Equal(Fill("orthogonal", new TensorShape(18, 4), seed: 3), Fill("orthogonal", new TensorShape(3, 3, 2, 4), seed: 3));

    [Fact]
    public void Normal_and_uniform_have_the_spread_that_is_asked_for()
    {
        var normal = Fill("normal:0.02", new TensorShape(20_000), seed: 1).Select(value => (double)value).ToArray();
        Assert.Equal(0.02, Math.Sqrt(normal.Average(value => value * value)), 0.0005);
        Assert.Equal(0, normal.Average(), 0.0005);
        var uniform = Fill("uniform:0.3", new TensorShape(20_000), seed: 1);
        Assert.All(uniform, value => Assert.InRange(value, -0.3f, 0.3f));
        Assert.Equal(0.3 / Math.Sqrt(3), Math.Sqrt(uniform.Average(value => (double)value * value)), 0.003);
        Assert.All(Fill("constant:-0.25", new TensorShape(3), seed: 1), value => Assert.Equal(-0.25f, value));
    }

    [Fact]
    public void Values_are_a_pure_function_of_the_seed()
    {
        foreach (var name in new[] { "orthogonal", "normal:1", "uniform:1" })
        {
            Assert.Equal(Fill(name, new TensorShape(6, 5), seed: 1), Fill(name, new TensorShape(6, 5), seed: 1));
            Assert.NotEqual(Fill(name, new TensorShape(6, 5), seed: 1), Fill(name, new TensorShape(6, 5), seed: 2));
        }
    }

    [Theory]
    [InlineData("normal")]
    [InlineData("normal:")]
    [InlineData("normal:-1")]
    [InlineData("normal:NaN")]
    [InlineData("uniform:x")]
    [InlineData("constant")]
    [InlineData("zeros:1")]
    [InlineData("orthogonal:0")]
    [InlineData("ones")]
    public void What_is_no_initializer_is_refused_with_the_list_of_those_that_are(string text)
    {
        Assert.False(InitializerCatalog.IsKnown(text));
        var refusal = Assert.Throws<InvalidInputException>(() => InitializerCatalog.Create(text));
        Assert.Contains("normal:DEVIATION, orthogonal[:GAIN], uniform:BOUND", refusal.Message, StringComparison.Ordinal);
    }

    private static float[] Fill(string name, TensorShape shape, ulong seed)
    {
        var values = new float[shape.ElementCount];
        InitializerCatalog.Create(name).Fill(values, shape, new Fans(1, 1), seed, 4);
        return values;
    }
}
