using System.Net;
using System.Net.Sockets;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Tests.Security;

/// <summary>Addresses behind which there is no process of the cluster.</summary>
public sealed class SecureConnectorTests : IDisposable
{
    private readonly Socket other = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public SecureConnectorTests()
    {
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
    }

    private HostAndPort Address => new("127.0.0.1", ((IPEndPoint)other.LocalEndPoint!).Port);

    public void Dispose() => other.Dispose();

    [Fact]
    public void Nobody_there_is_worth_another_try()
    {
        var refusal = Refusal(Address, Credentials.Full);
        Assert.Equal((ConnectionFault.Unreachable, true), (refusal.Fault, refusal.IsRetriable));
        Assert.Contains($"nobody listens at {Address}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_host_is_named()
    {
        var refusal = Refusal(new HostAndPort("no-such-host.invalid", 1), Credentials.Full);
        Assert.Equal((ConnectionFault.UnknownHost, false), (refusal.Fault, refusal.IsRetriable));
        Assert.Contains("'no-such-host.invalid' is unknown", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain with secret", ConnectionFault.NotDistTrain)]
    [InlineData("TLS with both", ConnectionFault.EncryptionDiffers)]
    public async Task Another_kind_of_server_is_no_node(string name, ConnectionFault fault)
    {
        other.Listen();
        var serving = Task.Run(() =>
        {
            using var peer = other.Accept();
            peer.Receive(new byte[1]);
            peer.Send("HTTP/1.1 400 Bad Request\r\n\r\n"u8);
            peer.Shutdown(SocketShutdown.Send);

            // Until the other side has gone, in whatever way: closing now would take back what was sent.
            var buffer = new byte[1000];
            while (peer.Receive(buffer, 0, buffer.Length, SocketFlags.None, out var error) > 0 && error == SocketError.Success)
            {
            }
        });
        var refusal = Refusal(Address, Credentials.Named(name));
        Assert.Equal(fault, refusal.Fault);
        await serving;
    }

    [Theory]
    [InlineData("plain with secret")]
    [InlineData("TLS with both")]
    public async Task A_server_that_hangs_up_is_worth_another_try(string name)
    {
        other.Listen();
        var serving = Task.Run(() => other.Accept().Dispose());
        Assert.Equal((ConnectionFault.Closed, true), (Refusal(Address, Credentials.Named(name)) is var refusal ? refusal.Fault : default, refusal.IsRetriable));
        await serving;
    }

    [Theory]
    [InlineData("plain with secret")]
    [InlineData("TLS with both")]
    public void A_server_that_says_nothing_is_given_up_in_time(string name)
    {
        other.Listen();
        var refusal = Refusal(Address, Credentials.Named(name), new LinkLimits { ProofDeadline = TimeSpan.FromMilliseconds(200) });
        Assert.Equal((ConnectionFault.TimedOut, true), (refusal.Fault, refusal.IsRetriable));
    }

    [Theory]
    [InlineData("plain with secret")]
    [InlineData("TLS with both")]
    public void An_attempt_can_be_cancelled(string name)
    {
        other.Listen();
        using var cancellation = new CancellationTokenSource();
        cancellation.CancelAfter(TimeSpan.FromMilliseconds(100));
        Assert.ThrowsAny<OperationCanceledException>(() => Connect(Address, Credentials.Named(name), new LinkLimits(), cancellation.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => Connect(Address, Credentials.Named(name), new LinkLimits(), cancellation.Token));
    }

    [Fact]
    public void What_the_policy_forbids_is_not_even_tried()
    {
        var sentence = Assert.Throws<InvalidInputException>(() => Connect(new HostAndPort("192.0.2.1", 1), Credentials.PlainWithSecret, new LinkLimits(), CancellationToken.None)).Message;
        Assert.Contains("--insecure", sentence, StringComparison.Ordinal);
    }

    private static SecureConnectException Refusal(HostAndPort address, ClusterSecurity security, LinkLimits? limits = null)
    {
        var refusal = Assert.Throws<SecureConnectException>(() => Connect(address, security, limits ?? new LinkLimits(), CancellationToken.None));
        Assert.DoesNotContain('\n', refusal.Message);
        Assert.DoesNotContain("Exception", refusal.Message, StringComparison.Ordinal);
        return refusal;
    }

    private static SecureConnection Connect(HostAndPort address, ClusterSecurity security, LinkLimits limits, CancellationToken cancellation) =>
        SecureConnector.Connect(address, security, ProcessId.New(), ConnectionPurpose.Control, null, limits, cancellation);
}
