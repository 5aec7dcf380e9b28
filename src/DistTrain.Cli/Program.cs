using System.Reflection;
using DistTrain.Cli;
using DistTrain.Runtime.Cluster;

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
    ListenForTermination = ProcessSignals.ListenForTermination,
    Input = Console.In,
    Coordinator = Parts.Coordinator,
    Member = Parts.Member,
    Akka = Parts.Akka,
    AskStatus = StatusExchange.Ask,
    StartProcess = Parts.StartProcess,
    EndProcess = code => Environment.Exit((int)code),
});
