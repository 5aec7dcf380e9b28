using System.Reflection;
using DistTrain.Cli;

return Application.Run(args, new Host
{
    Output = Console.Out,
    Error = Console.Error,
    OutputIsTerminal = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb",
    TerminalWidth = () => Console.WindowWidth,
    EnvironmentVariable = Environment.GetEnvironmentVariable,
    UtcNow = () => DateTime.UtcNow,
    Version = typeof(Application).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
    Engine = Parts.Engine,
    Trainer = Parts.Trainer,
    ListenForInterruption = ProcessSignals.Listen,
});
