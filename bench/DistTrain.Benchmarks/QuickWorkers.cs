using System.Diagnostics;
using System.Globalization;
using DistTrain.Engines.Simd;
using DistTrain.Learning;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime;

namespace DistTrain.Benchmarks;

/// <summary>
/// Whole epochs of random images (60,000 unless said otherwise) through the three actors in one process: sampling, gathering, gradients, tree, optimizer, ledger and hash. One JSON line with the
/// median epoch.
/// </summary>
internal static class QuickWorkers
{
    private const int WarmUpEpochs = 2;

    public static int Run(string[] arguments)
    {
        var options = new QuickOptions(arguments);
        var definition = Definition(options);
        using var cancellation = new CancellationTokenSource();
        var seconds = new List<double>();
        var began = Stopwatch.GetTimestamp();
        var last = began;
        InProcessTraining.Run(definition, new SimdEngine(), happened =>
        {
            if (happened is EpochEnded)
            {
                seconds.Add(Stopwatch.GetElapsedTime(last).TotalSeconds);
                last = Stopwatch.GetTimestamp();
                if (seconds.Count == WarmUpEpochs)
                {
                    began = last;
                }

                if (seconds.Count > WarmUpEpochs + 2 && Stopwatch.GetElapsedTime(began).TotalSeconds > options.Seconds)
                {
                    cancellation.Cancel();
                }
            }
        }, cancellation.Token);
        var counted = seconds.Skip(WarmUpEpochs).Order().ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $$"""{"engine": "actors in one process", "model": "{{options.Model}}", "batch": {{options.Batch}}, "workers": {{options.Workers}}, "epochs": {{counted.Length}}, "images_per_s": {{options.Samples / counted[counted.Length / 2]:F0}}, "images_per_s_best": {{options.Samples / counted[0]:F0}}}"""));
        return 0;
    }

    /// <summary>The training, without an end.</summary>
    internal static TrainingDefinition Definition(QuickOptions options)
    {
        var random = new Random(1);
        var shape = new TensorShape(28, 28);
        var inputs = new float[options.Samples * shape.ElementCount];
        foreach (ref var value in inputs.AsSpan())
        {
            value = random.NextSingle();
        }

        var labels = Enumerable.Range(0, options.Samples).Select(_ => random.Next(10)).ToArray();
        return new TrainingDefinition
        {
            Graph = ModelSpecification.Parse(options.Model).Build(shape, 10),
            Loss = new SoftmaxCrossEntropyLoss(),
            Optimizer = OptimizerChain.Create("momentum", new OptimizerSettings()),
            Schedule = new ConstantSchedule(),
            // So low that the weights stay as initialized: random labels would let ReLUs die, and a convolution's backward pass then has less to do.
            LearningRate = 1e-7,
            Seed = 1,
            BatchSize = options.Batch,
            MicroBatchCount = null,
            Epochs = 100_000,
            WorkerCount = options.Workers,
            ThreadsPerWorker = options.ThreadsPerWorker,
            Train = new SampleSet(shape, inputs, new ClassLabels(labels, [.. Enumerable.Range(0, 10).Select(digit => $"{digit}")])),
            Test = null,
        };
    }
}
