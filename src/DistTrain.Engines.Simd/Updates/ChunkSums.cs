using DistTrain.Learning.Engines;
using DistTrain.Learning.Optimization;

namespace DistTrain.Engines.Simd.Updates;

/// <summary>The sums of squares that a stage takes of each chunk, while it runs.</summary>
internal readonly unsafe struct ChunkSums
{
    /// <summary>Doubles of working memory.</summary>
    public const int LaneCount = 4 * SquareSums.LaneCount;

    private readonly double* lanes;

    public ChunkSums(in UpdateRequest request, double* lanes)
    {
        this.lanes = lanes;
        var stages = request.Optimizer.Stages;
        bool isLast = request.Stage == stages.Length - 1;
        bool measures = !request.Measures.IsEmpty;
        TakesUpdate = !isLast;
        TakesGradient = measures && request.Stage == 0;
        TakesChange = measures && isLast;
        TakesWeights = TakesChange || (!isLast && request.Optimizer.Transforms[stages[request.Stage + 1].First] is NormTransform { Scope: NormScope.Tensor });
    }

    public bool TakesUpdate { get; }

    public bool TakesGradient { get; }

    public bool TakesWeights { get; }

    public bool TakesChange { get; }

    public bool TakesNothing => !(TakesUpdate || TakesGradient || TakesWeights || TakesChange);

    /// <summary>[16] lanes, as the following.</summary>
    public double* Update => lanes;

    public double* Gradient => lanes + SquareSums.LaneCount;

    public double* Weights => lanes + (2 * SquareSums.LaneCount);

    public double* Change => lanes + (3 * SquareSums.LaneCount);

    public void Clear() => new Span<double>(lanes, LaneCount).Clear();

    /// <summary>Hands out what was taken of one chunk. Destroys the lanes.</summary>
    public void Store(in UpdateRequest request, int chunk)
    {
        double weights = TakesWeights ? SquareSums.AddLanes(Weights) : 0;
        if (TakesUpdate)
        {
            request.Squares[chunk] = new StageSquares(SquareSums.AddLanes(Update), weights);
        }

        if (TakesGradient)
        {
            request.Measures[chunk] = new ChunkMeasures(SquareSums.AddLanes(Gradient), 0, 0);
        }

        if (TakesChange)
        {
            request.Measures[chunk] = request.Measures[chunk] with { Weights = weights, Change = SquareSums.AddLanes(Change) };
        }
    }
}
