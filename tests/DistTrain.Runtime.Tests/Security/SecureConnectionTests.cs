using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Tests.Security;

/// <summary>Two processes over real sockets: who gets through, who does not, and what he is told.</summary>
public sealed class SecureConnectionTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("plain with secret")]
    [InlineData("TLS with secret")]
    [InlineData("TLS with certificates")]
    [InlineData("TLS with both")]
    public async Task Members_get_a_connection_and_bytes_behind_the_handshake_are_not_lost(string name)
    {
        var security = Credentials.Named(name);
        using var process = new ListeningProcess(security);
        var own = ProcessId.New();
        var outgoing = process.Connect(security, own);
        var incoming = process.TakeAccepted();
        Assert.Equal((process.Id, own), (outgoing.Peer, incoming.Peer));
        Assert.Equal((ConnectionPurpose.Control, ConnectionPurpose.Control), (outgoing.Purpose, incoming.Purpose));
        Assert.Equal((security.UsesTls, security.UsesTls), (outgoing.IsEncrypted, incoming.IsEncrypted));
        Assert.True(outgoing.Socket.NoDelay && incoming.Socket.NoDelay && outgoing.Socket.Blocking && incoming.Socket.Blocking);
        byte[] there = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];
        byte[] back = [.. there.Reverse()];
        var answer = Task.Run(() =>
        {
            var got = new byte[there.Length];
            incoming.Stream.ReadExactly(got);
            incoming.Stream.Write(back);
            return got;
        });
        await outgoing.Stream.WriteAsync(there);
        var received = new byte[back.Length];
        await outgoing.Stream.ReadExactlyAsync(received);
        Assert.Equal(back, received);
        Assert.Equal(there, await answer);
    }
}
