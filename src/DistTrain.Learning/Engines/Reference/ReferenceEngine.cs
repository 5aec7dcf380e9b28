using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>
/// The slow, obviously right engine: the oracle in tests and the definition of every operation's bits. Its float32 results are those of every fast engine with the same
/// arithmetic id.
/// </summary>
public sealed class ReferenceEngine : IEngine
{
    public ArithmeticId ArithmeticId => ArithmeticId.Cpu;

    public string KernelPath => "reference";

    public IParameterKernels ParameterKernels { get; } = new ReferenceParameterKernels();

    public IModelProgram CreateProgram(ModelGraph graph, Loss loss, int maximumSampleCount, bool keepsActivations = false)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumSampleCount, 1);
        return new ReferenceProgram<float, SingleArithmetic>(graph, loss, maximumSampleCount);
    }

    public long ProgramBytes(ModelGraph graph, Loss loss, int maximumSampleCount)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return 2L * sizeof(float) * maximumSampleCount * graph.Nodes.Sum(node => (long)node.OutputShape.ElementCount);
    }
}
