using System.Net;
using System.Net.Sockets;
using DistTrain.Cli.Chaos;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Tests.Chaos;

public sealed class CutLineTests : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CutLine line;

    public CutLineTests()
    {
        listener.Start();
        line = new CutLine(new HostAndPort("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port));
    }

    public void Dispose()
    {
        line.Dispose();
        listener.Dispose();
    }

    private (Socket Member, Socket Coordinator) Connect()
    {
        var member = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 30_000 };
        member.Connect(line.Address.Host, line.Address.Port);
        return (member, listener.AcceptSocket());
    }

    private static byte Pass(Socket from, byte value, Socket to)
    {
        from.Send([value]);
        var buffer = new byte[1];
        Assert.Equal(1, to.Receive(buffer));
        return buffer[0];
    }

    [Fact]
    public void What_is_sent_arrives_in_both_directions()
    {
        var (member, coordinator) = Connect();
        Assert.Equal((7, 8), (Pass(member, 7, coordinator), Pass(coordinator, 8, member)));
        member.Close();
        Assert.Equal(0, Ended(coordinator));
    }

    [Fact]
    public void A_cut_breaks_connections_and_refuses_new_ones_until_it_is_healed()
    {
        var (member, coordinator) = Connect();
        Pass(member, 1, coordinator);
        line.Cut();
        Assert.Equal(0, Ended(member));
        Assert.Equal(0, Ended(coordinator));
        using var refused = new Socket(SocketType.Stream, ProtocolType.Tcp);
        refused.Connect(line.Address.Host, line.Address.Port);
        Assert.Equal(0, Ended(refused));
        Assert.False(listener.Pending());
        line.Heal();
        var (next, there) = Connect();
        Assert.Equal(2, Pass(next, 2, there));
    }

    [Fact]
    public void A_held_line_passes_nothing_and_all_of_it_later()
    {
        var (member, coordinator) = Connect();
        Pass(member, 1, coordinator);
        line.Hold();
        member.Send([2]);
        Assert.False(coordinator.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectRead));
        line.Heal();
        var buffer = new byte[1];
        Assert.Equal(1, coordinator.Receive(buffer));
        Assert.Equal(2, buffer[0]);
    }

    /// <summary>An end in order or by a reset.</summary>
    private static int Ended(Socket socket)
    {
        try
        {
            return socket.Receive(new byte[1]);
        }
        catch (SocketException)
        {
            return 0;
        }
    }
}
