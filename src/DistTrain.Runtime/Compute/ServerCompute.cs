using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;

namespace DistTrain.Runtime.Compute;

/// <summary>The parameter server's weights and optimizer state, and the kernels that change them.</summary>
internal sealed class ServerCompute
{
    /// <summary>Parts of an update are at least this large, so that sharing one out costs less than doing it.</summary>
    private const int SmallestPartElements = 2 * ParameterLayout.ChunkLength;

    private readonly GradientBuffers gradients;

    public ServerCompute(TrainingDefinition definition, IEngine engine, WeightVersions weights, GradientBuffers gradients)
    {
        Definition = definition;
        Weights = weights;
        this.gradients = gradients;
        State = new OptimizerState(definition.Optimizer, definition.Graph.Layout);
        Update = new StagedUpdate(engine.ParameterKernels, definition.Graph.Layout, State);
        PartBorders = CutIntoParts(definition.Graph.Layout);
    }

    internal TrainingDefinition Definition { get; }

    internal WeightVersions Weights { get; }

    internal OptimizerState State { get; }

    /// <summary>The update that is being applied; one at a time.</summary>
    internal StagedUpdate Update { get; }

    /// <summary>First chunk of each part of an update, then the chunk count.</summary>
    internal ImmutableArray<int> PartBorders { get; }

    public WeightsInitialized Initialize()
    {
        var version = new WeightVersion(0);
        Weights.Publish(version, Definition.Graph.Layout.CreateInitialWeights(Definition.Seed));
        return new WeightsInitialized(version);
    }

    public WeightsHashed Hash(WeightVersion version)
    {
        using var lease = Weights.Read(version);
        return new WeightsHashed(version, WeightsHash.Compute(Definition.Graph.Layout, lease.Weights));
    }

    /// <summary>Cuts one step's reduction and update into parts that may run side by side, in any order, each once.</summary>
    public StepUpdate Begin(ReduceAndUpdate effect) =>
        new(this, effect, [.. effect.Nodes.Select(held => new GradientNode(held.Node, gradients.Get(held.Gradient)))]);

    private static ImmutableArray<int> CutIntoParts(ParameterLayout layout)
    {
        var borders = ImmutableArray.CreateBuilder<int>();
        borders.Add(0);
        var elements = 0;
        foreach (var chunk in layout.Chunks)
        {
            elements += chunk.Length;
            if (elements >= SmallestPartElements || chunk.Index == layout.Chunks.Length - 1)
            {
                borders.Add(chunk.Index + 1);
                elements = 0;
            }
        }

        return borders.ToImmutable();
    }
}
