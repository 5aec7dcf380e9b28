using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace DistTrain.Runtime.Storage;

/// <summary>What .NET has no call for: the names in a folder, brought to the device. See open(2), fsync(2) and close(2).</summary>
[SupportedOSPlatform("linux")]
internal static class FolderFlush
{
    private const int CloseOnExecute = 0x80000;
    private const int Interrupted = 4;
    private const int NotSupported = 22;

    /// <exception cref="IOException">The system refuses.</exception>
    public static void Flush(string path)
    {
        var folder = Repeated(() => Open(path, CloseOnExecute));
        if (folder < 0)
        {
            throw Refused(path);
        }

        try
        {
            // Some network file systems have nothing to flush of a folder, and say so by EINVAL.
            if (Repeated(() => Synchronize(folder)) < 0 && Marshal.GetLastPInvokeError() != NotSupported)
            {
                throw Refused(path);
            }
        }
        finally
        {
            _ = Close(folder);
        }
    }

    private static int Repeated(Func<int> call)
    {
        int result;
        do
        {
            result = call();
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);

        return result;
    }

    private static IOException Refused(string path) => new($"The folder '{path}' cannot be flushed: {Marshal.GetLastPInvokeErrorMessage()}");

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Synchronize(int file);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int file);
}
