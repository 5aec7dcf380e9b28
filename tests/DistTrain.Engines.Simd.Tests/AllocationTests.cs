using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Engines.Simd.Tests;

public sealed class AllocationTests
{
    [Theory]
    [InlineData("momentum")]
    [InlineData("adam")]
    public void A_step_in_the_steady_state_allocates_nothing(string optimizerName)
    {
        var engine = new SimdEngine();
        var scene = new Scene("mlp:65,20", "cross-entropy", 67, 4);
        IModelProgram program = scene.CreateProgram(engine);
        GradientNode[] nodes = [new(new TreeNode(2, 0), scene.CreateGradient())];
        var statistics = new NodeStatistics[1];
        OptimizerChain optimizer = OptimizerChain.Create(optimizerName, new OptimizerSettings());
        UpdateConstants[] constants = optimizer.Constants(1);
        TensorBuffer[] state = [.. Enumerable.Range(0, optimizer.StateCount).Select(_ => scene.CreateGradient())];
        TensorBuffer oldWeights = scene.CreateGradient(), newWeights = scene.CreateGradient();
        long before = 0;
        for (int step = 0; step < 20; step++)
        {
            if (step == 10)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            scene.Run(program, 0, 4, nodes, statistics);
            engine.ParameterKernels.ReduceAndUpdate(
                new UpdateRequest
                {
                    Layout = scene.Layout, Nodes = nodes, SampleCount = 67, Optimizer = optimizer, Constants = constants, LearningRate = 0.1f,
                    OldWeights = oldWeights, NewWeights = newWeights, State = state,
                },
                0,
                scene.Layout.Chunks.Length);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
