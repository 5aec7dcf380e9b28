using System.Collections.Immutable;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>A step that the server has been told of, or been sent contributions for, and that is not committed.</summary>
internal sealed class OpenStep
{
    private readonly List<Contribution> held = [];
    private readonly List<TreeNode> nodes = [];
    private readonly List<Contribution> waiting = [];
    private int microBatches;

    public PlanStep? Plan { get; private set; }

    /// <summary>Disjoint, in order of their first micro-batch.</summary>
    public IReadOnlyList<TreeNode> Nodes => nodes;

    public bool IsComplete => Plan is { } plan && microBatches == plan.MiniBatch.MicroBatchCount;

    /// <summary>Every gradient that is held, waiting ones too.</summary>
    public IEnumerable<GradientHandle> Gradients => held.Concat(waiting).Select(contribution => contribution.Gradient);

    /// <returns>The contributions that came before the plan; they are to be judged now.</returns>
    public IReadOnlyList<Contribution> SetPlan(PlanStep plan)
    {
        Plan = plan;
        Contribution[] early = [.. waiting];
        waiting.Clear();
        return early;
    }

    public void Wait(Contribution contribution) => waiting.Add(contribution);

    public void Accept(Contribution contribution)
    {
        var place = nodes.BinarySearch(contribution.Node);
        nodes.Insert(~place, contribution.Node);
        held.Insert(~place, contribution);
        microBatches += contribution.Node.Count;
    }

    public NodeStatistics FoldStatistics() =>
        StatisticsTree.Fold(Plan!.MiniBatch.Partition.Root, [.. held.Select(contribution => (contribution.Node, contribution.Statistics))]);

    public ReduceAndUpdate Reduction(ShardId shard) =>
        new(shard, Plan!.MiniBatch, [.. held.Select(contribution => new HeldGradient(contribution.Node, contribution.Gradient))], Plan.LearningRate) { Measures = Plan.Measures, MeasuresNoise = Plan.MeasuresNoise };

    /// <summary>What came with the contributions to a step whose noise is measured; otherwise empty.</summary>
    public ImmutableArray<NodeNorm> NodeNorms() => [.. held.SelectMany(contribution => NoiseRule.Norms(contribution.Node, contribution.SquaredNorms, Plan!.MiniBatch.Partition))];

    public LedgerEntry ToLedgerEntry() => new(
        Plan!.MiniBatch,
        [.. held.Select(contribution => new AcceptedNode(contribution.Node, contribution.Worker, contribution.Statistics.SampleCount, contribution.ComputeMicroseconds))]);
}
