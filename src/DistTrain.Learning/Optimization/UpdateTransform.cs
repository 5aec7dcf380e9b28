using System.Collections.Immutable;

namespace DistTrain.Learning.Optimization;

/// <summary>Up to eight float32 constants of one transform at one step, rounded once from double. Their meaning is the transform's.</summary>
public readonly record struct UpdateConstants(float A = 0, float B = 0, float C = 0, float D = 0, float E = 0, float F = 0, float G = 0, float H = 0);

/// <summary>A flat tensor of the parameters' layout that an optimizer keeps from step to step.</summary>
/// <param name="Name">Unique in its chain; the name in checkpoints.</param>
/// <param name="InitialValue">Of every element before the first update.</param>
public sealed record StateTensor(string Name, float InitialValue = 0);

/// <summary>A number that an optimizer keeps from step to step, in double.</summary>
/// <param name="Name">Unique in its chain; the name in checkpoints.</param>
/// <param name="InitialValue">Before the first update.</param>
public sealed record StateScalar(string Name, double InitialValue);

/// <summary>What the constants of one step depend on, besides the scalars.</summary>
/// <param name="Update">1-based count of updates, this one included.</param>
/// <param name="LearningRate">The schedule's rate for this step.</param>
public readonly record struct UpdateMoment(long Update, double LearningRate);

/// <summary>
/// A transform of the update: the mean gradient goes in at the head of the chain, and what comes out at the end is subtracted from the weights, scaled by the rate.
/// State is explicit: named flat tensors of the parameters' layout, and named scalars. After optax (DeepMind 2020): small transforms, composed.
/// In the formulas u is the update, g the update as it enters (the gradient, for the first), w the old weight and t the 1-based count of updates.
/// </summary>
public abstract record UpdateTransform
{
    public virtual ImmutableArray<StateTensor> Tensors => [];

    public virtual ImmutableArray<StateScalar> Scalars => [];

    /// <summary>The constants of one step. To be called once a step: it moves the scalars on.</summary>
    /// <param name="moment">The step.</param>
    /// <param name="scalars">[<see cref="Scalars"/>] before the step; after it when the call returns.</param>
    public abstract UpdateConstants Constants(UpdateMoment moment, Span<double> scalars);
}

/// <summary>Over what a <see cref="NormTransform"/> takes its norms.</summary>
public enum NormScope
{
    /// <summary>One norm for each learned tensor.</summary>
    Tensor,

    /// <summary>One norm over all learned tensors.</summary>
    Model,
}

/// <summary>
/// A transform that scales the update by a factor that depends on norms. The chain is cut in front of it: all chunks must have come so far before any goes on.
/// A norm is the square root of the sum, in double and in order of their indices, of the chunks' sums of squares.
/// </summary>
public abstract record NormTransform : UpdateTransform
{
    public abstract NormScope Scope { get; }

    /// <summary>Whether the learning rate is part of the factor; then it is not applied again at the end of the chain.</summary>
    public virtual bool AppliesLearningRate => false;

    /// <summary>The factor for one tensor, or for all.</summary>
    /// <param name="updateNorm">Of the update as it enters the transform, in the scope.</param>
    /// <param name="weightNorm">Of the old weights, in the scope.</param>
    /// <param name="learningRate">The schedule's rate for this step.</param>
    public abstract double Factor(double updateNorm, double weightNorm, double learningRate);
}
