namespace DistTrain.Learning.Optimization;

/// <summary>
/// The settings of the optimizers. Null stands for the optimizer's usual value (<see cref="UsualSettings"/>); those that an optimizer does not use are ignored.
/// </summary>
public sealed record OptimizerSettings
{
    /// <summary>μ of momentum, nesterov, rmsprop and lars, at least 0 and below 1.</summary>
    public double? Momentum { get; init; }

    /// <summary>Decay of the mean gradient of the Adam family, at least 0 and below 1.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean squared gradient of the Adam family, at least 0 and below 1.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to denominators, above 0.</summary>
    public double? Epsilon { get; init; }

    /// <summary>Decay of the averages of adadelta and rmsprop (alpha in PyTorch), at least 0 and below 1.</summary>
    public double? Rho { get; init; }

    /// <summary>Whether rmsprop divides by the deviation of the gradient instead of its root mean square.</summary>
    public bool Centered { get; init; }

    /// <summary>ψ of nadam, at least 0.</summary>
    public double MomentumDecay { get; init; } = 0.004;

    /// <summary>Where adagrad's sum of squares starts, at least 0.</summary>
    public double InitialAccumulator { get; init; }

    /// <summary>η of lars, above 0.</summary>
    public double TrustCoefficient { get; init; } = 0.001;

    /// <summary>λ of the L1 penalty, at least 0; 0 for none.</summary>
    public double L1 { get; init; }

    /// <summary>λ of the L2 penalty, at least 0; 0 for none.</summary>
    public double L2 { get; init; }

    /// <summary>λ of the decoupled weight decay, at least 0; 0 for none. For lars and lamb it is the papers' own weight decay, inside the trust ratio.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>The largest magnitude of an element of the mean gradient, at least 0; 0 for no limit.</summary>
    public double ClipValue { get; init; }

    /// <summary>The largest norm of the mean gradient over all learned tensors, at least 0; 0 for no limit.</summary>
    public double ClipNorm { get; init; }

    /// <exception cref="InvalidInputException">A setting is out of range.</exception>
    public void Check()
    {
        CheckDecay("momentum", Momentum);
        CheckDecay("beta1", Beta1);
        CheckDecay("beta2", Beta2);
        CheckDecay("rho", Rho);
        CheckAbove("epsilon", Epsilon);
        CheckAbove("the trust coefficient", TrustCoefficient);
        CheckAtLeast("the momentum decay", MomentumDecay);
        CheckAtLeast("the initial accumulator", InitialAccumulator);
        CheckAtLeast("l1", L1);
        CheckAtLeast("l2", L2);
        CheckAtLeast("the weight decay", WeightDecay);
        CheckAtLeast("the value to clip at", ClipValue);
        CheckAtLeast("the norm to clip at", ClipNorm);
    }

    private static void CheckDecay(string name, double? value)
    {
        if (value is { } decay && !(decay >= 0 && decay < 1))
        {
            throw new InvalidInputException($"{name} must be at least 0 and below 1, but is {decay}");
        }
    }

    private static void CheckAbove(string name, double? value)
    {
        if (value is { } number && !(number > 0 && double.IsFinite(number)))
        {
            throw new InvalidInputException($"{name} must be above 0, but is {number}");
        }
    }

    private static void CheckAtLeast(string name, double? value)
    {
        if (value is { } number && !(number >= 0 && double.IsFinite(number)))
        {
            throw new InvalidInputException($"{name} must be at least 0, but is {number}");
        }
    }
}
