using BenchmarkDotNet.Attributes;
using DistTrain.Engines.Simd;
using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Measuring;
using DistTrain.Learning;

namespace DistTrain.Benchmarks;

/// <summary>The forward product Y [samples, outputs] = X · W of the layers that training is made of.</summary>
[InProcess]
public unsafe class GemmBenchmarks
{
    private readonly GemmWorkspace workspace = new(1);
    private KernelSet kernels = KernelSet.For(KernelPath.Portable);
    private TensorBuffer a = new(1);
    private TensorBuffer b = new(1);
    private TensorBuffer c = new(1);
    private int rows;
    private int columns;
    private int depth;

    [Params("32,512,784", "64,512,784", "256,512,784", "784,512,32", "256,10,512", "12544,64,800", "1024,1024,1024")]
    public string Shape { get; set; } = "";

    [ParamsSource(nameof(Paths))]
    public KernelPath Path { get; set; }

    public static IEnumerable<KernelPath> Paths => Enum.GetValues<KernelPath>().Where(KernelPaths.IsSupported);

    [GlobalSetup]
    public void SetUp()
    {
        int[] shape = QuickGemm.Shape(Shape);
        (rows, columns, depth) = (shape[0], shape[1], shape[2]);
        kernels = KernelSet.For(Path);
        a = KernelWork.RandomBuffer(rows * depth, 1);
        b = KernelWork.RandomBuffer(depth * columns, 2);
        c = new TensorBuffer(rows * columns);
    }

    [Benchmark]
    public void Multiply() => kernels.Multiply(
        new MatrixProduct
        {
            Rows = rows, Columns = columns, Depth = depth, A = Pointers.Of(a), ARowStride = depth, AStepStride = 1, B = Pointers.Of(b), BStride = columns,
            C = Pointers.Of(c), CStride = columns,
        },
        workspace);
}
