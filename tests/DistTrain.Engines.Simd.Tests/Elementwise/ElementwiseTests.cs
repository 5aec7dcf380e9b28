using System.Runtime.Intrinsics;
using DistTrain.Engines.Simd.Elementwise;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
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
    public void The_functions_of_activations_and_losses_have_the_bits_of_their_definitions(KernelPath path)
    {
        SweepOn<SigmoidOf>(path, DeterministicMath.Sigmoid);
        SweepOn<SoftplusOf>(path, DeterministicMath.Softplus);
        SweepOn<ErfOf>(path, DeterministicMath.Erf);
        SweepOn<ExpMinusOneOf>(path, x => DeterministicMath.ExpMinusOneBelowZero(x > 0 ? 0 : x));
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Activations_have_the_reference_engines_bits_over_all_exponents_and_every_tail(KernelPath path)
    {
        foreach (Operation operation in new Operation[]
        {
            new SigmoidOperation(), new TanhOperation(), new LeakyReluOperation(0.01), new EluOperation(0.7), new GeluOperation(), new GeluTanhOperation(), new SwishOperation(), new SoftmaxOperation(),
        })
        {
            foreach (int width in Enumerable.Range(1, 50).Append(997))
            {
                ModelGraph graph = ModelGraph.Chain(new TensorShape(width), [operation]);
                GuardedBuffer x = GuardedBuffer.Random(4 * width, width);
                foreach (ref float value in x.Span[..(3 * width)])
                {
                    value = width == 997 ? BitConverter.Int32BitsToSingle((int)(BitConverter.SingleToUInt32Bits(value) * 2654435761u)) : value * 8;
                }

                var (expected, actual) = (new float[4 * width], new float[4 * width]);
                new ReferenceEngine().CreateProgram(graph, new MeanSquaredErrorLoss(), 4).Forward(new TensorBuffer(0), x.Span, 4, expected);
                new SimdEngine(path).CreateProgram(graph, new MeanSquaredErrorLoss(), 4).Forward(new TensorBuffer(0), x.Span, 4, actual);
                Bits.AssertEqual(expected, actual, $"{operation} {width}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Dropout_draws_the_noise_of_its_definition_and_stays_inside_its_buffers(KernelPath path)
    {
        KernelSet kernels = KernelSet.For(path);
        int* ids = stackalloc int[] { 7, 0, int.MaxValue };
        foreach (int width in Enumerable.Range(1, 140))
        {
            var noise = new DropoutNoise(ulong.MaxValue - 3, (long)width << 33, width, 0.37);
            GuardedBuffer x = GuardedBuffer.Random(3 * width, width, 1), y = new(3 * width, 3);
            kernels.Dropout(new DropoutCall { SampleCount = 3, Width = width, X = x.Pointer, Y = y.Pointer, SampleIds = ids, Noise = noise, Scale = 1.5f });
            for (int i = 0; i < 3 * width; i++)
            {
                Assert.True(Bits.Equal(noise.Drops(ids[i / width], i % width) ? 0f : x.Span[i] * 1.5f, y.Span[i]), $"width {width}, element {i}");
            }

            y.AssertGuardsAreIntact();
        }
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

    private static void SweepOn<TFunction>(KernelPath path, Func<float, float> definition)
        where TFunction : struct, IVectorFunction => Sweep(
        (x, y) =>
        {
            switch (path)
            {
                case KernelPath.Avx512:
                    ElementwiseLoop<Avx512Operations, Vector512<float>>.Unary<Adapter<Avx512Operations, Vector512<float>, TFunction>>(x.Pointer, y.Pointer, x.Length);
                    break;
                case KernelPath.Avx2:
                    ElementwiseLoop<Avx2Operations, Vector256<float>>.Unary<Adapter<Avx2Operations, Vector256<float>, TFunction>>(x.Pointer, y.Pointer, x.Length);
                    break;
                default:
                    ElementwiseLoop<PortableOperations, Vector128<float>>.Unary<Adapter<PortableOperations, Vector128<float>, TFunction>>(x.Pointer, y.Pointer, x.Length);
                    break;
            }
        },
        definition);

    /// <summary>A function of <see cref="VectorMath{TOps,TVector}"/> at any width.</summary>
    private interface IVectorFunction
    {
        static abstract TVector Invoke<TOps, TVector>(TVector x)
            where TOps : struct, IVectorOperations<TVector>
            where TVector : unmanaged;
    }

    private readonly struct Adapter<TOps, TVector, TFunction> : IUnaryFunction<TOps, TVector>
        where TOps : struct, IVectorOperations<TVector>
        where TVector : unmanaged
        where TFunction : struct, IVectorFunction
    {
        public static TVector Invoke(TVector x) => TFunction.Invoke<TOps, TVector>(x);
    }

    private readonly struct SigmoidOf : IVectorFunction
    {
        static TVector IVectorFunction.Invoke<TOps, TVector>(TVector x) => VectorMath<TOps, TVector>.Sigmoid(x);
    }

    private readonly struct SoftplusOf : IVectorFunction
    {
        static TVector IVectorFunction.Invoke<TOps, TVector>(TVector x) => VectorMath<TOps, TVector>.Softplus(x);
    }

    private readonly struct ErfOf : IVectorFunction
    {
        static TVector IVectorFunction.Invoke<TOps, TVector>(TVector x) => VectorMath<TOps, TVector>.Erf(x);
    }

    private readonly struct ExpMinusOneOf : IVectorFunction
    {
        static TVector IVectorFunction.Invoke<TOps, TVector>(TVector x) => VectorMath<TOps, TVector>.ExpMinusOneBelowZero(x);
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
