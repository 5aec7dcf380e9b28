using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Tests.Security;

public sealed class TicketBookTests
{
    private readonly ProcessId peer = ProcessId.New();

    [Fact]
    public void A_ticket_lets_its_peer_in_once()
    {
        var tickets = new TicketBook(TimeSpan.FromMinutes(1));
        var ticket = tickets.Issue(peer, ConnectionPurpose.Data);
        Assert.Null(Use(tickets, peer, ConnectionPurpose.Data, ticket));
        Assert.Equal(ConnectionFault.TicketNotValid, Use(tickets, peer, ConnectionPurpose.Data, ticket));
    }

    [Fact]
    public void A_ticket_of_another_peer_or_purpose_is_refused_and_stays_good_for_its_owner()
    {
        var tickets = new TicketBook(TimeSpan.FromMinutes(1));
        var ticket = tickets.Issue(peer, ConnectionPurpose.Data);
        Assert.Equal(ConnectionFault.TicketNotValid, Use(tickets, ProcessId.New(), ConnectionPurpose.Data, ticket));
        Assert.Equal(ConnectionFault.TicketNotValid, Use(tickets, peer, ConnectionPurpose.Files, ticket));
        Assert.Null(Use(tickets, peer, ConnectionPurpose.Data, ticket));
    }

    [Fact]
    public void A_ticket_is_not_used_up_by_somebody_who_has_seen_it_but_not_the_secret()
    {
        var tickets = new TicketBook(TimeSpan.FromMinutes(1));
        var ticket = tickets.Issue(peer, ConnectionPurpose.Data);
        var stranger = new Conversation { ClientId = peer, ClientSecret = Credentials.OtherSecret, Purpose = ConnectionPurpose.Data, Ticket = ticket, Tickets = tickets };
        Assert.Equal(ConnectionFault.WrongSecret, stranger.Run().Server!.Value.Fault);
        Assert.Null(Use(tickets, peer, ConnectionPurpose.Data, ticket));
    }

    [Fact]
    public void A_ticket_expires()
    {
        var time = new ManualTime();
        var tickets = new TicketBook(TimeSpan.FromMinutes(1), time);
        var early = tickets.Issue(peer, ConnectionPurpose.Data);
        time.Pass(TimeSpan.FromSeconds(59));
        var late = tickets.Issue(peer, ConnectionPurpose.Data);
        time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(ConnectionFault.TicketNotValid, Use(tickets, peer, ConnectionPurpose.Data, early));
        Assert.Null(Use(tickets, peer, ConnectionPurpose.Data, late));
    }

    [Fact]
    public void The_book_holds_the_last_tickets_of_a_peer_until_it_is_gone()
    {
        var tickets = new TicketBook(TimeSpan.FromMinutes(1));
        var other = tickets.Issue(ProcessId.New(), ConnectionPurpose.Data);
        var issued = Enumerable.Range(0, TicketBook.MaximumOpenTickets + 1).Select(_ => tickets.Issue(peer, ConnectionPurpose.Data)).ToArray();
        Assert.False(tickets.Redeem(issued[0].Span, peer, ConnectionPurpose.Data));
        Assert.True(tickets.Redeem(issued[1].Span, peer, ConnectionPurpose.Data));
        tickets.Forget(peer);
        Assert.False(tickets.Redeem(issued[2].Span, peer, ConnectionPurpose.Data));
        Assert.Equal(TicketBook.TicketBytes, other.Length);
    }

    [Theory]
    [InlineData(ConnectionPurpose.Control, true)]
    [InlineData(ConnectionPurpose.Status, true)]
    [InlineData(ConnectionPurpose.Data, false)]
    [InlineData(ConnectionPurpose.Files, false)]
    public void Some_purposes_need_a_ticket_and_the_others_take_none(ConnectionPurpose purpose, bool hasTicket)
    {
        var tickets = new TicketBook(TimeSpan.FromMinutes(1));
        Assert.Equal(ConnectionFault.TicketNotValid, Use(tickets, peer, purpose, hasTicket ? tickets.Issue(peer, purpose) : null));
        Assert.Null(Use(tickets, peer, purpose, hasTicket ? null : tickets.Issue(peer, purpose)));
    }

    private static ConnectionFault? Use(TicketBook tickets, ProcessId peer, ConnectionPurpose purpose, ReadOnlyMemory<byte>? ticket)
    {
        var (client, server) = new Conversation { ClientId = peer, Purpose = purpose, Ticket = ticket, Tickets = tickets }.Run();
        Assert.Equal(server!.Value.Fault, client!.Value.Fault);
        return server.Value.Fault;
    }
}
