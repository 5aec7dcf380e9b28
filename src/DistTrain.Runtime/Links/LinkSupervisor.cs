using System.Diagnostics;
using System.Globalization;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Links;

/// <summary>How a link ends.</summary>
/// <param name="IsPeerTold">Whether the peer hears the reason from this side.</param>
internal sealed record LinkEnding(string Reason, bool IsOrderly, bool IsPeerTold);

/// <summary>Looks after a link's two channels on a thread of its own: says that this side is alive, judges the peer's silence, has broken connections made anew, and ends the link.</summary>
internal sealed class LinkSupervisor : IControlOwner
{
    private const double RoundTripWeight = 0.2;

    /// <summary>For an acknowledgement or a reason to leave this process; a peer that does not read it in time goes without.</summary>
    private static readonly TimeSpan LastWord = TimeSpan.FromMilliseconds(200);

    private readonly Link link;
    private readonly LinkLimits limits;
    private readonly HandlerCalls handler;
    private readonly LinkDialer? dial;
    private readonly Func<byte[]>? issueTicket;
    private readonly Func<double> random;
    private readonly CancellationToken over;
    private readonly Action cancelDialling;

    // Guarded by the gate.
    private readonly object gate = new();
    private readonly Suspicion suspicion;
    private LinkEnding? ending;
    private bool isWoken;
    private bool isTicketWanted;
    private byte[]? ticket;
    private bool isDialling;
    private (bool IsControl, string Reason)? dialFailure;
    private TimeSpan? closeDeadline;
    private string? closeReason;
    private TimeSpan lastHeartbeat;
    private double? roundTrip;
    private int reconnections;

    // Of the supervisor's thread.
    private ControlChannel control = null!;
    private DataChannel data = null!;
    private ChannelWatch controlWatch = null!;
    private ChannelWatch dataWatch = null!;
    private int controlResumed;
    private bool isTicketAsked;

    public LinkSupervisor(Link link, LinkOptions options, HandlerCalls handler, LinkDialer? dial, Func<byte[]>? issueTicket)
    {
        (this.link, this.handler, this.dial, this.issueTicket) = (link, handler, dial, issueTicket);
        (limits, random) = (options.Limits, options.Random);
        suspicion = new Suspicion(limits.HeartbeatInterval);

        // Without a timer of its own it holds nothing that would have to be disposed.
        var cancellation = new CancellationTokenSource();
        (over, cancelDialling) = (cancellation.Token, cancellation.Cancel);
        lastHeartbeat = Now;
    }

    private static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    public void Run(ControlChannel controlChannel, DataChannel dataChannel)
    {
        (control, data) = (controlChannel, dataChannel);
        controlWatch = new ChannelWatch(control, "control", limits, random, Now);
        dataWatch = new ChannelWatch(data, "data", limits, random, Now);
        var nextHeartbeat = Now;
        var interval = TimeSpan.Zero;
        while (Ending() is null)
        {
            var now = Now;
            if (now >= nextHeartbeat)
            {
                nextHeartbeat = now + limits.HeartbeatInterval;
                control.SendHeartbeat();
                data.SendPulse();
            }

            Observe(now);
            controlWatch.Judge(now, interval, Phi(now));
            dataWatch.Judge(now, interval, suspicion: 0);
            Reconnect(now);
            JudgeDeadlines(now);
            interval = Wait(now, nextHeartbeat);
        }

        Finish(Ending()!);
    }

    public LinkStatistics Statistics(ControlChannel controlChannel, DataChannel dataChannel)
    {
        lock (gate)
        {
            return new LinkStatistics(
                controlChannel.BytesSent + dataChannel.BytesSent,
                controlChannel.BytesReceived + dataChannel.BytesReceived,
                reconnections,
                roundTrip,
                dataChannel.SentBytesPerSecond,
                Now - lastHeartbeat,
                suspicion.LargestGap?.TotalMilliseconds)
            {
                Suspicion = suspicion.Phi(Now),
            };
        }
    }

    public void Wake()
    {
        lock (gate)
        {
            isWoken = true;
            Monitor.Pulse(gate);
        }
    }

    public void Fail(string sentence) => End(new LinkEnding($"{link.PeerName} is dropped: {sentence}", IsOrderly: false, IsPeerTold: true));

    /// <summary>Another process answers where the peer's did, or in its name.</summary>
    public void Replaced() => End(new LinkEnding($"{link.PeerName} is lost: its process has ended, another one is in its place", IsOrderly: false, IsPeerTold: true));

    public void Drop(string reason) => End(new LinkEnding(reason, IsOrderly: false, IsPeerTold: true));

    public void Closed(string reason) => End(new LinkEnding(reason, IsOrderly: true, IsPeerTold: false));

    public void Dropped(string reason) => End(new LinkEnding($"{link.PeerName} has ended the link: {reason}", IsOrderly: false, IsPeerTold: false));

    public void BeginClose(string reason)
    {
        lock (gate)
        {
            closeDeadline ??= Now + limits.ReconnectDeadline;
            closeReason ??= reason;
        }

        Wake();
    }

    public void TicketWanted()
    {
        lock (gate)
        {
            isTicketWanted = true;
        }

        Wake();
    }

    public void TicketCame(byte[] came)
    {
        lock (gate)
        {
            ticket = came;
        }

        Wake();
    }

    public void HeartbeatCame(double? roundTripMilliseconds)
    {
        lock (gate)
        {
            lastHeartbeat = Now;
            suspicion.Heartbeat(lastHeartbeat);
            if (roundTripMilliseconds is { } measured)
            {
                roundTrip = roundTrip is { } before ? before + (RoundTripWeight * (measured - before)) : measured;
            }
        }
    }

    private static string Seconds(TimeSpan span) => span.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture);

    private void End(LinkEnding how)
    {
        lock (gate)
        {
            ending ??= how;
        }

        Wake();
    }

    private LinkEnding? Ending()
    {
        lock (gate)
        {
            return ending;
        }
    }

    private double Phi(TimeSpan now)
    {
        lock (gate)
        {
            return suspicion.Phi(now);
        }
    }

    private void Observe(TimeSpan now)
    {
        (bool IsControl, string Reason)? failure;
        bool isClosing;
        lock (gate)
        {
            (failure, dialFailure) = (dialFailure, null);
            isClosing = closeReason is not null;
        }

        if (failure is { } failed)
        {
            (failed.IsControl ? controlWatch : dataWatch).Failed(now, failed.Reason);
        }

        string?[] sentences = [controlWatch.Observe(now), dataWatch.Observe(now)];
        if (control.ResumedCount != controlResumed)
        {
            controlResumed = control.ResumedCount;
            isTicketAsked = false;
        }

        lock (gate)
        {
            reconnections = controlWatch.Reconnections + dataWatch.Reconnections;
            if (!controlWatch.IsUp)
            {
                suspicion.Interrupt();
            }
        }

        foreach (var sentence in sentences)
        {
            // The peer of a link that is being closed ends its connections: that is no news.
            if (sentence is not null && !isClosing)
            {
                handler.Changed($"{link.PeerName}: {sentence}");
            }
        }
    }

    /// <summary>Does this side's part in getting a connection where one is missing.</summary>
    private void Reconnect(TimeSpan now)
    {
        if (issueTicket is not null && TakeTicketWish())
        {
            control.SendTicket(issueTicket());
        }

        if (dial is null)
        {
            return;
        }

        if (controlWatch.NextAttempt(now) == TimeSpan.Zero)
        {
            Dial(ConnectionPurpose.Control, null, controlWatch.TimeLeft(now));
        }
        else if (controlWatch.IsUp && dataWatch.NextAttempt(now) == TimeSpan.Zero)
        {
            DialData(now);
        }
    }

    private void DialData(TimeSpan now)
    {
        byte[]? held;
        lock (gate)
        {
            if (isDialling)
            {
                return;
            }

            (held, ticket) = (ticket, null);
        }

        if (held is not null)
        {
            isTicketAsked = false;
            Dial(ConnectionPurpose.Data, held, dataWatch.TimeLeft(now));
        }
        else if (!isTicketAsked)
        {
            isTicketAsked = true;
            control.SendTicketWanted();
        }
    }

    private bool TakeTicketWish()
    {
        lock (gate)
        {
            var wanted = isTicketWanted && ending is null;
            isTicketWanted = false;
            return wanted;
        }
    }

    /// <summary>Connects on a thread of its own: heartbeats must not wait for it.</summary>
    private void Dial(ConnectionPurpose purpose, byte[]? held, TimeSpan? timeLeft)
    {
        lock (gate)
        {
            if (isDialling)
            {
                return;
            }

            isDialling = true;
        }

        var time = timeLeft is { } left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
        new Thread(() => DialNow(purpose, held, time)) { IsBackground = true, Name = $"link to {link.PeerName}: dialling" }.Start();
    }

    private void DialNow(ConnectionPurpose purpose, byte[]? held, TimeSpan time)
    {
        string? failure = null;
        try
        {
            using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(over);
            cancellation.CancelAfter(time);
            link.Attach(dial!(purpose, held, cancellation.Token));
        }
        catch (SecureConnectException failed) when (failed.Fault == ConnectionFault.OtherProcess)
        {
            Replaced();
        }
        catch (Exception failed)
        {
            // Whatever keeps the peer from being reached is tried again while there is time, and told if it stays.
            failure = failed.Message;
        }

        lock (gate)
        {
            isDialling = false;
            if (failure is not null)
            {
                dialFailure = (purpose == ConnectionPurpose.Control, failure);
            }
        }

        Wake();
    }

    private void JudgeDeadlines(TimeSpan now)
    {
        TimeSpan? closing;
        string? reason;
        lock (gate)
        {
            (closing, reason) = (closeDeadline, closeReason);
        }

        if (closing is { } deadline && (now > deadline || control.IsSettled))
        {
            End(new LinkEnding(reason!, IsOrderly: true, IsPeerTold: false));
            return;
        }

        foreach (var watch in new[] { controlWatch, dataWatch })
        {
            if (watch.TimeLeft(now) < TimeSpan.Zero)
            {
                var attempt = watch.LastFailure is { } failure ? $" ({failure})" : "";
                End(new LinkEnding(
                    $"{link.PeerName} is lost: {watch.BreakReason} on its {watch.Name} connection, and no new one was made within {Seconds(limits.ReconnectDeadline)} s{attempt}",
                    IsOrderly: closing is not null,
                    IsPeerTold: true));
            }
        }
    }

    /// <summary>Waits for the next heartbeat, attempt or deadline, or for news.</summary>
    /// <returns>How long this was to take at most.</returns>
    private TimeSpan Wait(TimeSpan now, TimeSpan nextHeartbeat)
    {
        var wait = nextHeartbeat - now;
        foreach (var due in new[] { controlWatch.NextAttempt(now), dataWatch.NextAttempt(now), controlWatch.TimeLeft(now), dataWatch.TimeLeft(now) })
        {
            // What is due already waits for something else, which wakes this thread when it comes.
            wait = due is { } time && time > TimeSpan.Zero && time < wait ? time : wait;
        }

        lock (gate)
        {
            wait = closeDeadline is { } deadline && deadline - now < wait ? deadline - now : wait;
            wait = wait > TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1);
            if (!isWoken)
            {
                Monitor.Wait(gate, wait);
            }

            isWoken = false;
        }

        return wait;
    }

    private void Finish(LinkEnding how)
    {
        cancelDialling();
        handler.Stop();
        if (how.IsPeerTold)
        {
            control.SendDrop(how.Reason);
        }

        control.Settle(LastWord);
        control.End(how.Reason);
        data.End(how.Reason);
        handler.Lost(how.Reason, how.IsOrderly);
    }
}
