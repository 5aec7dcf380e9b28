using System.Collections.Immutable;
using DistTrain.Actors;

namespace DistTrain.Simulation.Faults.Checks;

/// <summary>
/// Every sample is applied exactly once in every epoch, by a count of its own: of what each shard was asked to add up and did, along the chain of incarnations that leads to the run's end. And every step, in every
/// incarnation, is the step of the undisturbed run.
/// </summary>
public sealed class ExactlyOnceCheck(Undisturbed expected, int sampleCount) : RunCheck
{
    private readonly Dictionary<(int Life, ActorAddress Actor), ShardLife> serving = [];
    private readonly SortedDictionary<Incarnation, SortedDictionary<ShardId, ShardLife>> incarnations = [];
    private RunEnded? ending;

    /// <summary>Steps that shard 0 has applied, replayed ones too.</summary>
    public long StepsApplied { get; private set; }

    public override void Observe(Observation observation)
    {
        switch (observation)
        {
            case ActorStepped { Delivery.Receiver.Role: ActorRole.ParameterServer } step:
                ObserveServer(step);
                break;
            case CoordinatorAnnounced { Announcement: RunEnded { Outcome: not RunOutcome.Cancelled } ended }:
                ending = ended;
                break;
        }
    }

    public override void End()
    {
        if (ending is null)
        {
            return;
        }

        var counts = new SortedDictionary<int, int[]>();
        var last = ending.LastStep;
        foreach (var (incarnation, shards) in incarnations.Reverse())
        {
            // The newest life of the state that came as far as this, from where the ones after it began.
            if (last.Value == 0 || shards.Count == 0 || shards.Values.Any(life => life.Version < last.Makes))
            {
                continue;
            }

            var life = shards.First().Value;
            foreach (var (step, nodes) in life.Applied.Where(pair => pair.Key <= last))
            {
                Count(counts, step, nodes);
            }

            last = life.From.Value < last.Value ? new StepNumber(life.From.Value) : last;
        }

        Require(last.Value == 0, $"nobody has applied step {last}, and yet the run ends with later ones");
        foreach (var (epoch, positions) in counts)
        {
            var wrong = Array.FindIndex(positions, count => count != 1);
            Require(wrong < 0, $"in epoch {epoch}, the sample at position {wrong} was applied {(wrong < 0 ? 1 : positions[wrong])} times");
        }
    }

    private void ObserveServer(ActorStepped step)
    {
        var key = (step.Life, step.Delivery.Receiver);
        switch (step.Delivery.Message)
        {
            case StartServing or ResumeServing when step.WasActedUpon:
                serving[key] = new ShardLife(new ShardId(step.Delivery.Receiver.Number), ((ActorMessage)step.Delivery.Message).Header.Incarnation);
                break;
            case WeightsInitialized initialized:
                Begin(serving[key], initialized.Version);
                break;
            case UpdateApplied { FirstNonFiniteChunk: null } applied when !step.Delivery.Effects.Contains(new DropWeights(applied.Step.Makes)):
                Apply(serving[key]);
                break;
        }

        if (serving.TryGetValue(key, out var life))
        {
            life.Running = step.Delivery.Effects.OfType<ReduceAndUpdate>().LastOrDefault() ?? life.Running;
        }
    }

    private void Begin(ShardLife life, WeightVersion version)
    {
        life.From = life.Version = version;
        var reached = version.Value == 0 || incarnations.Any(pair => pair.Key < life.Incarnation && pair.Value.Values.All(earlier => earlier.Version >= version));
        Require(reached, $"{life.Shard} begins incarnation {life.Incarnation} with version {version}, which no incarnation before it has made");
        if (!incarnations.TryGetValue(life.Incarnation, out var shards))
        {
            incarnations[life.Incarnation] = shards = [];
        }

        Require(shards.TryAdd(life.Shard, life), $"{life.Shard} begins incarnation {life.Incarnation} twice");
    }

    private void Apply(ShardLife life)
    {
        var update = life.Running!;
        var step = update.MiniBatch.Step;
        Require(step == life.Version.NextStep, $"{life.Shard} applies step {step} on version {life.Version}");
        Require(step.Value < expected.Plans.Length, $"{life.Shard} applies step {step}, which the undisturbed run does not have");
        Require((update.MiniBatch, update.LearningRate) == expected.Plans[(int)step.Value], $"{life.Shard} applies step {step} as {update.MiniBatch} with the rate {update.LearningRate}");
        RequireWholeTree(life.Shard, update);
        life.Version = step.Makes;
        life.Applied[step] = (update.MiniBatch, [.. update.Nodes.Select(held => held.Node)]);
        StepsApplied += life.Shard.Value == 0 ? 1 : 0;
    }

    private static void RequireWholeTree(ShardId shard, ReduceAndUpdate update)
    {
        var counts = new int[update.MiniBatch.MicroBatchCount];
        foreach (var node in update.Nodes)
        {
            for (var i = node.Node.First; i < node.Node.End; i++)
            {
                counts[i]++;
            }
        }

        var wrong = Array.FindIndex(counts, count => count != 1);
        Require(wrong < 0, $"{shard} adds micro-batch {wrong} of step {update.MiniBatch.Step} {(wrong < 0 ? 1 : counts[wrong])} times");
    }

    private void Count(SortedDictionary<int, int[]> counts, StepNumber step, (MiniBatch MiniBatch, ImmutableArray<Learning.Reduction.TreeNode> Nodes) applied)
    {
        var batch = applied.MiniBatch;
        Require(batch.Step == step, $"step {step} was made of {batch}");
        if (!counts.TryGetValue(batch.Epoch, out var positions))
        {
            counts[batch.Epoch] = positions = new int[sampleCount];
        }

        foreach (var node in applied.Nodes)
        {
            for (var sample = batch.Partition.Boundary(node.First); sample < batch.Partition.Boundary(node.End); sample++)
            {
                positions[batch.FirstPosition + sample]++;
            }
        }
    }

    /// <summary>One shard in one incarnation.</summary>
    private sealed class ShardLife(ShardId shard, Incarnation incarnation)
    {
        public ShardId Shard => shard;

        public Incarnation Incarnation => incarnation;

        public WeightVersion From { get; set; }

        public WeightVersion Version { get; set; }

        public ReduceAndUpdate? Running { get; set; }

        public SortedDictionary<StepNumber, (MiniBatch MiniBatch, ImmutableArray<Learning.Reduction.TreeNode> Nodes)> Applied { get; } = [];
    }
}
