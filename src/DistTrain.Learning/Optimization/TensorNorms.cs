namespace DistTrain.Learning.Optimization;

/// <summary>How one update moved one learned tensor; Euclidean norms.</summary>
/// <param name="TensorIndex">Position in the layout.</param>
/// <param name="GradientNorm">Of the mean gradient, before clipping, penalties, momentum and decay.</param>
/// <param name="WeightNorm">Of the weights before the update.</param>
/// <param name="ChangeNorm">Of new weights − old weights.</param>
public readonly record struct TensorNorms(int TensorIndex, double GradientNorm, double WeightNorm, double ChangeNorm)
{
    /// <summary>‖w' − w‖ / ‖w‖; 0 where nothing changed, infinite where a tensor of zeros did.</summary>
    public double UpdateRatio => ChangeNorm == 0 ? 0 : ChangeNorm / WeightNorm;
}
