using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Numerics;

namespace DistTrain.Engines.Simd.Elementwise;

/// <summary>What a dropout kernel reads and writes; X and Y may be the same.</summary>
internal unsafe struct DropoutCall
{
    public int SampleCount;

    /// <summary>Units of a sample.</summary>
    public int Width;

    /// <summary>[samples, width].</summary>
    public float* X;

    /// <summary>[samples, width].</summary>
    public float* Y;

    /// <summary>[samples] indices in the data set.</summary>
    public int* SampleIds;

    public DropoutNoise Noise;

    /// <summary>What kept units are multiplied by.</summary>
    public float Scale;
}

/// <summary>y = dropped ? 0 : x · scale, with the bits of <see cref="DropoutNoise"/> made in vector lanes: two blocks of the generator in each pair of lanes.</summary>
internal static unsafe class DropoutKernel<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint KeyStep0 = 0x9E3779B9;
    private const uint KeyStep1 = 0xBB67AE85;
    private const int Rounds = 10;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in DropoutCall call)
    {
        float* scratch = stackalloc float[DropoutNoise.WordStride];
        for (int sample = 0; sample < call.SampleCount; sample++)
        {
            nint row = (nint)sample * call.Width;
            for (int group = 0; group < call.Width; group += DropoutNoise.GroupLength)
            {
                int units = Math.Min(DropoutNoise.GroupLength, call.Width - group);
                for (int first = 0; first < DropoutNoise.WordStride && first < units; first += TOps.Width)
                {
                    uint block = (uint)((group / DropoutNoise.GroupLength * DropoutNoise.WordStride) + first);
                    MaskBlocks(call, block, (uint)call.SampleIds[sample], call.X + row + group + first, call.Y + row + group + first, units - first, scratch);
                }
            }
        }
    }

    /// <param name="block">First of as many blocks as a vector has lanes.</param>
    /// <param name="units">Units from here to the end of the group or row.</param>
    /// <param name="scratch">[16].</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MaskBlocks(in DropoutCall call, uint block, uint sampleId, float* x, float* y, int units, float* scratch)
    {
        uint* counters = (uint*)scratch;
        for (int lane = 0; lane < TOps.Width; lane++)
        {
            counters[lane] = block + (uint)lane;
        }

        TVector blocks = TOps.Load((float*)counters);
        (TVector even0, TVector even1, TVector even2, TVector even3) = Generate(call.Noise.Key, blocks, sampleId);
        (TVector odd0, TVector odd1, TVector odd2, TVector odd3) = Generate(call.Noise.Key, TOps.UpperHalves(blocks), sampleId);
        TVector limit = TOps.BroadcastBits(call.Noise.Threshold);
        TVector scale = TOps.Broadcast(call.Scale);
        Mask(TOps.JoinLowerHalves(even0, odd0), limit, scale, x, y, units, scratch);
        Mask(TOps.JoinLowerHalves(even1, odd1), limit, scale, x + DropoutNoise.WordStride, y + DropoutNoise.WordStride, units - DropoutNoise.WordStride, scratch);
        Mask(TOps.JoinLowerHalves(even2, odd2), limit, scale, x + (2 * DropoutNoise.WordStride), y + (2 * DropoutNoise.WordStride), units - (2 * DropoutNoise.WordStride), scratch);
        Mask(TOps.JoinLowerHalves(even3, odd3), limit, scale, x + (3 * DropoutNoise.WordStride), y + (3 * DropoutNoise.WordStride), units - (3 * DropoutNoise.WordStride), scratch);
    }

    /// <summary>The generator of <see cref="Philox4x32"/> in the lower half of every pair of lanes; upper halves hold anything.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TVector Word0, TVector Word1, TVector Word2, TVector Word3) Generate(ulong key, TVector blocks, uint sampleId)
    {
        TVector multiplier0 = TOps.BroadcastBits(Multiplier0);
        TVector multiplier1 = TOps.BroadcastBits(Multiplier1);
        uint key0 = (uint)key;
        uint key1 = (uint)(key >> 32);
        TVector c0 = blocks;
        TVector c1 = TOps.BroadcastBits(0);
        TVector c2 = TOps.BroadcastBits(sampleId);
        TVector c3 = c1;
        for (int round = 0; round < Rounds; round++)
        {
            TVector product0 = TOps.MultiplyLowerHalves(multiplier0, c0);
            TVector product1 = TOps.MultiplyLowerHalves(multiplier1, c2);
            c0 = TOps.Xor(TOps.Xor(TOps.UpperHalves(product1), c1), TOps.BroadcastBits(key0));
            c1 = product1;
            c2 = TOps.Xor(TOps.Xor(TOps.UpperHalves(product0), c3), TOps.BroadcastBits(key1));
            c3 = product0;
            key0 = unchecked(key0 + KeyStep0);
            key1 = unchecked(key1 + KeyStep1);
        }

        return (c0, c1, c2, c3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mask(TVector bits, TVector limit, TVector scale, float* x, float* y, int units, float* scratch)
    {
        TVector zero = TOps.Broadcast(0f);
        if (units >= TOps.Width)
        {
            TOps.Store(TOps.SelectBelowUnsigned(bits, limit, zero, TOps.Multiply(TOps.Load(x), scale)), y);
        }
        else if (units > 0)
        {
            Pointers.Copy(x, scratch, units);
            TOps.Store(TOps.SelectBelowUnsigned(bits, limit, zero, TOps.Multiply(TOps.Load(scratch), scale)), scratch);
            Pointers.Copy(scratch, y, units);
        }
    }
}
