using DistTrain.Learning.Numerics;

namespace DistTrain.Engines.Simd.Tests.Elementwise;

public sealed unsafe class ElementwiseTests
{
    private const int BlockLength = 4096;

    /// <summary>A prime stride through all 2^32 floats: every exponent, both signs, subnormals, infinities and NaN.</summary>
    private const uint SweepStride = 7919;

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Exp_has_the_bits_of_its_definition(KernelPath path)
    {
        KernelSet kernels = KernelSet.For(path);
        Sweep((x, y) => kernels.Exp(x.Pointer, y.Pointer, x.Length), DeterministicMath.Exp);
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Tanh_has_the_bits_of_its_definition(KernelPath path)
    {
        KernelSet kernels = KernelSet.For(path);
        Sweep((x, y) => kernels.Tanh(x.Pointer, y.Pointer, x.Length), DeterministicMath.Tanh);
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Relu_makes_negative_zero_positive_and_keeps_nan(KernelPath path)
    {
        KernelSet kernels = KernelSet.For(path);
        Sweep((x, y) => kernels.Relu(x.Pointer, y.Pointer, x.Length), x => x <= 0 ? 0 : x);
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Every_length_up_to_three_vectors_stays_inside_its_buffers(KernelPath path)
    {
        KernelSet kernels = KernelSet.For(path);
        for (int length = 1; length <= 50; length++)
        {
            GuardedBuffer x = GuardedBuffer.Random(length, length, 1), dy = GuardedBuffer.Random(length, length + 100, 2);
            GuardedBuffer result = new(length, 3), gradient = new(length, 5);
            kernels.Tanh(x.Pointer, result.Pointer, length);
            kernels.TanhGradient(x.Pointer, dy.Pointer, gradient.Pointer, length);
            GuardedBuffer masked = new(length, 7);
            kernels.ReluGradient(x.Pointer, dy.Pointer, masked.Pointer, length);
            for (int i = 0; i < length; i++)
            {
                Assert.True(Bits.Equal(DeterministicMath.Tanh(x.Span[i]), result.Span[i]));
                Assert.True(Bits.Equal(dy.Span[i] * MathF.FusedMultiplyAdd(-x.Span[i], x.Span[i], 1f), gradient.Span[i]));
                Assert.True(Bits.Equal(x.Span[i] > 0 ? dy.Span[i] : 0f, masked.Span[i]));
            }

            result.AssertGuardsAreIntact();
            gradient.AssertGuardsAreIntact();
            masked.AssertGuardsAreIntact();
        }
    }

    private static void Sweep(Action<GuardedBuffer, GuardedBuffer> vectorised, Func<float, float> definition)
    {
        GuardedBuffer x = new(BlockLength), y = new(BlockLength);
        ulong bits = 0;
        while (bits < 1UL << 32)
        {
            foreach (ref float value in x.Span)
            {
                value = BitConverter.UInt32BitsToSingle((uint)bits);
                bits += SweepStride;
            }

            vectorised(x, y);
            for (int i = 0; i < BlockLength; i++)
            {
                float expected = definition(x.Span[i]);
                if (!Bits.Equal(expected, y.Span[i]))
                {
                    Assert.Fail($"at {x.Span[i]:R}: {y.Span[i]:R}, expected {expected:R}");
                }
            }
        }
    }
}
