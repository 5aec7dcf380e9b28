using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Runtime.Compute;

/// <summary>One shard of the parameter server in one incarnation: its optimizer state, and the kernels that change its part of the weights.</summary>
internal sealed class ShardCompute
{
    /// <summary>Parts of an update are at least this large, so that sharing one out costs less than doing it.</summary>
    private const int SmallestPartElements = 2 * ParameterLayout.ChunkLength;

    private readonly ImmutableArray<ImmutableArray<(int First, int End)>> parts;

    public ShardCompute(ShardId shard, Incarnation incarnation, ShardCut cut, OptimizerChain optimizer, IEngine engine, WeightVersions weights)
    {
        Shard = shard;
        Incarnation = incarnation;
        Cut = cut;
        Weights = weights;
        State = new OptimizerState(optimizer, cut, shard.Value);
        Update = new StagedUpdate(engine.ParameterKernels, cut, shard.Value, State);
        parts = CutIntoParts(cut, shard.Value);
    }

    public ShardId Shard { get; }

    public Incarnation Incarnation { get; }

    public ShardCut Cut { get; }

    public WeightVersions Weights { get; }

    public OptimizerState State { get; }

    /// <summary>The update that is being applied; one at a time.</summary>
    public StagedUpdate Update { get; }

    /// <summary>What is being applied; null when nothing is.</summary>
    public StepUpdate? Running { get; set; }

    /// <summary>Parts of an update, at least 1; they may run side by side, in any order.</summary>
    public int PartCount => parts.Length;

    public VersionKey Key(WeightVersion version) => new(Incarnation, version);

    /// <summary>Makes a version of the shard's part of <paramref name="initial"/>, a flat buffer; the caller becomes its holder.</summary>
    public void Write(WeightVersion version, TensorBuffer initial) => Weights.Write(Key(version), Cut, Shard, initial);

    /// <summary>The weights of a version and the optimizer's tensors, set aside.</summary>
    public ShardState Copy(WeightVersion version)
    {
        var copy = new ShardState(Cut, Shard, Incarnation, version, State.Tensors.Length);
        using var lease = Weights.Read(Key(version), Shard);
        copy.CopyFrom([lease.Weights, .. State.Tensors]);
        return copy;
    }

    /// <summary>Goes on from what another incarnation set aside; the caller becomes the holder of its version.</summary>
    /// <exception cref="InvalidInputException">It is not this optimizer's.</exception>
    public void Restore(ShardState from, ImmutableArray<double> scalars)
    {
        if (scalars.Length != State.Scalars.Length)
        {
            throw new InvalidInputException($"a state with {scalars.Length} scalars cannot be that of the optimizer {State.Optimizer.Name}, which has {State.Scalars.Length}");
        }

        // The part is there where the weights are also the best epoch's, which came with the checkpoint.
        if (Weights.BeginWriting(Key(from.Version), Shard) is { } buffer)
        {
            from.CopyTo(0, buffer);
            Weights.EndWriting(Key(from.Version), Shard);
        }

        for (var tensor = 0; tensor < State.Tensors.Length; tensor++)
        {
            from.CopyTo(tensor + 1, State.Tensors[tensor]);
        }

        scalars.AsSpan().CopyTo(State.Scalars.Span);
    }

    /// <summary>Makes the caller the writer of the shard's part of a version.</summary>
    public TensorBuffer BeginWriting(WeightVersion version) =>
        Weights.BeginWriting(Key(version), Shard) ?? throw new InvalidOperationException($"{Shard} makes weight version {Key(version)} a second time");

    public void RunPart(int part)
    {
        foreach (var (first, end) in parts[part])
        {
            Update.RunChunks(first, end);
        }
    }

    private static ImmutableArray<ImmutableArray<(int First, int End)>> CutIntoParts(ShardCut cut, int shard)
    {
        var parts = ImmutableArray.CreateBuilder<ImmutableArray<(int First, int End)>>();
        var ranges = new List<(int First, int End)>();
        var elements = 0;
        foreach (var chunk in cut.SegmentsOf(shard).SelectMany(segment => Enumerable.Range(segment.FirstChunk, segment.EndChunk - segment.FirstChunk)))
        {
            if (ranges.Count > 0 && ranges[^1].End == chunk)
            {
                ranges[^1] = (ranges[^1].First, chunk + 1);
            }
            else
            {
                ranges.Add((chunk, chunk + 1));
            }

            elements += cut.Layout.Chunks[chunk].Length;
            if (elements >= SmallestPartElements)
            {
                parts.Add([.. ranges]);
                ranges.Clear();
                elements = 0;
            }
        }

        // A shard without chunks has one part, with nothing in it.
        if (ranges.Count > 0 || parts.Count == 0)
        {
            parts.Add([.. ranges]);
        }

        return parts.ToImmutable();
    }
}
