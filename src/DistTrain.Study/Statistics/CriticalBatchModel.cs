using DistTrain.Learning.Numerics;

namespace DistTrain.Study.Statistics;

/// <summary>
/// Steps to a goal as a function of the batch size, S(B) = S_min (1 + B_crit / B), and with E = S B samples E(B) = E_min (1 + B / B_crit), where E_min = S_min B_crit. Source: S.
/// McCandlish, J. Kaplan, D. Amodei, "An Empirical Model of Large-Batch Training", 2018, section 2.3: (S/S_min − 1)(E/E_min − 1) = 1 with B_crit = E_min/S_min, solved for S and E.
/// </summary>
/// <param name="MinimumSteps">S_min: what is left at an infinite batch.</param>
/// <param name="CriticalBatchSize">B_crit: where steps are twice the least, and samples twice the least.</param>
public readonly record struct CriticalBatchModel(double MinimumSteps, double CriticalBatchSize)
{
    /// <summary>E_min: what is left at an infinitely small batch.</summary>
    public double MinimumSamples => MinimumSteps * CriticalBatchSize;

    public double Steps(double batchSize) => MinimumSteps * (1 + (CriticalBatchSize / batchSize));

    public double Samples(double batchSize) => MinimumSamples * (1 + (batchSize / CriticalBatchSize));
}

/// <summary>
/// Least squares in log S: min over (S_min, B_crit) of Σ_b n_b (ȳ_b − log S_min − log(1 + B_crit/B_b))², where ȳ_b is the mean of the n_b values of log S at batch size B_b. log
/// S_min has a closed form for each B_crit, so one dimension is searched: a grid over log B_crit, made once and shared by all resamples, then a golden section around its least point.
/// </summary>
public sealed class CriticalBatchSearch
{
    private const int GridSize = 97;
    private const int GoldenSteps = 32;

    /// <summary>How far beyond the measured batch sizes B_crit is searched, as a factor.</summary>
    private const double Reach = 64;

    private static readonly double GoldenRatio = (Math.Sqrt(5) - 1) / 2;

    private readonly double[] batchSizes;
    private readonly double[] weights;
    private readonly double totalWeight;
    private readonly double[] grid;
    private readonly double[][] shapes;

    /// <param name="batchSizes">[groups], above 0.</param>
    /// <param name="weights">[groups] the numbers of values.</param>
    public CriticalBatchSearch(IEnumerable<int> batchSizes, IEnumerable<int> weights)
    {
        this.batchSizes = [.. batchSizes];
        this.weights = [.. weights];
        totalWeight = this.weights.Sum();
        LowerBound = this.batchSizes.Min() / Reach;
        UpperBound = this.batchSizes.Max() * Reach;
        var (low, high) = (DeterministicMath.Log(LowerBound), DeterministicMath.Log(UpperBound));
        grid = [.. Enumerable.Range(0, GridSize).Select(i => low + ((high - low) * i / (GridSize - 1)))];
        shapes = [.. grid.Select(Shape)];
    }

    public double LowerBound { get; }

    public double UpperBound { get; }

    /// <param name="meanLogSteps">[groups] ȳ.</param>
    public CriticalBatchModel Fit(IReadOnlyList<double> meanLogSteps)
    {
        var least = Enumerable.Range(0, GridSize).MinBy(i => Residuals(shapes[i], meanLogSteps).SumOfSquares);
        var (low, high) = (grid[Math.Max(0, least - 1)], grid[Math.Min(GridSize - 1, least + 1)]);
        var (left, right) = (high - (GoldenRatio * (high - low)), low + (GoldenRatio * (high - low)));
        var (atLeft, atRight) = (SumOfSquares(left, meanLogSteps), SumOfSquares(right, meanLogSteps));
        for (var step = 0; step < GoldenSteps; step++)
        {
            if (atLeft <= atRight)
            {
                (high, right, atRight) = (right, left, atLeft);
                left = high - (GoldenRatio * (high - low));
                atLeft = SumOfSquares(left, meanLogSteps);
            }
            else
            {
                (low, left, atLeft) = (left, right, atRight);
                right = low + (GoldenRatio * (high - low));
                atRight = SumOfSquares(right, meanLogSteps);
            }
        }

        var logCriticalBatch = (low + high) / 2;
        var (logMinimumSteps, _) = Residuals(Shape(logCriticalBatch), meanLogSteps);
        return new CriticalBatchModel(DeterministicMath.Exp(logMinimumSteps), DeterministicMath.Exp(logCriticalBatch));
    }

    private double SumOfSquares(double logCriticalBatch, IReadOnlyList<double> meanLogSteps) => Residuals(Shape(logCriticalBatch), meanLogSteps).SumOfSquares;

    /// <summary>[groups] log(1 + B_crit / B).</summary>
    private double[] Shape(double logCriticalBatch)
    {
        var criticalBatch = DeterministicMath.Exp(logCriticalBatch);
        return Array.ConvertAll(batchSizes, batchSize => DeterministicMath.Log(1 + (criticalBatch / batchSize)));
    }

    private (double LogMinimumSteps, double SumOfSquares) Residuals(double[] shape, IReadOnlyList<double> meanLogSteps)
    {
        var mean = 0.0;
        for (var i = 0; i < shape.Length; i++)
        {
            mean += weights[i] * (meanLogSteps[i] - shape[i]);
        }

        mean /= totalWeight;
        var sum = 0.0;
        for (var i = 0; i < shape.Length; i++)
        {
            var residual = meanLogSteps[i] - shape[i] - mean;
            sum += weights[i] * residual * residual;
        }

        return (mean, sum);
    }
}
