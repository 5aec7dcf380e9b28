using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Optimization;

namespace DistTrain.Engines.Simd.Updates;

/// <summary>The dispatch table of optimizer transforms.</summary>
internal static unsafe class UpdateTransforms<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <param name="transform">What to do to the update.</param>
    /// <param name="constants">The transform's constants at this step.</param>
    /// <param name="update">[length] changed in place.</param>
    /// <param name="states">[states of the transform] pointers to [length], changed in place.</param>
    /// <param name="length">A multiple of 16.</param>
    public static void Apply(UpdateTransform transform, UpdateConstants constants, float* update, float** states, int length)
    {
        switch (transform)
        {
            case MomentumTransform momentum:
                UpdateLoops<TOps, TVector>.Momentum(update, states[0], constants, momentum.Nesterov, length);
                break;
            case AdamTransform adam:
                UpdateLoops<TOps, TVector>.Adam(update, states[0], states[1], constants, (float)adam.Epsilon, length);
                break;
            default:
                throw new NotSupportedException($"the SIMD engine has no transform '{transform.GetType().Name}'");
        }
    }
}
