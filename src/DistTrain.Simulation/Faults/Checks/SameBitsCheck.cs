using DistTrain.Actors;
using DistTrain.Learning.Reduction;

namespace DistTrain.Simulation.Faults.Checks;

/// <summary>
/// A step has one result: whatever weights are sent, by whichever shard of whichever incarnation, are those of the undisturbed run, and a gradient that is computed twice has the same bits both times.
/// </summary>
public sealed class SameBitsCheck(Undisturbed expected) : RunCheck
{
    private readonly Dictionary<(StepNumber Step, TreeNode Node, int Shards, ShardId Shard), float[]> gradients = [];

    public override void Observe(Observation observation)
    {
        if (observation is not TensorsSent sent)
        {
            return;
        }

        switch (sent.Message)
        {
            case WeightsPublished published:
                CheckWeights(sent, published.Shard, published.Version);
                break;
            case WeightsDelivered delivered:
                CheckWeights(sent, delivered.Shard, delivered.Version);
                break;
            case StateDelivered delivered:
                CheckState(sent, delivered.Shard, delivered.State.Version);
                break;
            case ResumeServing resume:
                CheckState(sent, resume.Shard, resume.State.Version);
                break;
            case Contribution contribution:
                CheckGradient(sent, contribution);
                break;
        }
    }

    private void CheckWeights(TensorsSent sent, ShardId shard, WeightVersion version)
    {
        var at = 0;
        foreach (var segment in ShardCut.Create(TinyTraining.Layout, sent.Shards).SegmentsOf(shard.Value))
        {
            CheckSegment(sent.Segments[at++].Span, segment.Offset, segment.Length, shard, version);
        }
    }

    /// <summary>The weights come first, the shard's segments one behind the other.</summary>
    private void CheckState(TensorsSent sent, ShardId shard, WeightVersion version)
    {
        var at = 0;
        foreach (var segment in ShardCut.Create(TinyTraining.Layout, sent.Shards).SegmentsOf(shard.Value))
        {
            CheckSegment(sent.Segments[0].Span[at..], segment.Offset, segment.Length, shard, version);
            at += segment.Length;
        }
    }

    private void CheckSegment(ReadOnlySpan<float> sent, int offset, int length, ShardId shard, WeightVersion version)
    {
        Require(version.Value < expected.Weights.Length, $"{shard} sends version {version}, which the undisturbed run does not have");
        Require(
            AreSameBits(sent[..length], expected.Weights[(int)version.Value].Span.Slice(offset, length)),
            $"{shard} sends weights of version {version} that differ from the undisturbed run's");
    }

    private void CheckGradient(TensorsSent sent, Contribution contribution)
    {
        var key = (contribution.Step, contribution.Node, sent.Shards, contribution.Shard);
        float[] flat = [.. sent.Segments.SelectMany(segment => segment.ToArray())];
        if (!gradients.TryAdd(key, flat))
        {
            Require(AreSameBits(flat, gradients[key]), $"{contribution.Worker} computes another gradient of {contribution.Node} of step {contribution.Step} than was computed before");
        }
    }

    private static bool AreSameBits(ReadOnlySpan<float> left, ReadOnlySpan<float> right) =>
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(left).SequenceEqual(System.Runtime.InteropServices.MemoryMarshal.AsBytes(right));
}
