namespace DistTrain.Learning.Reduction;

/// <summary>What travels beside a gradient node: sums over its samples. They are added in the same tree as the gradients.</summary>
/// <param name="LossSum">Sum of per-sample losses, each micro-batch in sample order, in double precision.</param>
/// <param name="CorrectCount">Labels that are the predicted class; 0 for losses without classes.</param>
/// <param name="SampleCount">Number of samples.</param>
public readonly record struct NodeStatistics(double LossSum, long CorrectCount, int SampleCount)
{
    /// <summary>The statistics of the parent of two siblings.</summary>
    public static NodeStatistics Add(NodeStatistics left, NodeStatistics right) =>
        new(left.LossSum + right.LossSum, left.CorrectCount + right.CorrectCount, left.SampleCount + right.SampleCount);
}
