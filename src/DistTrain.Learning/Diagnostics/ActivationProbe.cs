using System.Collections.Immutable;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Diagnostics;

/// <summary>What an activation layer does with a probe of samples.</summary>
/// <param name="Layer">The node's name.</param>
/// <param name="DeadShare">ReLU: share of units (of an image or a sequence: of channels, over all positions) whose output was 0 for every sample of the probe, so that they pass no gradient; null for other
/// kinds.</param>
/// <param name="SaturatedShare">Sigmoid and tanh: share of outputs within <see cref="ActivationProbe.SaturationMargin"/> of a bound, where the gradient is all but gone; null for other kinds.</param>
public sealed record ActivationHealth(string Layer, double? DeadShare, double? SaturatedShare);

/// <summary>Runs the first samples of a split forward and looks at what the activations give.</summary>
public sealed class ActivationProbe
{
    /// <summary>Samples that are looked at; a unit that none of them wakes is called dead.</summary>
    public const int SampleCount = 128;

    public const double SaturationMargin = 0.01;

    private readonly ModelGraph graph;
    private readonly IModelProgram program;
    private readonly float[] outputs;

    /// <param name="engine">The kernels.</param>
    /// <param name="graph">The model.</param>
    /// <param name="loss">What its outputs are held to.</param>
    /// <param name="maximumSampleCount">Of <see cref="SampleCount"/>, the most that may be run at once, at least 1.</param>
    public ActivationProbe(IEngine engine, ModelGraph graph, Loss loss, int maximumSampleCount)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(graph);
        this.graph = graph;
        program = engine.CreateProgram(graph, loss, Math.Min(SampleCount, maximumSampleCount), keepsActivations: true);
        outputs = new float[program.MaximumSampleCount * graph.OutputShape.ElementCount];
    }

    /// <summary>Whether the graph has a layer that the probe has something to say about.</summary>
    public static bool Concerns(ModelGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return graph.Nodes.Any(node => IsRelu(node) || LowerBound(node) is not null);
    }

    /// <param name="weights">Flat weights of one version.</param>
    /// <param name="samples">The first <see cref="SampleCount"/> of them (or as many as the probe's memory holds) are run, in data order.</param>
    /// <returns>One entry for each ReLU, sigmoid and tanh layer, in graph order.</returns>
    public ImmutableArray<ActivationHealth> Measure(TensorBuffer weights, SampleSet samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var count = Math.Min(program.MaximumSampleCount, samples.Count);
        program.Forward(weights, samples.Inputs.Span[..(count * samples.SampleShape.ElementCount)], count, outputs.AsSpan(0, count * graph.OutputShape.ElementCount));
        var health = ImmutableArray.CreateBuilder<ActivationHealth>();
        foreach (var node in graph.Nodes)
        {
            if (IsRelu(node))
            {
                health.Add(new ActivationHealth(node.Name, DeadShare(program.Activations(node.Index), node.OutputShape[^1]), null));
            }
            else if (LowerBound(node) is { } lower)
            {
                health.Add(new ActivationHealth(node.Name, null, SaturatedShare(program.Activations(node.Index), lower)));
            }
        }

        return health.ToImmutable();
    }

    private static bool IsRelu(GraphNode node) => node.Operation is ReluOperation;

    /// <summary>Of an activation that is bounded on both sides, the upper bound being 1; null for others.</summary>
    private static double? LowerBound(GraphNode node) => node.Operation switch
    {
        TanhOperation => -1,
        SigmoidOperation => 0,
        _ => null,
    };

    private static double DeadShare(ReadOnlySpan<float> outputs, int units)
    {
        var alive = new bool[units];
        for (var i = 0; i < outputs.Length; i++)
        {
            alive[i % units] |= outputs[i] > 0;
        }

        return alive.Count(unit => !unit) / (double)units;
    }

    private static double SaturatedShare(ReadOnlySpan<float> outputs, double lower)
    {
        var saturated = 0;
        foreach (var output in outputs)
        {
            saturated += output < lower + SaturationMargin || output > 1 - SaturationMargin ? 1 : 0;
        }

        return saturated / (double)outputs.Length;
    }
}
