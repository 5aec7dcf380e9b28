namespace DistTrain.Learning.Graph;

/// <summary>A parameter tensor that an operation owns, before it has a place in a graph.</summary>
public sealed record ParameterDeclaration(string Role, TensorShape Shape, Initializer Initializer, Fans Fans)
{
    /// <summary>How the server moves the tensor at each step; learned unless said otherwise.</summary>
    public ParameterUpdate Update { get; init; } = new LearnedParameter();
}

/// <summary>How a parameter tensor changes from version to version.</summary>
public abstract record ParameterUpdate;

/// <summary>By the optimizer, from the mean gradient.</summary>
public sealed record LearnedParameter : ParameterUpdate;

/// <summary>
/// Not learned: r' = fma(momentum, s − r, r), where s is the root of the tree divided by the number of samples, as for gradients. In a gradient node such a tensor holds the sum over micro-batches of
/// (statistic of the micro-batch) × (samples of the micro-batch), so s is the mean of the micro-batches' statistics, weighted by size. Optimizers, decay, clipping and norms leave it out.
/// </summary>
public sealed record RunningStatistic(double Momentum) : ParameterUpdate;
