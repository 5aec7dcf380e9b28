using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Engines;

/// <summary>
/// The semantics of an engine's arithmetic. Two engines with equal ids give equal bits for every operation; runs may mix only equal ids.
/// </summary>
public readonly record struct ArithmeticId(string Value)
{
    /// <summary>float32, products accumulated in order with fused multiply-add, 16-lane sums, DistTrain's own elementary functions; version 1 of these rules.</summary>
    public static ArithmeticId Cpu { get; } = new("f32-fma-16lane-v1");

    public override string ToString() => Value;
}

/// <summary>A set of kernels that runs a model graph forward and backward and applies updates.</summary>
public interface IEngine
{
    ArithmeticId ArithmeticId { get; }

    /// <summary>What really runs, such as <c>reference</c>, <c>avx512</c>, <c>avx2</c> or <c>portable</c>.</summary>
    string KernelPath { get; }

    /// <summary>Plans the memory for one graph and loss. A program belongs to one thread at a time; make one for each worker.</summary>
    /// <param name="graph">The model.</param>
    /// <param name="loss">Suits the graph's output (<see cref="Loss.Check(ModelGraph, Targets)"/>).</param>
    /// <param name="maximumSampleCount">The most samples of one call, at least 1. Memory is planned for it once; calls do not allocate.</param>
    /// <param name="keepsActivations">Whether <see cref="IModelProgram.Activations"/> may be asked; costs memory and the fusing of operations.</param>
    IModelProgram CreateProgram(ModelGraph graph, Loss loss, int maximumSampleCount, bool keepsActivations = false);

    /// <summary>The bytes that <see cref="CreateProgram"/> would plan, without planning them.</summary>
    long ProgramBytes(ModelGraph graph, Loss loss, int maximumSampleCount);

    /// <summary>Reduction and update kernels. Safe to call from several threads over disjoint chunks.</summary>
    IParameterKernels ParameterKernels { get; }
}
