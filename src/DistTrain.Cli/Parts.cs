using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Runtime;

namespace DistTrain.Cli;

/// <summary>The parts that the names in a configuration stand for.</summary>
internal static class Parts
{
    public static IEngine Engine(string name) => name switch
    {
        "reference" => new ReferenceEngine(),
        _ => throw new CommandException(ExitCode.WrongUsage, $"the engine '{name}' is not part of this build: use --engine reference"),
    };

    public static Trainer Trainer(string name) => name switch
    {
        "in-process" => InProcessTraining.Run,
        _ => throw new CommandException(ExitCode.WrongUsage, $"the runtime '{name}' is not part of this build: use --runtime in-process"),
    };
}
