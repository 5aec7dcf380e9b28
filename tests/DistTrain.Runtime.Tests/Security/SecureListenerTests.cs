using System.Net.Sockets;
using System.Text;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Security.Handshake;

namespace DistTrain.Runtime.Tests.Security;

/// <summary>A listener among strangers who do what they like, and addresses that cannot be used.</summary>
public sealed class SecureListenerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("plain with secret")]
    [InlineData("TLS with both")]
    public void Whatever_strangers_send_the_next_member_gets_through(string name)
    {
        var security = Credentials.Named(name);
        using var process = new ListeningProcess(security, new LinkLimits { ProofDeadline = Patience });
        var random = new Random(1);
        byte[][] messages =
        [
            [], [0], [0x16], Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), [0xFF, 0xFF, .. new byte[4000]], [0, 0], [2, 0], [2, 1], [0, 3, 1, 2],
            [0x16, 3, 1, 0xFF, 0xFF, .. new byte[300]], [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0], [.. Enumerable.Range(0, 100_000).Select(_ => (byte)random.Next(256))],
        ];
        foreach (var message in messages)
        {
            using (var stranger = process.Dial())
            {
                stranger.Send(message);
            }

            process.TakeRefusal();
        }

        process.Connect(security);
        process.TakeAccepted();
        Assert.Equal(0, process.AcceptedCount);
    }

    [Theory]
    [InlineData("plain with secret", "")]
    [InlineData("plain with secret", "0001")]
    [InlineData("plain with secret", "0002")]
    [InlineData("TLS with both", "")]
    [InlineData("TLS with both", "0001")]
    [InlineData("TLS with both", "16")]
    [InlineData("TLS with both", "160301")]
    public void Whoever_says_too_little_is_closed_when_his_time_is_over(string name, string start)
    {
        using var process = new ListeningProcess(Credentials.Named(name), new LinkLimits { ProofDeadline = TimeSpan.FromMilliseconds(200) });
        using var stranger = process.Dial();
        stranger.Send(Convert.FromHexString(start));
        Assert.Contains(ConnectionFaults.Seen(ConnectionFault.TimedOut, 0), process.TakeRefusal(), StringComparison.Ordinal);
        Assert.True(IsClosed(stranger));
    }

    [Fact]
    public void The_newest_is_turned_away_when_too_many_have_not_proved_themselves_and_room_comes_back()
    {
        using var process = new ListeningProcess(Credentials.PlainWithSecret, new LinkLimits { MaximumHalfOpenConnections = 3, ProofDeadline = Patience });
        var strangers = Enumerable.Range(0, 3).Select(_ => process.Dial()).ToArray();
        Until(() => process.Listener.HalfOpenCount == 3);
        using (var newest = process.Dial())
        {
            Assert.True(IsClosed(newest));
        }

        using (var another = process.Dial())
        {
            Assert.True(IsClosed(another));
        }

        Assert.Contains("turned away, because 3 connections", process.TakeRefusal(), StringComparison.Ordinal);
        Assert.True(process.Refused(Credentials.PlainWithSecret).IsRetriable);
        Assert.Equal(3, process.Listener.HalfOpenCount);
        Array.ForEach(strangers, stranger => stranger.Dispose());

        // What was turned away after the first was not told again: these three are the next.
        Assert.All(strangers, _ => Assert.Contains(ConnectionFaults.Seen(ConnectionFault.Closed, 0), process.TakeRefusal(), StringComparison.Ordinal));
        Until(() => process.Listener.HalfOpenCount == 0);
        process.Connect(Credentials.PlainWithSecret);
        process.TakeAccepted();
    }

    [Fact]
    public void Closing_a_listener_closes_what_is_not_through_and_leaves_what_is()
    {
        var process = new ListeningProcess(Credentials.PlainWithSecret, new LinkLimits { ProofDeadline = Patience });
        using var through = process.Connect(Credentials.PlainWithSecret);
        using var accepted = process.TakeAccepted();
        using var stranger = process.Dial();
        Until(() => process.Listener.HalfOpenCount == 1);
        process.Listener.Dispose();
        process.Listener.Dispose();
        Assert.True(IsClosed(stranger));
        accepted.Stream.WriteByte(42);
        Assert.Equal(42, through.Stream.ReadByte());
        Assert.Equal(ConnectionFault.Unreachable, process.Refused(Credentials.PlainWithSecret).Fault);
    }

    [Fact]
    public void A_port_can_be_listened_on_again_at_once_after_its_connections_were_closed()
    {
        var process = new ListeningProcess(Credentials.PlainWithSecret);
        var address = process.Address;
        using var connection = process.Connect(Credentials.PlainWithSecret);

        // The side that closes first is the one whose port lingers.
        process.TakeAccepted().Dispose();
        Assert.Equal(-1, connection.Stream.ReadByte());
        process.Listener.Dispose();
        using var again = new ListeningProcess(Credentials.PlainWithSecret, address: address);
        again.Connect(Credentials.PlainWithSecret);
    }

    [Fact]
    public void An_address_that_cannot_be_listened_on_is_refused_in_one_sentence()
    {
        using var first = new ListeningProcess(Credentials.Full);
        Assert.Contains($"port {first.Address.Port} is in use", Refusal(first.Address, Credentials.Full), StringComparison.Ordinal);
        Assert.Contains("not an address of this machine", Refusal(new HostAndPort("192.0.2.1", 0), Credentials.Full), StringComparison.Ordinal);
        Assert.Contains("the host 'no-such-host.invalid' is unknown", Refusal(new HostAndPort("no-such-host.invalid", 0), Credentials.Full), StringComparison.Ordinal);
        Assert.Contains("--insecure", Refusal(new HostAndPort("0.0.0.0", 0), Credentials.PlainWithSecret), StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_below_what_the_handshake_takes_are_refused() =>
        Assert.Throws<InvalidInputException>(() => new ListeningProcess(Credentials.Plain, new LinkLimits { MaximumBytesBeforeProof = Exchange.KeptBytes - 1 }));

    [Fact]
    public void All_addresses_are_listened_on_of_both_kinds()
    {
        foreach (var any in new[] { "0.0.0.0", "::" })
        {
            using var process = new ListeningProcess(Credentials.Full, address: new HostAndPort(any, 0));
            process.Connect(Credentials.Full);
            Assert.Equal(ConnectionPurpose.Control, process.TakeAccepted().Purpose);
        }
    }

    private static string Refusal(HostAndPort address, ClusterSecurity security)
    {
        var sentence = Assert.Throws<InvalidInputException>(() => new ListeningProcess(security, address: address)).Message;
        Assert.StartsWith($"Cannot listen on {address}: ", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', sentence);
        return sentence;
    }

    private static bool IsClosed(Socket socket)
    {
        try
        {
            return socket.Receive(new byte[1]) == 0;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            return true;
        }
    }

    private static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience), "it never came to be");
}
