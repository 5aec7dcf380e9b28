using DistTrain.Engines.Simd;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Runtime;
using DistTrain.Simulation;

namespace DistTrain.Cli;

/// <summary>The parts that the names in a configuration stand for; configurations know no other names.</summary>
internal static class Parts
{
    public static IEngine Engine(string name) => name switch
    {
        "simd" => new SimdEngine(),
        "reference" => new ReferenceEngine(),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such engine"),
    };

    public static Trainer Trainer(string name) => name switch
    {
        "in-process" => InProcessTraining.Run,
        "deterministic" => DeterministicTraining.Run,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such runtime"),
    };
}
