using System.Globalization;
using DistTrain.Actors;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime;

namespace DistTrain.Simulation.Tests;

/// <summary>
/// Computes with words instead of numbers: a gradient is the sum it stands for, written out, and weights are the history that made them. So a test sees exactly what was added, in which
/// order, on which weights. It refuses what actors must not ask for: a version that is not held, a handle that was released, a sum of gradients of different steps.
/// </summary>
internal sealed class SymbolicHost : IComputeHost
{
    private readonly RunDefinition definition;
    private readonly Dictionary<ActorAddress, Dictionary<WeightVersion, string>> weights = [];
    private readonly Dictionary<ActorAddress, Dictionary<GradientHandle, SymbolicGradient>> gradients = [];
    private readonly List<AppliedStep> applied = [];
    private long lastHandle;

    public SymbolicHost(RunDefinition definition)
    {
        this.definition = definition;
    }

    /// <summary>The update of this step makes weights that are not finite.</summary>
    public StepNumber? NonFiniteUpdate { get; init; }

    /// <summary>The loss of each version's evaluation blocks; where it is null, the loss follows from the weights.</summary>
    public Func<WeightVersion, double>? EvaluationLoss { get; init; }

    /// <summary>The loss of this step's first micro-batch is not finite.</summary>
    public StepNumber? NonFiniteLoss { get; init; }

    /// <summary>Every update, in order.</summary>
    public IReadOnlyList<AppliedStep> Applied => applied;

    /// <summary>What the weights of a version are made of, as the parameter server holds it.</summary>
    public string FinalWeights(WeightVersion version) => WeightsOf(ActorAddress.Of(new ShardId(0)), version);

    /// <summary>The whole tree over M micro-batches, as the reduction must write it.</summary>
    public static string WholeTree(MiniBatchPartition partition) => Write(partition.Root);

    public ComputeResult Execute(ActorAddress actor, ComputeEffect effect) => effect switch
    {
        InitializeWeights => Initialize(actor),
        ComputeGradient compute => Compute(actor, compute),
        ReduceAndUpdate update => Update(actor, update),
        EvaluateBlocks evaluate => Evaluate(actor, evaluate),
        HashWeights hash => new WeightsHashed(hash.Version, WeightsOf(actor, hash.Version)),
        _ => throw new InvalidOperationException($"unknown computation {effect}"),
    };

    public void Release(ActorAddress actor, ReleaseEffect effect)
    {
        var wasHeld = effect switch
        {
            ReleaseGradient release => GradientsOf(actor).Remove(release.Gradient),
            DropWeights drop => weights[actor].Remove(drop.Version),
            _ => false,
        };
        if (!wasHeld)
        {
            throw new InvalidOperationException($"{actor} lets go of what it does not hold: {effect}");
        }
    }

    public ActorMessage Transfer(ActorAddress sender, ActorAddress receiver, ActorMessage message)
    {
        switch (message)
        {
            case WeightsPublished published:
                VersionsOf(receiver)[published.Version] = WeightsOf(sender, published.Version);
                return published;
            case Contribution contribution:
                return contribution with { Gradient = Hold(receiver, GradientsOf(sender)[contribution.Gradient]) };
            default:
                throw new InvalidOperationException($"{message} carries no tensors");
        }
    }

    public void Forget(ActorAddress actor)
    {
        gradients.Remove(actor);
        if (actor.Role != ActorRole.ParameterServer)
        {
            weights.Remove(actor);
        }
    }

    private WeightsInitialized Initialize(ActorAddress actor)
    {
        VersionsOf(actor)[default] = "w0";
        return new WeightsInitialized(default);
    }

    private GradientComputed Compute(ActorAddress actor, ComputeGradient compute)
    {
        var batch = compute.MiniBatch;
        var on = WeightsOf(actor, batch.Step.Reads);
        var nodes = TreeNode.Cover(compute.Range.First, compute.Range.End)
            .Select(node => new ComputedNode(node, Hold(actor, new SymbolicGradient(batch, on, node, Write(node))), StatisticsOf(batch, node)));
        return new GradientComputed(batch.Step, compute.Range, [.. nodes], 0);
    }

    private NodeStatistics StatisticsOf(MiniBatch batch, TreeNode node)
    {
        if (node.Level > 0)
        {
            return NodeStatistics.Add(
                StatisticsOf(batch, new TreeNode(node.Level - 1, node.Index * 2)), StatisticsOf(batch, new TreeNode(node.Level - 1, (node.Index * 2) + 1)));
        }

        var samples = batch.Partition.SamplesOf(node);

        // Thirds are rounded, so a sum in another order would show in the last bits.
        var loss = batch.Step == NonFiniteLoss && node.Index == 0 ? double.NaN : (batch.FirstPosition + node.Index + 1) / 3.0;
        return new NodeStatistics(loss, (samples + node.Index) / 2, samples);
    }

    private UpdateApplied Update(ActorAddress actor, ReduceAndUpdate update)
    {
        var step = update.MiniBatch.Step;
        var old = WeightsOf(actor, step.Reads);
        var held = update.Nodes.Select(node => GradientsOf(actor)[node.Gradient]).ToList();
        if (held.Any(gradient => gradient.MiniBatch != update.MiniBatch || gradient.ComputedOn != old))
        {
            throw new InvalidOperationException($"step {step} adds gradients of another step or of other weights");
        }

        var sum = Fold(update.MiniBatch.Partition.Root, held.ToDictionary(gradient => gradient.Node));
        applied.Add(new AppliedStep(update.MiniBatch, sum, update.LearningRate));
        VersionsOf(actor)[step.Makes] = Digest($"{old} - {update.LearningRate.ToString("R", CultureInfo.InvariantCulture)} {sum} of {update.MiniBatch}");
        return new UpdateApplied(step, step == NonFiniteUpdate ? 7 : null);
    }

    private BlocksEvaluated Evaluate(ActorAddress actor, EvaluateBlocks evaluate)
    {
        var on = WeightsOf(actor, evaluate.Version);
        var blocks = Enumerable.Range(evaluate.Blocks.First, evaluate.Blocks.Count).Select(block =>
        {
            var samples = Math.Min(definition.EvaluationBlockSize, definition.SampleCountOf(evaluate.Split) - (block * definition.EvaluationBlockSize));
            return new BlockResult(block, EvaluationLoss is { } loss ? loss(evaluate.Version) * samples : (on[^1] + block) / 7.0, samples / 2, samples);
        });
        return new BlocksEvaluated(evaluate.Version, evaluate.Split, evaluate.Blocks, [.. blocks]);
    }

    private static string Write(TreeNode node) => node.Level == 0
        ? node.Index.ToString(CultureInfo.InvariantCulture)
        : $"({Write(new TreeNode(node.Level - 1, node.Index * 2))}+{Write(new TreeNode(node.Level - 1, (node.Index * 2) + 1))})";

    private static string Fold(TreeNode node, Dictionary<TreeNode, SymbolicGradient> held) => held.TryGetValue(node, out var gradient)
        ? gradient.Sum
        : $"({Fold(new TreeNode(node.Level - 1, node.Index * 2), held)}+{Fold(new TreeNode(node.Level - 1, (node.Index * 2) + 1), held)})";

    private static string Digest(string text) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    private GradientHandle Hold(ActorAddress actor, SymbolicGradient gradient)
    {
        var handle = new GradientHandle(++lastHandle);
        GradientsOf(actor).Add(handle, gradient);
        return handle;
    }

    private string WeightsOf(ActorAddress actor, WeightVersion version) => VersionsOf(actor).TryGetValue(version, out var found)
        ? found
        : throw new InvalidOperationException($"{actor} does not hold version {version}");

    private Dictionary<WeightVersion, string> VersionsOf(ActorAddress actor) => OfActor(weights, actor);

    private Dictionary<GradientHandle, SymbolicGradient> GradientsOf(ActorAddress actor) => OfActor(gradients, actor);

    private static Dictionary<TKey, TValue> OfActor<TKey, TValue>(Dictionary<ActorAddress, Dictionary<TKey, TValue>> all, ActorAddress actor)
        where TKey : notnull
    {
        if (!all.TryGetValue(actor, out var held))
        {
            all[actor] = held = [];
        }

        return held;
    }

    private sealed record SymbolicGradient(MiniBatch MiniBatch, string ComputedOn, TreeNode Node, string Sum);
}

/// <summary>An update as the server made it.</summary>
internal sealed record AppliedStep(MiniBatch MiniBatch, string Sum, double LearningRate);
