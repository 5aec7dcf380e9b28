namespace DistTrain.Learning.Optimization;

/// <summary>What a setting is for an optimizer when nobody sets it: PyTorch's defaults where PyTorch has the optimizer, else those of its paper.</summary>
public sealed record UsualSettings(double Momentum = 0.9, double Epsilon = 1e-8, double Rho = 0.9, double WeightDecay = 0)
{
    /// <param name="optimizer">One of <see cref="OptimizerChain.Names"/>.</param>
    public static UsualSettings Of(string optimizer) => optimizer switch
    {
        "adagrad" => new(Epsilon: 1e-10),
        "adadelta" => new(Epsilon: 1e-6),
        "rmsprop" => new(Momentum: 0, Rho: 0.99),
        "adamw" => new(WeightDecay: 0.01),
        "lamb" => new(Epsilon: 1e-6),
        _ => new(),
    };
}
