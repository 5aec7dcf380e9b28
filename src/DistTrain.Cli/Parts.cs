using System.Diagnostics;
using DistTrain.Engines.Simd;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Runtime;
using DistTrain.Runtime.Cluster;
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
        "deterministic" => static (definition, engine, listener, cancellation, _) => DeterministicTraining.Run(definition, engine, listener, cancellation),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such runtime"),
    };

    public static CoordinatorRunner Coordinator => ClusterCoordinator.Run;

    public static MemberRunner Member => ClusterMember.Run;

    /// <summary>Null where the program was built without Akka.NET.</summary>
    public static Func<string?, Action<string>, IClusterRuntime>? Akka =>
#if DISTTRAIN_AKKA
        static (configurationFile, tell) => new Runtime.Akka.AkkaRuntime(configurationFile, tell);
#else
        null;
#endif

    /// <summary>This program once more: by the file that runs, or by the host of .NET and its assembly.</summary>
    public static Process StartProcess(IReadOnlyList<string> arguments)
    {
        var assembly = typeof(Parts).Assembly.Location;
        var runs = Environment.ProcessPath;
        var isOwn = runs is not null && Path.GetFileNameWithoutExtension(runs) == Path.GetFileNameWithoutExtension(assembly);
        var start = new ProcessStartInfo(isOwn ? runs! : "dotnet", isOwn ? arguments : [assembly, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start) ?? throw new InvalidOperationException("the system started no process");
    }
}
