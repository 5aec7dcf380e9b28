using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Learning.Optimization;

namespace DistTrain.Cli.Configuration;

/// <summary>Fills in what the user left to <c>auto</c>, so that a run's stored configuration depends on no default of a later version.</summary>
public static class Resolution
{
    private static readonly ImmutableArray<(double Rate, ImmutableArray<string> Optimizers)> Rates =
    [
        (0.1, ["sgd"]),
        (0.05, ["momentum", "nesterov"]),
        (0.01, ["adagrad", "lamb"]),
        (1, ["adadelta"]),
        (0.002, ["adamax", "nadam"]),
        (0.001, ["rmsprop", "adam", "amsgrad", "adamw"]),
        (2, ["lars"]),
    ];

    /// <summary>The rates of <see cref="UsualLearningRate"/> in words, for help.</summary>
    public static string UsualLearningRates { get; } = string.Join(", ", Rates.Select(entry => FormattableString.Invariant($"{entry.Rate} for {string.Join(" and ", entry.Optimizers)}")));

    /// <summary>
    /// A rate at which the optimizer learns well on scaled data with small networks: momentum 0.9 makes a step count tenfold in the long run, so its rate is lower; those of the adaptive
    /// optimizers are PyTorch's, apart from RMSprop's; LARS and LAMB measure a step in parts of a tensor's norm.
    /// </summary>
    public static double UsualLearningRate(string optimizer) => Rates.Single(entry => entry.Optimizers.Contains(optimizer)).Rate;

    /// <summary>The configuration for data with these targets; only what the data does not decide may still be <c>auto</c> afterwards.</summary>
    public static TrainConfiguration For(this TrainConfiguration configuration, Targets targets)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var usual = UsualSettings.Of(configuration.Optimizer);
        return configuration with
        {
            Loss = configuration.Loss ?? (targets is ClassLabels ? "cross-entropy" : "mse"),
            LearningRate = configuration.LearningRate ?? UsualLearningRate(configuration.Optimizer),
            Momentum = configuration.Momentum ?? usual.Momentum,
            Epsilon = configuration.Epsilon ?? usual.Epsilon,
            Rho = configuration.Rho ?? usual.Rho,
            Centered = configuration.Centered ?? false,
            WeightDecay = configuration.WeightDecay ?? usual.WeightDecay,
        };
    }

    /// <summary>What the optimizer is made with.</summary>
    public static OptimizerSettings OptimizerSettings(this TrainConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return new OptimizerSettings
        {
            Momentum = configuration.Momentum,
            Beta1 = configuration.Beta1,
            Beta2 = configuration.Beta2,
            Epsilon = configuration.Epsilon,
            Rho = configuration.Rho,
            Centered = configuration.Centered ?? false,
            MomentumDecay = configuration.MomentumDecay,
            InitialAccumulator = configuration.InitialAccumulator,
            TrustCoefficient = configuration.TrustCoefficient,
            L1 = configuration.L1,
            L2 = configuration.L2,
            WeightDecay = configuration.WeightDecay,
            ClipValue = configuration.ClipValue,
            ClipNorm = configuration.ClipNorm,
        };
    }
}
