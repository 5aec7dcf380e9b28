using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Engines.Simd.Tests;

public sealed class AllocationTests
{
    [Theory]
    [InlineData("momentum", 0)]
    [InlineData("adam", 0)]
    [InlineData("lamb", 1)]
    public void A_step_in_the_steady_state_allocates_nothing(string optimizerName, double clipNorm)
    {
        var engine = new SimdEngine();
        var scene = new Scene("mlp:65,20", "cross-entropy", 67, 4);
        IModelProgram program = scene.CreateProgram(engine);
        GradientNode[] nodes = [new(new TreeNode(2, 0), scene.CreateGradient())];
        var statistics = new NodeStatistics[1];
        OptimizerChain optimizer = OptimizerChain.Create(optimizerName, new OptimizerSettings { ClipNorm = clipNorm });
        var update = new StagedUpdate(engine.ParameterKernels, scene.Layout, new OptimizerState(optimizer, scene.Layout));
        TensorBuffer oldWeights = scene.CreateGradient(), newWeights = scene.CreateGradient();
        long before = 0;
        for (int step = 0; step < 20; step++)
        {
            if (step == 10)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            scene.Run(program, 0, 4, nodes, statistics);
            update.Run(new UpdateInputs
            {
                Update = step + 1, LearningRate = 0.1, Nodes = nodes, SampleCount = 67, OldWeights = oldWeights, NewWeights = newWeights, Measures = true,
            });
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
