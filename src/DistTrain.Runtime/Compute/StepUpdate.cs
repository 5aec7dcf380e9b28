using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;

namespace DistTrain.Runtime.Compute;

/// <summary>
/// One step's reduction and update, stage by stage. The parts of a stage may run on any threads in any order, each once; then <see cref="EndStage"/> says whether they are to run again for
/// another stage.
/// </summary>
internal sealed class StepUpdate
{
    private readonly ServerCompute server;
    private readonly ReduceAndUpdate effect;
    private readonly WeightVersions.Lease oldWeights;
    private readonly TensorBuffer newWeights;

    public StepUpdate(ServerCompute server, ReduceAndUpdate effect, GradientNode[] nodes)
    {
        this.server = server;
        this.effect = effect;
        oldWeights = server.Weights.Read(effect.MiniBatch.Step.Reads);
        newWeights = server.Weights.Take();
        server.Update.Begin(new UpdateInputs
        {
            Update = effect.MiniBatch.Step.Value,
            LearningRate = effect.LearningRate,
            Nodes = nodes,
            SampleCount = effect.MiniBatch.SampleCount,
            OldWeights = oldWeights.Weights,
            NewWeights = newWeights,
            Measures = effect.Measures,
        });
    }

    public int PartCount => server.PartBorders.Length - 1;

    public void RunPart(int part) => server.Update.RunChunks(server.PartBorders[part], server.PartBorders[part + 1]);

    /// <summary>To be called once a stage, when every part has run.</summary>
    /// <returns>Whether all parts are to run for another stage.</returns>
    public bool EndStage() => server.Update.EndStage();

    /// <summary>To be called once, when no stage is left. The version exists even if it is not finite; the server decides what becomes of it.</summary>
    public UpdateApplied Complete()
    {
        oldWeights.Dispose();
        server.Weights.Publish(effect.MiniBatch.Step.Makes, newWeights);
        var nonFinite = server.Update.FirstNonFiniteChunk;
        return new UpdateApplied(effect.MiniBatch.Step, nonFinite) { Measures = effect.Measures && nonFinite is null ? [.. server.Update.Measures] : [] };
    }
}
