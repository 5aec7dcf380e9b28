using DistTrain.Engines.Simd.Gemm;
using DistTrain.Learning;

namespace DistTrain.Engines.Simd.Measuring;

/// <summary>A piece of work on one thread, to be timed.</summary>
/// <param name="Run">Does it once.</param>
/// <param name="Operations">Floating-point operations of once: an addition and a multiplication count one each.</param>
public sealed record KernelWork(Action Run, double Operations)
{
    private const long PeakRounds = 100_000;

    /// <summary>Fused multiply-adds on registers alone: the most that a core can do on this path.</summary>
    /// <exception cref="PlatformNotSupportedException">This processor or runtime cannot run the path.</exception>
    public static KernelWork Peak(KernelPath path)
    {
        var kernels = KernelSet.For(path);
        var sink = new float[1];
        return new KernelWork(() => sink[0] = kernels.MultiplyAddRounds(PeakRounds), PeakRounds * kernels.OperationsOfRound);
    }

    /// <summary>C [rows, columns] = A [rows, depth] · B [depth, columns] on random values.</summary>
    /// <exception cref="PlatformNotSupportedException">This processor or runtime cannot run the path.</exception>
    public static unsafe KernelWork Product(KernelPath path, int rows, int columns, int depth)
    {
        var kernels = KernelSet.For(path);
        var workspace = new GemmWorkspace(depth);
        var a = RandomBuffer(rows * depth, 1);
        var b = RandomBuffer(depth * columns, 2);
        var c = new TensorBuffer(rows * columns);
        void Multiply() => kernels.Multiply(
            new MatrixProduct
            {
                Rows = rows, Columns = columns, Depth = depth, A = Pointers.Of(a), ARowStride = depth, AStepStride = 1, B = Pointers.Of(b), BStride = columns,
                C = Pointers.Of(c), CStride = columns,
            },
            workspace);
        return new KernelWork(Multiply, 2.0 * rows * columns * depth);
    }

    internal static TensorBuffer RandomBuffer(int length, int seed)
    {
        var random = new Random(seed);
        var buffer = new TensorBuffer(length);
        foreach (ref var value in buffer.Span)
        {
            value = random.NextSingle();
        }

        return buffer;
    }
}
