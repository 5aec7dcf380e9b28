using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime.Faults;

namespace DistTrain.Runtime.Compute;

/// <summary>
/// One step's reduction and update of a shard, stage by stage. The parts of a stage may run on any threads in any order, each once; then <see cref="EndStage"/> says whether they are to run
/// again for another stage. Where they are not, <see cref="Result"/> is the answer.
/// </summary>
internal sealed class StepUpdate
{
    private readonly ShardCompute shard;
    private readonly ReduceAndUpdate effect;
    private readonly WeightVersions.Lease oldWeights;

    public StepUpdate(ShardCompute shard, ReduceAndUpdate effect, GradientNode[] nodes)
    {
        this.shard = shard;
        this.effect = effect;
        oldWeights = shard.Weights.Read(shard.Key(Step.Reads), shard.Shard);
        var newWeights = shard.BeginWriting(Step.Makes);
        shard.Update.Begin(new UpdateInputs
        {
            Update = Step.Value,
            LearningRate = effect.LearningRate,
            Nodes = nodes,
            SampleCount = effect.MiniBatch.SampleCount,
            OldWeights = oldWeights.Weights,
            NewWeights = newWeights,
            Measures = effect.Measures,
            NoiseLevel = effect.MeasuresNoise ? NoiseNodes.LevelOf(effect.MiniBatch.Partition) : null,
        });
    }

    public int PartCount => shard.PartCount;

    /// <summary>Whether it waits for the sums of the other shards.</summary>
    public bool IsStaged => shard.Cut.ShardCount > 1 && shard.Update.HasMoreStages;

    /// <summary>That it makes; the shard holds it when it is complete.</summary>
    public VersionKey Makes => shard.Key(Step.Makes);

    private StepNumber Step => effect.MiniBatch.Step;

    public void RunPart(int part)
    {
        // While it waits for the sums of others, those wait for its own.
        if (part == 0 && FaultPoints.IsArmed && !IsStaged)
        {
            FaultPoints.Pass(FaultPoint.Apply);
        }

        shard.RunPart(part);
    }

    /// <summary>To be called once a stage, when every part has run.</summary>
    /// <returns>Whether all parts are to run for another stage at once.</returns>
    public bool EndStage() => !IsStaged && shard.Update.EndStage();

    /// <summary>Goes on after <see cref="UpdateStaged"/>: the parts are to run again.</summary>
    /// <param name="squares">[shards].</param>
    public void Continue(ImmutableArray<ImmutableArray<StageSquares>> squares)
    {
        shard.Update.AcceptSquares(squares);
        shard.Update.EndStage();
    }

    /// <summary>To be called once for each time that no stage follows at once. A version that is complete exists even if it is not finite; the server decides what becomes of it.</summary>
    public ComputeResult Result()
    {
        if (IsStaged)
        {
            return new UpdateStaged(Step, shard.Update.Stage, shard.Update.OwnSquares);
        }

        oldWeights.Dispose();
        shard.Weights.EndWriting(Makes, shard.Shard);
        shard.Running = null;
        var nonFinite = shard.Update.FirstNonFiniteChunk;
        return new UpdateApplied(Step, nonFinite)
        {
            Measures = effect.Measures && nonFinite is null ? shard.Update.OwnMeasures : [],
            NodeSquares = nonFinite is null ? shard.Update.OwnNodeSquares : ShardSquares.None,
        };
    }

    /// <summary>Forgets it, between two stages.</summary>
    public void Abandon()
    {
        oldWeights.Dispose();
        shard.Weights.AbandonWriting(Makes, shard.Shard);
        shard.Running = null;
    }
}
