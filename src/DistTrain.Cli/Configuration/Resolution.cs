using DistTrain.Learning;

namespace DistTrain.Cli.Configuration;

/// <summary>Fills in what the user left to <c>auto</c>, so that a run's stored configuration depends on no default of a later version.</summary>
public static class Resolution
{
    private const double SgdRate = 0.1;
    private const double MomentumRate = 0.05;
    private const double AdamRate = 0.001;

    /// <summary>The rates of <see cref="UsualLearningRate"/> in words, for help.</summary>
    public static string UsualLearningRates { get; } = FormattableString.Invariant($"{SgdRate} for sgd, {MomentumRate} for momentum and nesterov, {AdamRate} for adam");

    /// <summary>A rate at which the optimizer learns well on scaled data with small networks: momentum 0.9 makes a step count tenfold in the long run, so its rate is lower; Adam's is its paper's.</summary>
    public static double UsualLearningRate(string optimizer) => optimizer switch
    {
        "sgd" => SgdRate,
        "adam" => AdamRate,
        _ => MomentumRate,
    };

    /// <summary>The configuration for data with these targets; only what the data does not decide may still be <c>auto</c> afterwards.</summary>
    public static TrainConfiguration For(this TrainConfiguration configuration, Targets targets)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration with
        {
            Loss = configuration.Loss ?? (targets is ClassLabels ? "cross-entropy" : "mse"),
            LearningRate = configuration.LearningRate ?? UsualLearningRate(configuration.Optimizer),
        };
    }
}
