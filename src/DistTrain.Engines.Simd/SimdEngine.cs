using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd;

/// <summary>The fast CPU engine: vector kernels in C#, with the bits of the reference engine on every path.</summary>
public sealed class SimdEngine : IEngine
{
    private readonly KernelSet kernels;
    private readonly KernelPath path;

    /// <summary>On the fastest path that this processor and runtime support.</summary>
    public SimdEngine()
        : this(KernelPaths.Best)
    {
    }

    /// <param name="path">The instructions to use.</param>
    /// <exception cref="PlatformNotSupportedException">This processor or runtime cannot run the path.</exception>
    public SimdEngine(KernelPath path)
    {
        kernels = KernelSet.For(path);
        this.path = path;
        ParameterKernels = new SimdParameterKernels(kernels);
    }

    public ArithmeticId ArithmeticId => ArithmeticId.Cpu;

    public string KernelPath => path switch
    {
        Simd.KernelPath.Avx512 => "avx512",
        Simd.KernelPath.Avx2 => "avx2",
        _ => "portable",
    };

    public IParameterKernels ParameterKernels { get; }

    public IModelProgram CreateProgram(ModelGraph graph, Loss loss, int maximumSampleCount, bool keepsActivations = false)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumSampleCount, 1);
        var program = new SimdProgram(kernels, graph, loss, maximumSampleCount, keepsActivations);
        program.Allocate();
        return program;
    }

    public long ProgramBytes(ModelGraph graph, Loss loss, int maximumSampleCount)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumSampleCount, 1);
        return new SimdProgram(kernels, graph, loss, maximumSampleCount, keepsActivations: false).Bytes;
    }
}
