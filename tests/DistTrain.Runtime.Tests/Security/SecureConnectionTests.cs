using System.Net.Sockets;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Tests.Security;

/// <summary>Two processes over real sockets: who gets through, who does not, and what he is told.</summary>
public sealed class SecureConnectionTests
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void A_process_that_wants_no_local_sockets_gets_TCP_whatever_the_other_has(bool listenerHas, bool connectorHas)
    {
        using var process = new ListeningProcess(Credentials.PlainWithSecret with { UsesLocalSockets = listenerHas });

        var outgoing = process.Connect(Credentials.PlainWithSecret with { UsesLocalSockets = connectorHas }, ProcessId.New());
        var incoming = process.TakeAccepted();

        var isLocal = OperatingSystem.IsLinux() && listenerHas && connectorHas;
        Assert.Equal((isLocal, isLocal), (outgoing.Socket.AddressFamily == AddressFamily.Unix, incoming.Socket.AddressFamily == AddressFamily.Unix));
    }

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
        Assert.True(outgoing.Socket.Blocking && incoming.Socket.Blocking);
        Assert.Equal(security.UsesTls || !OperatingSystem.IsLinux(), outgoing.Socket.AddressFamily != AddressFamily.Unix);
        Assert.True(outgoing.Socket.AddressFamily == AddressFamily.Unix || (outgoing.Socket.NoDelay && incoming.Socket.NoDelay));
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

    public static TheoryData<string, string, ConnectionFault, ConnectionFault> Strangers => new()
    {
        { "plain with secret", "plain with another secret", ConnectionFault.WrongSecret, ConnectionFault.WrongSecret },
        { "plain with secret", "plain", ConnectionFault.WrongSecret, ConnectionFault.WrongSecret },
        { "TLS with secret", "TLS with another secret", ConnectionFault.WrongSecret, ConnectionFault.WrongSecret },
        { "TLS with both", "TLS with both and another secret", ConnectionFault.WrongSecret, ConnectionFault.WrongSecret },
        { "TLS with both", "TLS with an expired certificate", ConnectionFault.ExpiredCertificate, ConnectionFault.ExpiredCertificate },
        { "TLS with an expired certificate", "TLS with both", ConnectionFault.ExpiredCertificate, ConnectionFault.Closed },
        { "TLS with both", "TLS with a foreign certificate", ConnectionFault.ForeignCertificate, ConnectionFault.ForeignCertificate },
        { "TLS with a foreign certificate", "TLS with both", ConnectionFault.ForeignCertificate, ConnectionFault.Closed },
        { "TLS with both", "TLS with secret", ConnectionFault.ForeignCertificate, ConnectionFault.ForeignCertificate },
        { "TLS with secret", "plain with secret", ConnectionFault.EncryptionDiffers, ConnectionFault.EncryptionDiffers },
        { "plain with secret", "TLS with secret", ConnectionFault.EncryptionDiffers, ConnectionFault.UnexpectedTls },
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public void Strangers_are_refused_and_both_sides_are_told_why(string listening, string connecting, ConnectionFault toldToClient, ConnectionFault seenByListener)
    {
        using var process = new ListeningProcess(Stranger(listening));
        var refusal = process.Refused(Stranger(connecting));
        Assert.Equal(toldToClient, refusal.Fault);
        Assert.False(refusal.IsRetriable);
        Assert.Contains(ConnectionFaults.Seen(seenByListener, 0), process.TakeRefusal(), StringComparison.Ordinal);
        Assert.Equal(0, process.AcceptedCount);

        // The next member gets through all the same.
        if (listening is "plain with secret" or "TLS with secret" or "TLS with both")
        {
            process.Connect(Credentials.Named(listening));
            process.TakeAccepted();
        }
    }

    [Theory]
    [InlineData("plain with secret")]
    [InlineData("TLS with both")]
    public void A_ticket_opens_one_data_connection_of_its_peer(string name)
    {
        var security = Credentials.Named(name);
        using var process = new ListeningProcess(security);
        var own = ProcessId.New();
        var ticket = process.Tickets.Issue(own, ConnectionPurpose.Data);
        Assert.Equal(ConnectionFault.TicketNotValid, process.Refused(security, ProcessId.New(), ConnectionPurpose.Data, ticket).Fault);
        Assert.Equal(ConnectionFault.TicketNotValid, process.Refused(security, own, ConnectionPurpose.Data).Fault);
        process.Connect(security, own, ConnectionPurpose.Data, ticket);
        Assert.Equal((own, ConnectionPurpose.Data), (process.TakeAccepted().Peer, ConnectionPurpose.Data));
        Assert.Equal(ConnectionFault.TicketNotValid, process.Refused(security, own, ConnectionPurpose.Data, ticket).Fault);
    }

    [Fact]
    public void Another_process_than_the_one_that_is_looked_for_will_not_do()
    {
        using var process = new ListeningProcess(Credentials.Full);
        Assert.Equal(process.Id, process.Connect(Credentials.Full, expected: process.Id).Peer);
        Assert.Equal(ConnectionFault.OtherProcess, process.Refused(Credentials.Full, expected: ProcessId.New()).Fault);
        Assert.Equal(ConnectionFault.OwnProcess, process.Refused(Credentials.Full, own: process.Id).Fault);
    }

    private static ClusterSecurity Stranger(string name) => name switch
    {
        "plain with another secret" => Credentials.PlainWithSecret with { Secret = Credentials.OtherSecret },
        "TLS with another secret" => Credentials.TlsWithSecret with { Secret = Credentials.OtherSecret },
        "TLS with both and another secret" => Credentials.Full with { Secret = Credentials.OtherSecret },
        "TLS with an expired certificate" => Credentials.Full with { Certificate = Credentials.ExpiredNode },
        "TLS with a foreign certificate" => Credentials.Full with { Certificate = Credentials.ForeignNode },
        _ => Credentials.Named(name),
    };
}
