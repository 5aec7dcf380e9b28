using DistTrain.Actors;
using DistTrain.Engines.Simd;
using DistTrain.Learning.Diagnostics;
using DistTrain.Runtime;
using DistTrain.Simulation.Faults;

namespace DistTrain.Simulation.Tests;

/// <summary>The noise scale under virtual time; what becomes of it when processes die, <see cref="Faults.FaultRunTests"/> compare, epoch by epoch.</summary>
public class NoiseScaleTests
{
    [Fact]
    public void Any_number_of_workers_and_shards_gives_the_bits_of_the_threads_in_one_process()
    {
        var training = new TinyTraining("adam", 0.3, SampleCount: 37, MicroBatchCount: 8, Epochs: 4, TinyStopping.None);
        var expected = new List<NoiseScale?>();
        Assert.Equal(RunOutcome.Completed, InProcessTraining.Run(training.Define(1, 1), new SimdEngine(), Collect(expected), CancellationToken.None).Outcome);
        Assert.Equal(4, expected.Count);
        Assert.All(expected, noise => Assert.True(noise?.GradientVariance > 0, $"{noise}"));
        foreach (var workers in (int[])[1, 2, 3, 5])
        {
            foreach (var shards in (int[])[1, 2, 3])
            {
                var actual = new List<NoiseScale?>();
                Assert.Equal(RunOutcome.Completed, DeterministicTraining.Run(training.Define(workers, shards), new SimdEngine(), Collect(actual), CancellationToken.None).Outcome);
                Assert.Equal(expected, actual);
            }
        }
    }

    private static Action<TrainingEvent> Collect(List<NoiseScale?> noise) => happened =>
    {
        if (happened is EpochEnded { Report: var report })
        {
            noise.Add(report.Noise);
        }
    };
}
