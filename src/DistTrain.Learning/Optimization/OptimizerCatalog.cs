using System.Collections.Immutable;

namespace DistTrain.Learning.Optimization;

/// <summary>
/// The optimizers by name. Around each stand, in this order: clipping by value and by global norm of the mean gradient, the L2 and L1 penalties, the optimizer itself, the decoupled
/// weight decay. So clipping acts on the gradient of the loss alone, as when PyTorch's clip_grad functions are called between backward() and step().
/// </summary>
internal static class OptimizerCatalog
{
    public static ImmutableArray<string> Names { get; } =
    [
        "sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamax", "nadam", "amsgrad", "adamw", "lars", "lamb",
    ];

    /// <inheritdoc cref="OptimizerChain.Create"/>
    public static OptimizerChain Create(string name, OptimizerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check();
        if (!Names.Contains(name))
        {
            throw new InvalidInputException($"unknown optimizer '{name}': the optimizers are {string.Join(", ", Names)}");
        }

        var transforms = ImmutableArray.CreateBuilder<UpdateTransform>();
        AddIf(settings.ClipValue > 0, new ClipByValueTransform(settings.ClipValue));
        AddIf(settings.ClipNorm > 0, new ClipByNormTransform(settings.ClipNorm));
        AddIf(settings.L2 > 0, new L2Transform(settings.L2));
        AddIf(settings.L1 > 0, new L1Transform(settings.L1));
        var usual = UsualSettings.Of(name);
        var decay = settings.WeightDecay ?? usual.WeightDecay;
        transforms.AddRange(Rule(name, settings, usual));
        AddIf(decay > 0 && name != "lars", new WeightDecayTransform(decay));
        AddIf(name == "lamb", new LambTransform());
        return new OptimizerChain(name, transforms.ToImmutable());

        void AddIf(bool isWanted, UpdateTransform transform)
        {
            if (isWanted)
            {
                transforms.Add(transform);
            }
        }
    }

    private static ImmutableArray<UpdateTransform> Rule(string name, OptimizerSettings settings, UsualSettings usual)
    {
        var momentum = settings.Momentum ?? usual.Momentum;
        var epsilon = settings.Epsilon ?? usual.Epsilon;
        var rho = settings.Rho ?? usual.Rho;
        return name switch
        {
            "momentum" => [new MomentumTransform(momentum, Nesterov: false)],
            "nesterov" => [new MomentumTransform(momentum, Nesterov: true)],
            "adagrad" => [new AdagradTransform(epsilon, settings.InitialAccumulator)],
            "adadelta" => [new AdadeltaTransform(rho, epsilon)],
            "rmsprop" when momentum > 0 => [new RmspropTransform(rho, epsilon, settings.Centered), new MomentumTransform(momentum, Nesterov: false)],
            "rmsprop" => [new RmspropTransform(rho, epsilon, settings.Centered)],
            "adam" or "adamw" or "lamb" => [new AdamTransform(settings.Beta1, settings.Beta2, epsilon)],
            "adamax" => [new AdamaxTransform(settings.Beta1, settings.Beta2, epsilon)],
            "nadam" => [new NadamTransform(settings.Beta1, settings.Beta2, epsilon, settings.MomentumDecay)],
            "amsgrad" => [new AmsgradTransform(settings.Beta1, settings.Beta2, epsilon)],
            "lars" => [new LarsTransform(settings.TrustCoefficient, settings.WeightDecay ?? usual.WeightDecay), new MomentumTransform(momentum, Nesterov: false)],
            _ => [],
        };
    }
}
