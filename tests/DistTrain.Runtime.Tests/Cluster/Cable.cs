using System.Net;
using System.Net.Sockets;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Runtime.Tests.Cluster;

/// <summary>A way to a listener that can be cut, and mended to lead to the same one or to another.</summary>
internal sealed class Cable : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly object gate = new();
    private readonly List<Socket> open = [];
    private HostAndPort? target;

    public Cable(HostAndPort target)
    {
        this.target = target;
        listener.Start();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>The end that the others connect to.</summary>
    public HostAndPort Address => new("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);

    /// <summary>Whoever connects from now on is cut off at once, as are those who are connected.</summary>
    public void Cut()
    {
        lock (gate)
        {
            target = null;
            open.ForEach(socket => socket.Close());
            open.Clear();
        }
    }

    public void Mend(HostAndPort to)
    {
        lock (gate)
        {
            target = to;
        }
    }

    public void Dispose()
    {
        Cut();
        listener.Stop();
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Connect(listener.AcceptSocket());
            }
        }
        catch (Exception over) when (over is SocketException or InvalidOperationException)
        {
            // Disposed.
        }
    }

    private void Connect(Socket from)
    {
        lock (gate)
        {
            if (target is null)
            {
                from.Close();
                return;
            }

            var to = new Socket(SocketType.Stream, ProtocolType.Tcp);
            to.Connect(target.Host, target.Port);
            open.AddRange([from, to]);
            new Thread(() => Pass(from, to)) { IsBackground = true }.Start();
            new Thread(() => Pass(to, from)) { IsBackground = true }.Start();
        }
    }

    private static void Pass(Socket from, Socket to)
    {
        var buffer = new byte[64 << 10];
        try
        {
            for (int count; (count = from.Receive(buffer)) > 0;)
            {
                for (var sent = 0; sent < count;)
                {
                    sent += to.Send(buffer, sent, count - sent, SocketFlags.None);
                }
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // One end is gone: so is the other.
        }

        from.Close();
        to.Close();
    }
}
