using System.Collections.Immutable;

namespace DistTrain.Learning.Optimization;

/// <summary>The transforms [First, End) of a chain, which run over all chunks without waiting. Of all stages but the first, the first transform is a <see cref="NormTransform"/>.</summary>
public readonly record struct UpdateStage(int First, int End);

/// <summary>An optimizer: transforms in order, then w' = fma(−rate, u, w). An empty chain is plain stochastic gradient descent.</summary>
public sealed class OptimizerChain : IEquatable<OptimizerChain>
{
    private readonly ImmutableArray<int> firstTensors;
    private readonly ImmutableArray<int> firstScalars;

    public OptimizerChain(string name, ImmutableArray<UpdateTransform> transforms)
    {
        Name = name;
        Transforms = transforms;
        Tensors = [.. transforms.SelectMany(transform => transform.Tensors)];
        Scalars = [.. transforms.SelectMany(transform => transform.Scalars)];
        firstTensors = Starts(transforms, transform => transform.Tensors.Length);
        firstScalars = Starts(transforms, transform => transform.Scalars.Length);
        int[] borders = [0, .. Enumerable.Range(0, transforms.Length).Where(i => transforms[i] is NormTransform), transforms.Length];
        Stages = [.. borders.Zip(borders.Skip(1), (first, end) => new UpdateStage(first, end))];
        LearningRateIsInside = transforms.Any(transform => transform is NormTransform { AppliesLearningRate: true });
    }

    public static ImmutableArray<string> Names => OptimizerCatalog.Names;

    public string Name { get; }

    public ImmutableArray<UpdateTransform> Transforms { get; }

    /// <summary>The state tensors of all transforms, in chain order.</summary>
    public ImmutableArray<StateTensor> Tensors { get; }

    /// <summary>The state scalars of all transforms, in chain order.</summary>
    public ImmutableArray<StateScalar> Scalars { get; }

    /// <summary>The chain cut in front of every transform that needs norms; at least one stage, and the first may be without transforms.</summary>
    public ImmutableArray<UpdateStage> Stages { get; }

    /// <summary>Whether a transform multiplies by the learning rate, so that it is 1 at the end of the chain.</summary>
    public bool LearningRateIsInside { get; }

    /// <summary>Index in <see cref="Tensors"/> of a transform's first.</summary>
    public int FirstTensor(int transform) => firstTensors[transform];

    /// <summary>Fills in the constants of one step and moves the scalars on; to be called once a step.</summary>
    /// <param name="moment">The step.</param>
    /// <param name="scalars">[<see cref="Scalars"/>] changed in place.</param>
    /// <param name="constants">[<see cref="Transforms"/>] filled.</param>
    public void Constants(UpdateMoment moment, Span<double> scalars, Span<UpdateConstants> constants)
    {
        for (var i = 0; i < Transforms.Length; i++)
        {
            constants[i] = Transforms[i].Constants(moment, scalars.Slice(firstScalars[i], Transforms[i].Scalars.Length));
        }
    }

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="settings">Those that the optimizer does not use are ignored.</param>
    /// <exception cref="InvalidInputException">The name is unknown or a setting is out of range.</exception>
    public static OptimizerChain Create(string name, OptimizerSettings settings) => OptimizerCatalog.Create(name, settings);

    public bool Equals(OptimizerChain? other) => other is not null && Name == other.Name && Transforms.AsSpan().SequenceEqual(other.Transforms.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as OptimizerChain);

    public override int GetHashCode() => HashCode.Combine(Name, Transforms.Length);

    private static ImmutableArray<int> Starts(ImmutableArray<UpdateTransform> transforms, Func<UpdateTransform, int> count)
    {
        var starts = ImmutableArray.CreateBuilder<int>(transforms.Length);
        var next = 0;
        foreach (var transform in transforms)
        {
            starts.Add(next);
            next += count(transform);
        }

        return starts.ToImmutable();
    }
}
