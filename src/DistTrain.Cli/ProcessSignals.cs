using System.Runtime.InteropServices;

namespace DistTrain.Cli;

/// <summary>Ctrl-C and SIGTERM as requests to stop: the first is passed on, the second ends the process at once.</summary>
internal sealed class ProcessSignals : IDisposable
{
    private readonly Action first;
    private readonly Action second;
    private readonly PosixSignalRegistration interrupt;
    private readonly PosixSignalRegistration terminate;
    private int requests;

    private ProcessSignals(Action first, Action second, Action<PosixSignalContext>? interrupted)
    {
        this.first = first;
        this.second = second;
        interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, interrupted ?? Handle);
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
    }

    public static IDisposable Listen(Action first, Action second) => new ProcessSignals(first, second, interrupted: null);

    /// <summary>SIGTERM alone. A terminal sends Ctrl-C to all processes that were started from it; those that another one directs leave it to that one.</summary>
    public static IDisposable ListenForTermination(Action first, Action second) => new ProcessSignals(first, second, context => context.Cancel = true);

    public void Dispose()
    {
        interrupt.Dispose();
        terminate.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref requests) == 1)
        {
            first();
            return;
        }

        second();
        Environment.Exit((int)ExitCode.Interrupted);
    }
}
