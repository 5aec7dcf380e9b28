using System.Net;
using System.Net.Sockets;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Chaos;

/// <summary>A way to the coordinator that can be cut, held and healed: a port of this machine, and threads that pass on what comes.</summary>
internal sealed class CutLine : IDisposable
{
    private const int BufferBytes = 256 << 10;

    private readonly HostAndPort target;
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly object gate = new();
    private readonly HashSet<Socket> open = [];
    private bool isCut;
    private bool isHeld;

    /// <param name="target">Where the line leads; nobody has to listen there yet.</param>
    public CutLine(HostAndPort target)
    {
        this.target = target;
        listener.Start();
        new Thread(Accept) { IsBackground = true, Name = "line" }.Start();
    }

    /// <summary>The end that others connect to.</summary>
    public HostAndPort Address => new("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);

    /// <summary>Breaks every connection, and each that is tried from now on.</summary>
    public void Cut()
    {
        Socket[] broken;
        lock (gate)
        {
            isCut = true;
            broken = [.. open];
            open.Clear();
        }

        foreach (var socket in broken)
        {
            socket.Close();
        }
    }

    /// <summary>Nothing passes any more, in either direction, and nobody is told.</summary>
    public void Hold()
    {
        lock (gate)
        {
            isHeld = true;
        }
    }

    public void Heal()
    {
        lock (gate)
        {
            isCut = false;
            isHeld = false;
            Monitor.PulseAll(gate);
        }
    }

    public void Dispose()
    {
        Cut();
        Heal();
        listener.Stop();
    }

    private bool IsCut
    {
        get
        {
            lock (gate)
            {
                return isCut;
            }
        }
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                var from = listener.AcceptSocket();
                new Thread(() => Connect(from)) { IsBackground = true, Name = "line" }.Start();
            }
        }
        catch (Exception over) when (over is SocketException or InvalidOperationException)
        {
            // Disposed.
        }
    }

    private void Connect(Socket from)
    {
        if (IsCut)
        {
            from.Close();
            return;
        }

        var to = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            WaitWhileHeld();
            to.Connect(target.Host, target.Port);
            from.NoDelay = to.NoDelay = true;
        }
        catch (SocketException)
        {
            // Nobody is there: the other side sees it as it would without the line.
            from.Close();
            to.Close();
            return;
        }

        lock (gate)
        {
            if (!isCut)
            {
                open.Add(from);
                open.Add(to);
                new Thread(() => Pass(from, to)) { IsBackground = true, Name = "line" }.Start();
                new Thread(() => Pass(to, from)) { IsBackground = true, Name = "line" }.Start();
                return;
            }
        }

        from.Close();
        to.Close();
    }

    private void Pass(Socket from, Socket to)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            for (int count; (count = from.Receive(buffer)) > 0;)
            {
                WaitWhileHeld();
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

        // While the line is held, not even an end passes.
        WaitWhileHeld();
        lock (gate)
        {
            open.Remove(from);
            open.Remove(to);
        }

        from.Close();
        to.Close();
    }

    private void WaitWhileHeld()
    {
        lock (gate)
        {
            while (isHeld)
            {
                Monitor.Wait(gate);
            }
        }
    }
}
