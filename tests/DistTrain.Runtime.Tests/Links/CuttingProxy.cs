using System.Net.Sockets;

namespace DistTrain.Runtime.Tests.Links;

/// <summary>Passes bytes between two sockets, a few at a time, and cuts both off after a number of bytes in whichever direction comes first.</summary>
internal sealed class CuttingProxy
{
    private readonly Socket first;
    private readonly Socket second;
    private readonly bool isAbrupt;
    private long left;

    private CuttingProxy(Socket first, Socket second, long bytes, bool isAbrupt)
    {
        (this.first, this.second, this.isAbrupt, left) = (first, second, isAbrupt, bytes);
        new Thread(() => Pass(first, second)) { IsBackground = true }.Start();
        new Thread(() => Pass(second, first)) { IsBackground = true }.Start();
    }

    /// <param name="bytes">After which both ends are cut.</param>
    /// <param name="isAbrupt">Whether by a reset, which discards what is under way, or by an end.</param>
    public static (Socket Dialling, Socket Accepting) Connect(long bytes, bool isAbrupt)
    {
        var (dialling, first) = Loopback.Sockets();
        var (accepting, second) = Loopback.Sockets();
        _ = new CuttingProxy(first, second, bytes, isAbrupt);
        return (dialling, accepting);
    }

    private void Pass(Socket from, Socket to)
    {
        var buffer = new byte[16 << 10];
        try
        {
            for (int count; (count = from.Receive(buffer)) > 0;)
            {
                var rest = Interlocked.Add(ref left, -count);
                for (var passed = (int)Math.Clamp(rest + count, 0, count); passed > 0;)
                {
                    passed -= to.Send(buffer, 0, passed, SocketFlags.None);
                }

                if (rest <= 0)
                {
                    break;
                }
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // One end is gone: so is the other.
        }

        foreach (var socket in new[] { first, second })
        {
            if (isAbrupt)
            {
                try
                {
                    socket.LingerState = new LingerOption(true, 0);
                }
                catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
                {
                    // The other direction has closed it.
                }
            }

            socket.Close();
        }
    }
}
