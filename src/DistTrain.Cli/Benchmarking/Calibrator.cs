using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime;
using DistTrain.Simulation.WhatIf;

namespace DistTrain.Cli.Benchmarking;

/// <summary>Measures what predictions are made from: what things take where nothing disturbs them.</summary>
public static class Calibrator
{
    /// <summary>Of the batches whose gradients are timed.</summary>
    private static readonly ImmutableArray<int> BatchSizes = [4, 16, 64, 256, 512];

    private const int ReducedNodes = 8;
    private const int ContendedBatch = 64;

    /// <summary>So many gathered samples that they do not all stay in the cache.</summary>
    private const int GatheredSamples = 20_000;

    /// <summary>Handled in a step of one worker and one shard in one process, all on the thread that computes: three by the worker, three by the shard, one by the coordinator.</summary>
    private const int MessagesOfStep = 7;

    /// <param name="engine">A new engine, for each thread.</param>
    /// <param name="models">Short forms, at least one.</param>
    /// <param name="secondsEach">For each of the measurements.</param>
    /// <exception cref="InvalidInputException">There is no such model.</exception>
    public static Calibration Measure(Func<IEngine> engine, IReadOnlyList<string> models, double secondsEach)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(models);
        var graphs = models.Select(ModelWork.Build).ToArray();
        var elements = graphs.Max(graph => graph.Layout.BufferLength);
        using var link = new LinkProbe(elements);
        return new Calibration
        {
            Machine = $"{RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors, kernels {engine().KernelPath}",
            Processors = Environment.ProcessorCount,
            Models = [.. models.Zip(graphs, (model, graph) => MeasureModel(engine(), model, graph, secondsEach))],
            GatherSecondsPerByte = GatherSecondsPerByte(secondsEach),
            MessageSeconds = MessageSeconds(engine(), secondsEach),
            WakeSeconds = WakeSeconds(secondsEach),
            LocalLatencySeconds = LinkProbe.LowerQuartile(link.Ping, secondsEach) / 2,
            RemoteMessageSeconds = LinkProbe.LowerQuartile(() => link.PingMany(), secondsEach) / (2 * link.PingMany()),
            LocalBytesPerSecond = (double)sizeof(float) * link.Exchanged / LinkProbe.LowerQuartile(link.Exchange, secondsEach),
            Contention = Contention(engine, models[0], secondsEach),
        };
    }

    private static ModelCalibration MeasureModel(IEngine engine, string model, ModelGraph graph, double seconds)
    {
        var line = LineFit.Through([.. BatchSizes.Select(size => (size, Timing.Measure(new TrainingStep(engine, model, size).Gradient, seconds).Best))]);
        var elements = graph.Layout.Tensors.Sum(tensor => (double)tensor.Length);
        var update = Timing.Measure(new UpdateProbe(engine, graph.Layout, 1).Run, seconds).Best;
        var reduced = Timing.Measure(new UpdateProbe(engine, graph.Layout, ReducedNodes).Run, seconds).Best;
        return new ModelCalibration(
            model,
            ModelWork.OperationsPerSample(graph),
            line.Start,
            line.Slope,
            line.LargestError,
            update / elements,
            Math.Max(0, reduced - update) / (ReducedNodes - 1) / elements);
    }

    /// <summary>How much longer a gradient takes where every processor computes one.</summary>
    private static double Contention(Func<IEngine> engine, string model, double seconds)
    {
        var alone = Timing.Measure(new TrainingStep(engine(), model, ContendedBatch).Gradient, seconds).Best;
        var together = new double[Environment.ProcessorCount];
        var threads = together.Select((_, index) => new Thread(() => together[index] = Timing.Measure(new TrainingStep(engine(), model, ContendedBatch).Gradient, seconds).Best)).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return Math.Max(1, together.Average() / alone);
    }

    private static double GatherSecondsPerByte(double seconds)
    {
        var length = ModelWork.SampleShape.ElementCount;
        var (from, to) = (new float[GatheredSamples * length], new float[256 * length]);
        var random = new Random(1);
        var gathered = Timing.Measure(
            () =>
            {
                for (var sample = 0; sample < 256; sample++)
                {
                    from.AsSpan(random.Next(GatheredSamples) * length, length).CopyTo(to.AsSpan(sample * length));
                }
            },
            seconds);
        return gathered.Best / to.Length / sizeof(float);
    }

    /// <summary>Of a training that has next to nothing to compute.</summary>
    private static double MessageSeconds(IEngine engine, double seconds)
    {
        using var cancellation = new CancellationTokenSource();
        var epochs = new List<double>();
        var began = Stopwatch.GetTimestamp();
        InProcessTraining.Run(TinyTraining(), engine, happened =>
        {
            if (happened is EpochEnded { Report: var report })
            {
                epochs.Add(report.TrainingSeconds / report.Steps);
                if (epochs.Count > 4 && Stopwatch.GetElapsedTime(began).TotalSeconds > seconds)
                {
                    cancellation.Cancel();
                }
            }
        }, cancellation.Token);
        return epochs.Order().ElementAt(epochs.Count / 4) / MessagesOfStep;
    }

    private static TrainingDefinition TinyTraining()
    {
        var shape = new TensorShape(2);
        return new TrainingDefinition
        {
            Graph = ModelSpecification.Parse("logistic").Build(shape, 2),
            Loss = new SoftmaxCrossEntropyLoss(),
            Optimizer = OptimizerChain.Create("momentum", new OptimizerSettings()),
            Schedule = new ConstantSchedule(),
            LearningRate = 1e-7,
            Seed = 1,
            BatchSize = 4,
            MicroBatchCount = null,
            Epochs = 100_000,
            WorkerCount = 1,
            Train = new SampleSet(shape, new float[2 * 2048], new ClassLabels(new int[2048], ["a", "b"])),
            Test = null,
        };
    }

    /// <summary>From a word to a thread that sleeps until it answers.</summary>
    private static double WakeSeconds(double seconds)
    {
        using SemaphoreSlim there = new(0), back = new(0);
        var isOver = false;
        var other = new Thread(() =>
        {
            for (there.Wait(); !isOver; there.Wait())
            {
                back.Release();
            }
        });
        other.Start();
        var times = new List<double>();
        for (var began = Stopwatch.GetTimestamp(); times.Count < 5 || Stopwatch.GetElapsedTime(began).TotalSeconds < seconds;)
        {
            // Until it sleeps.
            Thread.Sleep(1);
            var start = Stopwatch.GetTimestamp();
            there.Release();
            back.Wait();
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        isOver = true;
        there.Release();
        other.Join();
        return times.Order().ElementAt(times.Count / 4);
    }
}
