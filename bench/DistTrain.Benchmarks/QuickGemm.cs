using System.Diagnostics;
using System.Globalization;
using DistTrain.Engines.Simd;
using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Measuring;
using DistTrain.Learning;

namespace DistTrain.Benchmarks;

/// <summary>Matrix products on one thread, one JSON line a shape, measured as the peer program measures OpenBLAS. A fourth number asks for the weight gradient of K samples in leaves of that many.</summary>
internal static unsafe class QuickGemm
{
    private const int Samples = 15;

    public static int Run(string[] arguments)
    {
        var path = KernelPaths.Best;
        foreach (string argument in arguments.Length > 0 ? arguments : ["64,512,784", "256,512,784", "784,512,256", "1024,1024,1024"])
        {
            if (argument.StartsWith("path=", StringComparison.Ordinal))
            {
                path = Enum.Parse<KernelPath>(argument["path=".Length..], ignoreCase: true);
                continue;
            }

            int[] shape = Shape(argument);
            Measure(path, argument, shape[0], shape[1], shape[2], shape.Length > 3 ? shape[3] : 0);
        }

        return 0;
    }

    private static void Measure(KernelPath path, string name, int m, int n, int k, int leaf)
    {
        KernelSet kernels = KernelSet.For(path);
        var workspace = new GemmWorkspace(k);
        TensorBuffer a = KernelWork.RandomBuffer(m * k, 1);
        TensorBuffer b = KernelWork.RandomBuffer(k * n, 2);
        var c = new TensorBuffer((m * n) + n);
        int leaves = leaf > 0 ? k / leaf : 0;
        int* leafSamples = stackalloc int[leaves + 1];
        new Span<int>(leafSamples, leaves).Fill(leaf);
        var node = new NodeTarget { LeafCount = leaves, Gradient = Pointers.Of(c) };
        var product = KernelWork.Product(path, m, n, k);
        void Once()
        {
            if (leaf > 0)
            {
                NodeTarget own = node;
                kernels.AccumulateWeightGradient(
                    new WeightGradient
                    {
                        Inputs = m, Outputs = n, X = Pointers.Of(a), XStride = m, Dy = Pointers.Of(b), DyStride = n, LeafSamples = leafSamples,
                        Nodes = &own, NodeCount = 1, SampleCount = k, BiasOffset = m * n,
                    },
                    workspace);
                return;
            }

            product.Run();
        }

        int repeat = Math.Max(1, (int)(2e8 / ((double)m * n * k)));
        for (int i = 0; i < 3 * repeat; i++)
        {
            Once();
        }

        var seconds = new double[Samples];
        for (int sample = 0; sample < Samples; sample++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < repeat; i++)
            {
                Once();
            }

            seconds[sample] = Stopwatch.GetElapsedTime(start).TotalSeconds / repeat;
        }

        Array.Sort(seconds);
        double work = 2.0 * m * n * k / 1e9;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $$"""{"gemm": "{{name}}", "gflops_median": {{work / seconds[Samples / 2]:F1}}, "gflops_best": {{work / seconds[0]:F1}}, "kernel": "{{path.ToString().ToLowerInvariant()}}"}"""));
    }

    public static int[] Shape(string text) => [.. text.Split(',').Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
}
