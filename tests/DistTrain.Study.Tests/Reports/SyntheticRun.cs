using System.Globalization;
using System.Text.Json;
using DistTrain.Study.Reports.Runs;

namespace DistTrain.Study.Tests.Reports;

/// <summary>Lines of a run's metrics, as the program writes them.</summary>
internal static class SyntheticRun
{
    public const string HostileName = "<script>alert(1)</script>\u0001&\"'";

    private static readonly string[] Tensors = ["dense1.weight", "dense1.bias", "dense2.weight"];
    private static readonly string[] Advice = ["over-fitting since epoch 10"];

    public static RunHistory Read(int seed = 1, double rate = 0.05, int epochs = 20, string data = "digits") => RunHistoryReader.Read(Lines(seed, rate, epochs, data)) with
    {
        Confusions = new Confusions(["zero", "one", "two"], [[118, 1, 0], [0, 120, 2], [3, 0, 115]]),
    };

    public static IEnumerable<string> Lines(int seed = 1, double rate = 0.05, int epochs = 20, string data = "digits")
    {
        var random = new Random(seed);
        yield return Line(new
        {
            @event = "started", version = "9.8.7+0123456789ab", run = $"runs/seed-{seed}", configuration = new { data, model = "mlp:256,128", learningRate = rate, batchSize = 32, epochs, seed, label = (string?)null, checkpoints = true },
            data, dataHash = "sha256:43ff45666506", trainSamples = 1438, validationSamples = 144, testSamples = 359, parameterCount = 50826, kernelPath = "avx512", arithmeticId = "f32-fma-16lane-v1",
        });
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            for (var step = ((epoch - 1) * 45) + 9; step <= epoch * 45; step += 9)
            {
                yield return Line(new
                {
                    @event = "layers", step, learningRate = rate, loss = 1.0 / step,
                    tensors = Tensors.Select((name, index) => new { name, gradientNorm = (1.0 + index + random.NextDouble()) / Math.Sqrt(step), weightNorm = 20 + index + (0.001 * step), updateRatio = step % 90 == 0 ? 0 : 0.002 / Math.Sqrt(step) }),
                });
                yield return Line(new { @event = "evaluation", epoch = 1, step, gradientSquaredNorm = step == 9 ? -0.1 : 1.0 / step, gradientVariance = 12.0, noiseScale = step == 9 ? null : (double?)(12.0 * step) });
            }

            yield return Line(new
            {
                @event = "epoch", epoch, steps = 45, lastStep = epoch * 45, samples = 1438, expectedSamples = 1438, duplicated = 0, lost = 0, recomputed = 0,
                trainLoss = (2.0 * Math.Exp(-rate * 8 * epoch)) + (0.02 * random.NextDouble()), trainAccuracy = 1 - (0.5 * Math.Exp(-epoch / 3.0)),
                validationLoss = (2.0 * Math.Exp(-rate * 8 * epoch)) + 0.1 + (0.02 * random.NextDouble()), validationAccuracy = 1 - (0.5 * Math.Exp(-epoch / 3.0)) - (0.03 * random.NextDouble()), validationMicroF1 = 0.9, testLoss = (double?)null,
                activations = new[] { new { layer = "relu1", deadShare = 0.1, saturatedShare = (double?)null } },
                learningRate = rate, seconds = 0.1, samplesPerSecond = 14_380.0 * (0.9 + (0.2 * random.NextDouble())), weightsHash = $"d781928f6f17{epoch:x4}",
                workers = new[] { new { worker = "worker-1", microBatchesAccepted = 50, firstStep = (epoch * 45) - 44, lastStep = epoch * 45 }, new { worker = "worker-2", microBatchesAccepted = 40, firstStep = (epoch * 45) - 44, lastStep = epoch * 45 } },
            });
            if (epoch % 5 == 0)
            {
                yield return Line(new { @event = "checkpoint", step = epoch * 45, writingSeconds = 0.012 });
            }

            if (epoch == 12)
            {
                yield return Line(new { @event = "recovered", term = 1, incarnation = 2, fromStep = 500, lostSteps = 40, lostSeconds = 0.08, cause = "worker-2 was lost" });
            }
        }

        yield return Line(new
        {
            @event = "finished", outcome = "completed", epochs, steps = epochs * 45, seconds = 2.25, restoredEpoch = (int?)null, validationLoss = 0.11, validationAccuracy = 0.9722, testLoss = 0.0891 + (0.002 * random.NextDouble()),
            testAccuracy = 0.975 + (0.008 * random.NextDouble()) - (0.1 * Math.Abs(rate - 0.05)), weightsHash = $"e167fe1cad860d50{seed:x4}", run = "runs/x", explanation = (string?)null, advice = Advice,
        });
    }

    private static string Line<T>(T value) => JsonSerializer.Serialize(value).Replace("Infinity", "null", true, CultureInfo.InvariantCulture);
}
