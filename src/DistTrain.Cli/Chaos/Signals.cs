using System.Runtime.InteropServices;

namespace DistTrain.Cli.Chaos;

/// <summary>What the standard library has no words for: stopping a process, letting it go on, and dying with the process that started this one.</summary>
internal static class Signals
{
    private const int SignalKill = 9;
    private const int OnParentDeath = 1;

    private static bool IsApple => OperatingSystem.IsMacOS();

    public static void Stop(int process) => _ = Kill(process, IsApple ? 17 : 19);

    public static void GoOn(int process) => _ = Kill(process, IsApple ? 19 : 18);

    public static void KillOwn()
    {
        using var own = System.Diagnostics.Process.GetCurrentProcess();
        own.Kill();
    }

    /// <summary>On Linux, the kernel kills this process when the thread ends that started it, even while it is stopped. Elsewhere nothing happens.</summary>
    public static void DieWithParent()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Control(OnParentDeath, SignalKill);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);

    [DllImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(int option, nint value);
}
