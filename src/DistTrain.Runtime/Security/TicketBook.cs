using System.Security.Cryptography;

namespace DistTrain.Runtime.Security;

/// <summary>
/// One-use tickets: 32 random bytes that a process gives to a peer over a control connection, and that the peer shows when it opens a data or file connection. They tie a connection to the control
/// connection of the same two processes. Safe for use by several threads.
/// </summary>
/// <param name="lifetime">How long a ticket holds.</param>
/// <param name="time">Its monotonic clock is used; null for the system's.</param>
public sealed class TicketBook(TimeSpan lifetime, TimeProvider? time = null)
{
    public const int TicketBytes = 32;

    /// <summary>Tickets that one peer may hold unused for one purpose. A peer needs one at a time; the oldest gives way.</summary>
    public const int MaximumOpenTickets = 8;

    private readonly TimeProvider time = time ?? TimeProvider.System;
    private readonly Lock gate = new();
    private readonly List<OpenTicket> open = [];

    /// <summary>A ticket for one connection of this peer for this purpose.</summary>
    public ReadOnlyMemory<byte> Issue(ProcessId peer, ConnectionPurpose purpose)
    {
        var ticket = RandomNumberGenerator.GetBytes(TicketBytes);
        lock (gate)
        {
            open.RemoveAll(IsExpired);
            var same = open.Where(other => other.Peer == peer && other.Purpose == purpose).ToArray();
            if (same.Length >= MaximumOpenTickets)
            {
                open.Remove(same[0]);
            }

            open.Add(new OpenTicket(ticket, peer, purpose, time.GetTimestamp()));
        }

        return ticket;
    }

    /// <summary>Takes a ticket out of the book. One that belongs to another peer or purpose stays there for whom it was made.</summary>
    /// <returns>Whether it was there, for this peer and purpose, and not expired.</returns>
    public bool Redeem(ReadOnlySpan<byte> ticket, ProcessId peer, ConnectionPurpose purpose)
    {
        lock (gate)
        {
            open.RemoveAll(IsExpired);
            for (var i = 0; i < open.Count; i++)
            {
                if (open[i].Peer == peer && open[i].Purpose == purpose && CryptographicOperations.FixedTimeEquals(open[i].Bytes.Span, ticket))
                {
                    open.RemoveAt(i);
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Forgets the tickets of a peer that is gone.</summary>
    public void Forget(ProcessId peer)
    {
        lock (gate)
        {
            open.RemoveAll(ticket => ticket.Peer == peer);
        }
    }

    private bool IsExpired(OpenTicket ticket) => time.GetElapsedTime(ticket.IssuedAt) >= lifetime;

    private sealed record OpenTicket(ReadOnlyMemory<byte> Bytes, ProcessId Peer, ConnectionPurpose Purpose, long IssuedAt);
}
