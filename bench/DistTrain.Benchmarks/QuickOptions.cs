using System.Globalization;
using DistTrain.Engines.Simd;

namespace DistTrain.Benchmarks;

/// <summary>The options that the quick measurements share: <c>--name value</c> pairs.</summary>
internal sealed class QuickOptions
{
    public QuickOptions(string[] arguments)
    {
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var value = i + 1 < arguments.Length ? arguments[i + 1] : throw new ArgumentException($"{arguments[i]} needs a value");
            switch (arguments[i])
            {
                case "--batch":
                    Batch = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "--samples":
                    Samples = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "--threads-per-worker":
                    ThreadsPerWorker = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "--seconds":
                    Seconds = double.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "--workers" or "--threads":
                    Workers = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "--rounds":
                    Rounds = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "--path":
                    Path = Enum.Parse<KernelPath>(value, ignoreCase: true);
                    break;
                case "--optimizer":
                    Optimizer = value;
                    break;
                case "--measures":
                    Measures = bool.Parse(value);
                    break;
                case "--model":
                    Model = value;
                    break;
                default:
                    throw new ArgumentException($"unknown option {arguments[i]}");
            }
        }
    }

    public int Batch { get; } = 256;

    /// <summary>Samples of an epoch.</summary>
    public int Samples { get; } = 60_000;

    public int ThreadsPerWorker { get; } = 1;

    public double Seconds { get; } = 4;

    public int Workers { get; } = 2;

    /// <summary>How often each of the things that are compared is measured, in turns.</summary>
    public int Rounds { get; } = 5;

    public KernelPath Path { get; } = KernelPaths.Best;

    public string Optimizer { get; } = "momentum";

    /// <summary>Whether each step also takes norms by tensor.</summary>
    public bool Measures { get; }

    public string Model { get; } = "mlp:512,512";
}
