using DistTrain.Learning.Metrics;

namespace DistTrain.Learning.Tests.Metrics;

public class ConfusionMatrixTests
{
    [Fact]
    public void It_counts_actual_against_predicted()
    {
        var matrix = ConfusionMatrix.Create(3, [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 1]);
        Assert.Equal([2, 1, 0, 0, 1, 1, 0, 1, 0], from actual in Enumerable.Range(0, 3) from predicted in Enumerable.Range(0, 3) select matrix[actual, predicted]);
        Assert.Equal((6, 3), (matrix.SampleCount, matrix.CorrectCount));
        Assert.Equal(0.5, matrix.Accuracy);
        Assert.Equal(2.0 / 3, matrix.Recall(0));
        Assert.Equal(1.0 / 3, matrix.Precision(1));
        Assert.Equal(0.0, matrix.Recall(2));
    }

    [Fact]
    public void Shares_of_nothing_are_not_numbers()
    {
        var matrix = ConfusionMatrix.Create(2, [0], [0]);
        Assert.Null(matrix.Recall(1));
        Assert.Null(matrix.Precision(1));
        Assert.Null(ConfusionMatrix.Create(2, [], []).Accuracy);
    }

    [Fact]
    public void Indices_that_are_no_class_and_different_lengths_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ConfusionMatrix.Create(2, [2], [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConfusionMatrix.Create(2, [0], [-1]));
        Assert.Throws<ArgumentException>(() => ConfusionMatrix.Create(2, [0, 1], [0]));
    }
}
