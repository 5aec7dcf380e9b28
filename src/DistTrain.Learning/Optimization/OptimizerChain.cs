using System.Collections.Immutable;
using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Optimization;

/// <summary>Up to six float32 constants of one transform at one step, rounded once from double. Their meaning is the transform's.</summary>
public readonly record struct UpdateConstants(float A = 0, float B = 0, float C = 0, float D = 0, float E = 0, float F = 0);

/// <summary>
/// A transform of the update: the mean gradient goes in at the head of the chain, and what comes out at the end is subtracted from the weights, scaled by the rate.
/// State is explicit: named flat tensors of the parameters' layout. After optax (DeepMind 2020): small transforms, composed.
/// </summary>
public abstract record UpdateTransform
{
    /// <summary>Names of the state tensors, for checkpoints. All start at zero.</summary>
    public abstract ImmutableArray<string> StateNames { get; }

    /// <param name="update">1-based count of updates, this one included.</param>
    public abstract UpdateConstants Constants(long update);
}

/// <summary>
/// v ← fma(μ, v, g); u = v, or with Nesterov u = fma(μ, v, g). Constants: A = μ. Polyak 1964; Nesterov as in Sutskever et al., "On the importance of initialization and
/// momentum in deep learning", 2013, in the form PyTorch uses (no dampening).
/// </summary>
public sealed record MomentumTransform(double Decay, bool Nesterov) : UpdateTransform
{
    public override ImmutableArray<string> StateNames { get; } = ["momentum"];

    public override UpdateConstants Constants(long update) => new((float)Decay);
}

/// <summary>
/// m ← fma(β₁, m, (1−β₁)·g); v ← fma(β₂, v, ((1−β₂)·g)·g); u = (m·c₁) / (√(v·c₂) + ε) with c₁ = 1/(1−β₁ᵗ), c₂ = 1/(1−β₂ᵗ). Kingma and Ba, "Adam", 2015, algorithm 1.
/// Constants: A = β₁, B = 1−β₁, C = β₂, D = 1−β₂, E = c₁, F = c₂; ε is <see cref="Epsilon"/> as float32.
/// </summary>
public sealed record AdamTransform(double Beta1, double Beta2, double Epsilon) : UpdateTransform
{
    public override ImmutableArray<string> StateNames { get; } = ["adam.mean", "adam.variance"];

    public override UpdateConstants Constants(long update) => new(
        (float)Beta1,
        (float)(1 - Beta1),
        (float)Beta2,
        (float)(1 - Beta2),
        (float)(1 / (1 - DeterministicMath.IntegerPower(Beta1, update))),
        (float)(1 / (1 - DeterministicMath.IntegerPower(Beta2, update))));
}

/// <summary>An optimizer: transforms in order, then w' = fma(−rate, u, w). An empty chain is plain stochastic gradient descent.</summary>
public sealed record OptimizerChain(string Name, ImmutableArray<UpdateTransform> Transforms)
{
    public static ImmutableArray<string> Names { get; } = ["sgd", "momentum", "nesterov", "adam"];

    public int StateCount => Transforms.Sum(transform => transform.StateNames.Length);

    public IEnumerable<string> StateNames => Transforms.SelectMany(transform => transform.StateNames);

    /// <summary>[transforms] the constants of one step.</summary>
    /// <param name="update">1-based count of updates, this one included.</param>
    public UpdateConstants[] Constants(long update) => [.. Transforms.Select(transform => transform.Constants(update))];

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="settings">Momentum, betas and epsilon; those that the optimizer does not use are ignored.</param>
    /// <exception cref="InvalidInputException">The name is unknown or a setting is out of range.</exception>
    public static OptimizerChain Create(string name, OptimizerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check();
        ImmutableArray<UpdateTransform> transforms = name switch
        {
            "sgd" => [],
            "momentum" => [new MomentumTransform(settings.Momentum, Nesterov: false)],
            "nesterov" => [new MomentumTransform(settings.Momentum, Nesterov: true)],
            "adam" => [new AdamTransform(settings.Beta1, settings.Beta2, settings.Epsilon)],
            _ => throw new InvalidInputException($"unknown optimizer '{name}': the optimizers are {string.Join(", ", Names)}"),
        };
        return new OptimizerChain(name, transforms);
    }

    public bool Equals(OptimizerChain? other) => other is not null && Name == other.Name && Transforms.AsSpan().SequenceEqual(other.Transforms.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Name, Transforms.Length);
}

/// <summary>The settings of the optimizers; the defaults are those of the papers and of PyTorch.</summary>
public sealed record OptimizerSettings(double Momentum = 0.9, double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8)
{
    /// <exception cref="InvalidInputException">A setting is out of range.</exception>
    public void Check()
    {
        CheckDecay("momentum", Momentum);
        CheckDecay("beta1", Beta1);
        CheckDecay("beta2", Beta2);
        if (!(Epsilon > 0 && double.IsFinite(Epsilon)))
        {
            throw new InvalidInputException($"epsilon must be above 0, but is {Epsilon}");
        }
    }

    private static void CheckDecay(string name, double value)
    {
        if (!(value >= 0 && value < 1))
        {
            throw new InvalidInputException($"{name} must be at least 0 and below 1, but is {value}");
        }
    }
}
