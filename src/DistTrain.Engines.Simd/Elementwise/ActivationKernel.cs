using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Elementwise;

/// <summary>An activation with its parameter, ready to run over many elements.</summary>
internal abstract unsafe class ActivationKernel
{
    /// <summary>Whether the gradient is formed from the input; else it is from the output.</summary>
    public abstract bool GradientReadsInput { get; }

    /// <summary>y[i] = f(x[i]). x and y may be the same.</summary>
    public abstract void Forward(float* x, float* y, nint count);

    /// <summary>dx[i] = dy[i] f'. dy and dx may be the same.</summary>
    /// <param name="source">[count] x or y, as <see cref="GradientReadsInput"/> says.</param>
    public abstract void Backward(float* source, float* dy, float* dx, nint count);
}

/// <summary>A function of one element and one constant.</summary>
internal interface IActivation<TOps, TVector>
{
    static abstract bool GradientReadsInput { get; }

    static abstract TVector Value(TVector x, TVector parameter);

    /// <summary>dx from x or y, as <see cref="GradientReadsInput"/> says.</summary>
    static abstract TVector Gradient(TVector source, TVector dy, TVector parameter);
}

/// <inheritdoc/>
internal sealed unsafe class ActivationKernel<TOps, TVector, TActivation>(float parameter) : ActivationKernel
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
    where TActivation : struct, IActivation<TOps, TVector>
{
    private const int WidestVector = 16;

    public override bool GradientReadsInput => TActivation.GradientReadsInput;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(float* x, float* y, nint count)
    {
        TVector constant = TOps.Broadcast(parameter);
        nint i = 0;
        for (; i <= count - TOps.Width; i += TOps.Width)
        {
            TOps.Store(TActivation.Value(TOps.Load(x + i), constant), y + i);
        }

        if (i < count)
        {
            float* tail = stackalloc float[WidestVector];
            Pointers.Copy(x + i, tail, count - i);
            TOps.Store(TActivation.Value(TOps.Load(tail), constant), tail);
            Pointers.Copy(tail, y + i, count - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Backward(float* source, float* dy, float* dx, nint count)
    {
        TVector constant = TOps.Broadcast(parameter);
        nint i = 0;
        for (; i <= count - TOps.Width; i += TOps.Width)
        {
            TOps.Store(TActivation.Gradient(TOps.Load(source + i), TOps.Load(dy + i), constant), dx + i);
        }

        if (i < count)
        {
            float* tail = stackalloc float[2 * WidestVector];
            Pointers.Copy(source + i, tail, count - i);
            Pointers.Copy(dy + i, tail + WidestVector, count - i);
            TOps.Store(TActivation.Gradient(TOps.Load(tail), TOps.Load(tail + WidestVector), constant), tail);
            Pointers.Copy(tail, dx + i, count - i);
        }
    }
}
