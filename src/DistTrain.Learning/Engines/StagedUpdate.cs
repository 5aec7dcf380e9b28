using System.Collections.Immutable;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Engines;

/// <summary>One step's inputs of <see cref="StagedUpdate"/>.</summary>
public readonly record struct UpdateInputs
{
    /// <summary>1-based count of updates, this one included.</summary>
    public required long Update { get; init; }

    public required double LearningRate { get; init; }

    /// <summary>Disjoint nodes that cover the whole mini-batch, in order of their first micro-batch.</summary>
    public required ReadOnlyMemory<GradientNode> Nodes { get; init; }

    /// <summary>The mini-batch's true size.</summary>
    public required int SampleCount { get; init; }

    public required TensorBuffer OldWeights { get; init; }

    public required TensorBuffer NewWeights { get; init; }

    /// <summary>Whether <see cref="StagedUpdate.Measures"/> will be asked.</summary>
    public bool Measures { get; init; }

    /// <summary>The level of <see cref="NoiseNodes"/>, where <see cref="StagedUpdate.OwnNodeSquares"/> will be asked; otherwise null.</summary>
    public int? NoiseLevel { get; init; }
}

/// <summary>
/// Takes an optimizer through its stages, step after step; without allocating, but for steps whose noise is measured. For each step:
/// <list type="number">
/// <item><see cref="Begin"/>.</item>
/// <item><see cref="RunChunks"/> over all chunks of the shard, each once, on any threads in any order.</item>
/// <item><see cref="EndStage"/>, when all have run; while it returns true, back to 2.</item>
/// </list>
/// A shard that has only some of the chunks asks <see cref="HasMoreStages"/> first, exchanges <see cref="OwnSquares"/> with the others, and gives them all to <see cref="AcceptSquares"/>
/// before it ends the stage. The chunks' sums are then added in the order of all chunks, so every shard finds the same norms as one shard would.
/// </summary>
public sealed class StagedUpdate
{
    private readonly IParameterKernels kernels;
    private readonly ParameterLayout layout;
    private readonly ShardCut cut;
    private readonly int shard;
    private readonly OptimizerState state;
    private readonly UpdateConstants[] constants;
    private readonly float[] factors;
    private readonly StageSquares[] squares;
    private readonly ChunkMeasures[] measures;
    private readonly object gate = new();
    private UpdateInputs inputs;
    private FormedNodes? formed;
    private int stage;
    private int firstNonFinite;

    /// <summary>Of all chunks.</summary>
    public StagedUpdate(IParameterKernels kernels, ParameterLayout layout, OptimizerState state)
        : this(kernels, ShardCut.Create(layout, 1), 0, state)
    {
    }

    /// <summary>Of the chunks of one shard.</summary>
    public StagedUpdate(IParameterKernels kernels, ShardCut cut, int shard, OptimizerState state)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(cut);
        ArgumentNullException.ThrowIfNull(state);
        this.kernels = kernels;
        this.cut = cut;
        this.shard = shard;
        this.state = state;
        layout = cut.Layout;
        constants = new UpdateConstants[state.Optimizer.Transforms.Length];
        factors = new float[layout.Tensors.Length];
        squares = new StageSquares[layout.Chunks.Length];
        measures = new ChunkMeasures[layout.Chunks.Length];
    }

    /// <summary>The first of the shard's chunks whose mean gradient or new weights are not finite; null when there is none. Norms of other chunks do not spread into it.</summary>
    public int? FirstNonFiniteChunk => firstNonFinite < 0 ? null : firstNonFinite;

    /// <summary>From 0 on.</summary>
    public int Stage => stage;

    /// <summary>
    /// Whether another stage is to follow the one whose chunks have all run. A step that has left the finite numbers ends early: its norms would spread them over all chunks.
    /// </summary>
    public bool HasMoreStages => firstNonFinite < 0 && stage < state.Optimizer.Stages.Length - 1;

    /// <summary>[chunks of the shard] what the stage has summed.</summary>
    public ImmutableArray<StageSquares> OwnSquares => cut.Select(shard, squares);

    /// <summary>[chunks of the shard] what the step did; only of a step that measured and is finite.</summary>
    public ImmutableArray<ChunkMeasures> OwnMeasures => cut.Select(shard, measures);

    /// <summary>[chunks] what the step did; only of a step that measured and is finite, and only the shard's own.</summary>
    public ReadOnlySpan<ChunkMeasures> Measures => measures;

    /// <summary>Squared norms of the root and of the nodes that the reduction forms on the step's noise level, of the shard's chunks; only of a step with such a level that is finite.</summary>
    public ShardSquares OwnNodeSquares => formed?.Own(cut, shard, measures) ?? ShardSquares.None;

    public void Begin(in UpdateInputs step)
    {
        inputs = step;
        formed = step.NoiseLevel is { } level ? new FormedNodes(step.Nodes.Span, level, layout.Chunks.Length) : null;
        stage = 0;
        firstNonFinite = -1;
        state.Optimizer.Constants(new UpdateMoment(step.Update, step.LearningRate), state.Scalars.Span, constants);
    }

    /// <summary>Safe to call from several threads over disjoint chunks.</summary>
    public void RunChunks(int firstChunk, int endChunk)
    {
        if (stage == 0)
        {
            formed?.RunChunks(kernels, layout, firstChunk, endChunk);
        }

        var request = new UpdateRequest
        {
            Layout = layout,
            Nodes = inputs.Nodes.Span,
            SampleCount = inputs.SampleCount,
            Optimizer = state.Optimizer,
            Stage = stage,
            Constants = constants,
            Factors = factors,
            LearningRate = state.Optimizer.LearningRateIsInside ? 1 : (float)inputs.LearningRate,
            OldWeights = inputs.OldWeights,
            NewWeights = inputs.NewWeights,
            State = state.Tensors.AsSpan(),
            Squares = squares,
            Measures = inputs.Measures || formed is not null ? measures : default,
        };
        var chunk = kernels.ReduceAndUpdate(request, firstChunk, endChunk);
        if (chunk >= 0)
        {
            lock (gate)
            {
                firstNonFinite = firstNonFinite < 0 ? chunk : Math.Min(chunk, firstNonFinite);
            }
        }
    }

    /// <summary>Takes over what every shard, this one included, has summed in the stage.</summary>
    /// <param name="byShard">[shards] of each shard's chunks, in their order.</param>
    /// <exception cref="InvalidInputException">A shard says more or less than it has chunks.</exception>
    public void AcceptSquares(IReadOnlyList<ImmutableArray<StageSquares>> byShard) => cut.Merge(byShard).CopyTo(squares, 0);

    /// <summary>Norms of this stage become factors of the next.</summary>
    /// <returns>Whether another stage follows: <see cref="HasMoreStages"/>.</returns>
    public bool EndStage()
    {
        if (!HasMoreStages)
        {
            return false;
        }

        stage++;
        var transform = (NormTransform)state.Optimizer.Transforms[state.Optimizer.Stages[stage].First];
        if (transform.Scope == NormScope.Model)
        {
            FillFactors(transform);
        }
        else
        {
            FillFactorsByTensor(transform);
        }

        return true;
    }

    /// <summary>The whole step on this thread, where there is one shard.</summary>
    /// <returns><see cref="FirstNonFiniteChunk"/>.</returns>
    public int? Run(in UpdateInputs step)
    {
        Begin(step);
        do
        {
            RunChunks(0, layout.Chunks.Length);
        }
        while (EndStage());

        return FirstNonFiniteChunk;
    }

    private void FillFactors(NormTransform transform)
    {
        double update = 0, weights = 0;
        foreach (var chunk in layout.Chunks)
        {
            if (layout.Tensors[chunk.TensorIndex].Update is LearnedParameter)
            {
                update += squares[chunk.Index].Update;
                weights += squares[chunk.Index].Weights;
            }
        }

        Array.Fill(factors, (float)transform.Factor(Math.Sqrt(update), Math.Sqrt(weights), inputs.LearningRate));
    }

    private void FillFactorsByTensor(NormTransform transform)
    {
        for (var index = 0; index < layout.Chunks.Length;)
        {
            double update = 0, weights = 0;
            var tensor = layout.Chunks[index].TensorIndex;
            for (; index < layout.Chunks.Length && layout.Chunks[index].TensorIndex == tensor; index++)
            {
                update += squares[index].Update;
                weights += squares[index].Weights;
            }

            factors[tensor] = (float)transform.Factor(Math.Sqrt(update), Math.Sqrt(weights), inputs.LearningRate);
        }
    }
}
