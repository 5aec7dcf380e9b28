using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Optimization;

namespace DistTrain.Runtime.Compute;

/// <summary>One step's reduction and update, in parts that may run on any threads in any order, each once.</summary>
internal sealed class StepUpdate
{
    private readonly ServerCompute server;
    private readonly ReduceAndUpdate effect;
    private readonly GradientNode[] nodes;
    private readonly UpdateConstants[] constants;
    private readonly WeightVersions.Lease oldWeights;
    private readonly TensorBuffer newWeights;
    private readonly object gate = new();
    private int? firstNonFiniteChunk;

    public StepUpdate(ServerCompute server, ReduceAndUpdate effect, GradientNode[] nodes)
    {
        this.server = server;
        this.effect = effect;
        this.nodes = nodes;
        constants = server.Definition.Optimizer.Constants(effect.MiniBatch.Step.Value);
        oldWeights = server.Weights.Read(effect.MiniBatch.Step.Reads);
        newWeights = server.Weights.Take();
    }

    public int PartCount => server.PartBorders.Length - 1;

    public void RunPart(int part)
    {
        var request = new UpdateRequest
        {
            Layout = server.Definition.Graph.Layout,
            Nodes = nodes,
            SampleCount = effect.MiniBatch.SampleCount,
            Optimizer = server.Definition.Optimizer,
            Constants = constants,
            LearningRate = (float)effect.LearningRate,
            OldWeights = oldWeights.Weights,
            NewWeights = newWeights,
            State = server.State,
        };
        var chunk = server.Engine.ParameterKernels.ReduceAndUpdate(request, server.PartBorders[part], server.PartBorders[part + 1]);
        if (chunk >= 0)
        {
            lock (gate)
            {
                firstNonFiniteChunk = Math.Min(chunk, firstNonFiniteChunk ?? chunk);
            }
        }
    }

    /// <summary>To be called once, when every part has run. The version exists even if it is not finite; the server decides what becomes of it.</summary>
    public UpdateApplied Complete()
    {
        oldWeights.Dispose();
        server.Weights.Publish(effect.MiniBatch.Step.Makes, newWeights);
        return new UpdateApplied(effect.MiniBatch.Step, firstNonFiniteChunk);
    }
}
