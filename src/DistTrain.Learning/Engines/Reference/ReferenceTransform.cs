using DistTrain.Learning.Optimization;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>One element's way through a transform: the formulas of the transforms, in float32.</summary>
/// <param name="c">The transform's constants at this step.</param>
/// <param name="factor">Of a <see cref="NormTransform"/>.</param>
/// <param name="w">The old weight.</param>
/// <param name="state">[states of the transform].</param>
internal readonly ref struct ReferenceTransform(UpdateConstants c, float factor, float w, ReadOnlySpan<TensorBuffer> state, int element)
{
    private readonly UpdateConstants c = c;
    private readonly ReadOnlySpan<TensorBuffer> state = state;

    /// <param name="transform">What to do.</param>
    /// <param name="g">The update as it enters.</param>
    /// <returns>The update as it leaves.</returns>
    public float Apply(UpdateTransform transform, float g) => transform switch
    {
        MomentumTransform momentum => Momentum(g, momentum.Nesterov),
        AdamTransform => Adam(g),
        AmsgradTransform => Amsgrad(g),
        AdamaxTransform => Adamax(g),
        NadamTransform => Nadam(g),
        AdagradTransform => Adagrad(g),
        AdadeltaTransform => Adadelta(g),
        RmspropTransform rmsprop => Rmsprop(g, rmsprop.Centered),
        L2Transform or WeightDecayTransform => MathF.FusedMultiplyAdd(c.A, w, g),
        L1Transform => g + (w > 0 ? c.A : w < 0 ? -c.A : 0),
        ClipByValueTransform => g > c.A ? c.A : g < -c.A ? -c.A : g,
        ClipByNormTransform or LambTransform => factor * g,
        LarsTransform => factor * MathF.FusedMultiplyAdd(c.A, w, g),
        _ => throw new NotSupportedException($"the reference engine has no transform '{transform.GetType().Name}'"),
    };

    private ref float State(int index) => ref state[index].Span[element];

    private float Momentum(float g, bool nesterov)
    {
        ref var velocity = ref State(0);
        velocity = MathF.FusedMultiplyAdd(c.A, velocity, g);
        return nesterov ? MathF.FusedMultiplyAdd(c.A, velocity, g) : velocity;
    }

    private void MoveMoments(float g)
    {
        ref var mean = ref State(0);
        ref var variance = ref State(1);
        mean = MathF.FusedMultiplyAdd(c.A, mean, c.B * g);
        variance = MathF.FusedMultiplyAdd(c.C, variance, c.D * g * g);
    }

    private float Adam(float g)
    {
        MoveMoments(g);
        return State(0) * c.E / (MathF.Sqrt(State(1) * c.F) + c.G);
    }

    private float Amsgrad(float g)
    {
        MoveMoments(g);
        ref var greatest = ref State(2);
        greatest = State(1) > greatest ? State(1) : greatest;
        return State(0) * c.E / (MathF.Sqrt(greatest * c.F) + c.G);
    }

    private float Nadam(float g)
    {
        MoveMoments(g);
        return MathF.FusedMultiplyAdd(c.E, g, c.H * State(0)) / (MathF.Sqrt(State(1) * c.F) + c.G);
    }

    private float Adamax(float g)
    {
        ref var mean = ref State(0);
        ref var greatest = ref State(1);
        mean = MathF.FusedMultiplyAdd(c.A, mean, c.B * g);
        var decayed = c.C * greatest;
        var magnitude = MathF.Abs(g) + c.E;
        greatest = decayed > magnitude ? decayed : magnitude;
        return mean * c.D / greatest;
    }

    private float Adagrad(float g)
    {
        ref var sum = ref State(0);
        sum = MathF.FusedMultiplyAdd(g, g, sum);
        return g / (MathF.Sqrt(sum) + c.A);
    }

    private float Adadelta(float g)
    {
        ref var gradients = ref State(0);
        ref var updates = ref State(1);
        gradients = MathF.FusedMultiplyAdd(c.A, gradients, c.B * g * g);
        var update = MathF.Sqrt(updates + c.C) / MathF.Sqrt(gradients + c.C) * g;
        updates = MathF.FusedMultiplyAdd(c.A, updates, c.B * update * update);
        return update;
    }

    private float Rmsprop(float g, bool centered)
    {
        ref var squares = ref State(0);
        squares = MathF.FusedMultiplyAdd(c.A, squares, c.B * g * g);
        var variance = squares;
        if (centered)
        {
            ref var mean = ref State(1);
            mean = MathF.FusedMultiplyAdd(c.A, mean, c.B * g);
            variance = MathF.FusedMultiplyAdd(-mean, mean, squares);
            variance = variance <= 0 ? 0 : variance;
        }

        return g / (MathF.Sqrt(variance) + c.C);
    }
}
