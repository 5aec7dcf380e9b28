using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;

namespace DistTrain.Runtime.Akka;

/// <summary>Writes what Akka logs to standard error, as standard output belongs to the program's results.</summary>
internal sealed class StandardErrorLogger : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                break;
            case LogEvent entry:
                Console.Error.WriteLine(entry.ToString());
                break;
        }
    }
}
