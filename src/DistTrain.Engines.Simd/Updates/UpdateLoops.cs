using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Optimization;

namespace DistTrain.Engines.Simd.Updates;

/// <summary>
/// The passes of one optimizer step over a block that stays in the first-level cache. Lengths are rounded up to whole vectors by the
/// caller's buffers: every block starts at a multiple of 16 elements and the gaps between tensors belong to nobody.
/// </summary>
internal static unsafe class UpdateLoops<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <summary>sum[i] = left[i] + right[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* left, float* right, float* sum, int length)
    {
        for (int i = 0; i < length; i += TOps.Width)
        {
            TOps.Store(TOps.Add(TOps.Load(left + i), TOps.Load(right + i)), sum + i);
        }
    }

    /// <summary>mean[i] = sum[i] / count.</summary>
    /// <returns>Whether all means are finite.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Mean(float* sum, int count, float* mean, int length)
    {
        TVector poison = TOps.Broadcast(0f);
        TVector zero = poison;
        if ((count & (count - 1)) == 0)
        {
            // The reciprocal of a power of two is exact, so the product has the quotient's bits.
            TVector reciprocal = TOps.Broadcast(1f / count);
            for (int i = 0; i < length; i += TOps.Width)
            {
                TVector value = TOps.Multiply(TOps.Load(sum + i), reciprocal);
                poison = TOps.FusedMultiplyAdd(value, zero, poison);
                TOps.Store(value, mean + i);
            }

            return TOps.AllFinite(poison);
        }

        TVector divisor = TOps.Broadcast(count);
        for (int i = 0; i < length; i += TOps.Width)
        {
            TVector value = TOps.Divide(TOps.Load(sum + i), divisor);
            poison = TOps.FusedMultiplyAdd(value, zero, poison);
            TOps.Store(value, mean + i);
        }

        return TOps.AllFinite(poison);
    }

    /// <summary>v ← fma(μ, v, g); u = v, or with Nesterov fma(μ, v, g).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Momentum(float* update, float* velocity, UpdateConstants constants, bool nesterov, int length)
    {
        TVector decay = TOps.Broadcast(constants.A);
        for (int i = 0; i < length; i += TOps.Width)
        {
            TVector g = TOps.Load(update + i);
            TVector v = TOps.FusedMultiplyAdd(decay, TOps.Load(velocity + i), g);
            TOps.Store(v, velocity + i);
            TOps.Store(nesterov ? TOps.FusedMultiplyAdd(decay, v, g) : v, update + i);
        }
    }

    /// <summary>m ← fma(β₁, m, (1−β₁) g); v ← fma(β₂, v, ((1−β₂) g) g); u = (m c₁) / (√(v c₂) + ε).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Adam(float* update, float* mean, float* variance, UpdateConstants constants, float epsilon, int length)
    {
        TVector beta1 = TOps.Broadcast(constants.A);
        TVector share1 = TOps.Broadcast(constants.B);
        TVector beta2 = TOps.Broadcast(constants.C);
        TVector share2 = TOps.Broadcast(constants.D);
        TVector correction1 = TOps.Broadcast(constants.E);
        TVector correction2 = TOps.Broadcast(constants.F);
        TVector floor = TOps.Broadcast(epsilon);
        for (int i = 0; i < length; i += TOps.Width)
        {
            TVector g = TOps.Load(update + i);
            TVector m = TOps.FusedMultiplyAdd(beta1, TOps.Load(mean + i), TOps.Multiply(share1, g));
            TVector v = TOps.FusedMultiplyAdd(beta2, TOps.Load(variance + i), TOps.Multiply(TOps.Multiply(share2, g), g));
            TOps.Store(m, mean + i);
            TOps.Store(v, variance + i);
            TVector denominator = TOps.Add(TOps.SquareRoot(TOps.Multiply(v, correction2)), floor);
            TOps.Store(TOps.Divide(TOps.Multiply(m, correction1), denominator), update + i);
        }
    }

    /// <summary>w' = fma(−rate, u, w).</summary>
    /// <returns>Whether all new weights are finite.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Apply(float* update, float rate, float* oldWeights, float* newWeights, int length)
    {
        TVector poison = TOps.Broadcast(0f);
        TVector zero = poison;
        TVector negativeRate = TOps.Broadcast(-rate);
        for (int i = 0; i < length; i += TOps.Width)
        {
            TVector weight = TOps.FusedMultiplyAdd(negativeRate, TOps.Load(update + i), TOps.Load(oldWeights + i));
            poison = TOps.FusedMultiplyAdd(weight, zero, poison);
            TOps.Store(weight, newWeights + i);
        }

        return TOps.AllFinite(poison);
    }
}
