using BenchmarkDotNet.Attributes;
using DistTrain.Cli.Benchmarking;
using DistTrain.Engines.Simd;

namespace DistTrain.Benchmarks;

/// <summary>The two halves of a training step of 784-512-512-10 on one thread.</summary>
[InProcess]
public class StepBenchmarks
{
    private TrainingStep? step;

    [Params(32, 256, 1024)]
    public int Batch { get; set; }

    [Params("momentum", "adam")]
    public string Optimizer { get; set; } = "";

    [GlobalSetup]
    public void SetUp() => step = new TrainingStep(new SimdEngine(), "mlp:512,512", Batch, Optimizer);

    /// <summary>Forward, loss and backward at the default micro-batch count.</summary>
    [Benchmark]
    public void Gradient() => step!.Gradient();

    /// <summary>Fold, mean, transforms and new weights.</summary>
    [Benchmark]
    public void Update() => step!.Update();
}
