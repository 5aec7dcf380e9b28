namespace DistTrain.Learning.Optimization;

/// <summary>Sums of squares over a chunk, in double: element i of the chunk goes to lane i mod 16, each lane from +0 in order; then lanes are added 8 apart, 4 apart, 2 apart, 1 apart.</summary>
/// <param name="Update">Of the update at the end of a stage.</param>
/// <param name="Weights">Of the old weights; 0 where the next stage does not ask for them.</param>
public readonly record struct StageSquares(double Update, double Weights);

/// <summary>What an update did to a chunk, as sums of squares in the order of <see cref="StageSquares"/>.</summary>
/// <param name="Gradient">Of the root of the tree: the mean gradient's is this divided by the square of the sample count.</param>
/// <param name="Weights">Of the old weights.</param>
/// <param name="Change">Of new weight − old weight, each difference rounded to float32.</param>
public readonly record struct ChunkMeasures(double Gradient, double Weights, double Change);
