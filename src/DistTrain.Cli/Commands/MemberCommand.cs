using DistTrain.Cli.Cluster;
using DistTrain.Cli.Configuration;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Security;

namespace DistTrain.Cli.Commands;

/// <summary>How a process joins another's run. What is null is as the run says.</summary>
public sealed record MemberRequest
{
    public required HostAndPort Coordinator { get; init; }

    public required MemberRole Role { get; init; }

    /// <summary>Of which the settings of connections count.</summary>
    public required TrainConfiguration Connection { get; init; }

    /// <summary>This machine's own copy of the data.</summary>
    public string? Data { get; init; }

    public string? Engine { get; init; }

    public int? Threads { get; init; }

    public long? MemoryBytes { get; init; }

    public string? CacheFolder { get; init; }

    public HostAndPort? Listen { get; init; }

    public string? AdvertisedHost { get; init; }

    public required TimeSpan JoinTimeout { get; init; }

    /// <summary>Whether another process of this program started it and directs it.</summary>
    public bool IsSpawned { get; init; }
}

/// <summary>Takes part in a run of another process, from joining to its end.</summary>
public sealed class MemberCommand
{
    private static readonly TimeSpan PatienceWithoutParent = TimeSpan.FromSeconds(15);

    private readonly MemberRequest request;
    private readonly Host host;
    private readonly object gate = new();
    private readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CommandException? unprepared;

    private MemberCommand(MemberRequest request, Host host)
    {
        this.request = request;
        this.host = host;
    }

    /// <exception cref="CommandException">It cannot join, was refused, or lost the coordinator.</exception>
    public static ExitCode Run(MemberRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        var command = new MemberCommand(request, host);
        try
        {
            return command.Run();
        }
        finally
        {
            command.over.SetResult();
        }
    }

    private ExitCode Run()
    {
        using var leave = new CancellationTokenSource();
        var security = Security();
        var listen = request.IsSpawned ? host.ListenForTermination : host.ListenForInterruption;
        using var interruption = listen(
            () =>
            {
                Tell("leaving the run in order; ask again to end at once");
                leave.Cancel();
            },
            () => { });
        if (request.IsSpawned)
        {
            Parent.WatchEnd(host.Input, () => LeaveForGood(leave));
        }

        if (TransportPolicy.Warning(request.Coordinator, security) is { } warning)
        {
            host.Error.WriteLine($"disttrain: {warning}");
        }

        var outcome = Join(new MemberSettings
        {
            Coordinator = request.Coordinator,
            Role = request.Role,
            Listen = request.Listen,
            AdvertisedHost = request.AdvertisedHost,
            Security = security,
            Limits = Credentials.Limits(request.Connection),
            JoinTimeout = request.JoinTimeout,
            RejoinTimeout = TimeSpan.FromSeconds(request.Connection.RejoinSeconds),
        }, leave.Token);
        return unprepared is { } failure && outcome.Ending == MemberEnding.Refused ? throw failure : Conclude(outcome);
    }

    /// <summary>Nobody is left to read what this process says, so it must not stay, whatever becomes of leaving in order.</summary>
    private void LeaveForGood(CancellationTokenSource leave)
    {
        try
        {
            leave.Cancel();
        }
        catch (ObjectDisposedException)
        {
            return;
        }

        if (!over.Task.Wait(PatienceWithoutParent))
        {
            host.EndProcess(ExitCode.Network);
        }
    }

    private ClusterSecurity Security()
    {
        if (request.IsSpawned)
        {
            var secret = Stage.Configuration(() => Parent.ReadSecret(host.Input));
            return new ClusterSecurity { Secret = secret, UsesTls = request.Connection.Tls == true, UsesLocalSockets = request.Connection.LocalSockets };
        }

        return Stage.Configuration(() => Credentials.Of(request.Connection, host.Error.WriteLine));
    }

    private MemberOutcome Join(MemberSettings settings, CancellationToken leave)
    {
        try
        {
            return host.Member(settings, host.Version, (offer, fetcher) => Prepare(offer, fetcher, leave), Tell, leave);
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            return new MemberOutcome(MemberEnding.Left, "it was stopped before it joined");
        }
        catch (InvalidInputException refusal)
        {
            throw unprepared ?? new CommandException(NetworkFailure.CodeOf(refusal), refusal.Message, refusal);
        }
    }

    private PreparedRun Prepare(RunOffer offer, IDataFetcher fetcher, CancellationToken leave)
    {
        unprepared = null;
        try
        {
            return RunPreparation.Prepare(offer, request, host, fetcher, Tell, leave);
        }
        catch (CommandException failure)
        {
            unprepared = failure;
            throw new InvalidInputException(failure.Message, failure);
        }
    }

    private ExitCode Conclude(MemberOutcome outcome)
    {
        switch (outcome.Ending)
        {
            case MemberEnding.Refused:
                throw new CommandException(ExitCode.Refused, outcome.Sentence);
            case MemberEnding.CoordinatorLost:
                throw new CommandException(ExitCode.Network, outcome.Sentence);
            default:
                Tell(outcome.Sentence);
                return ExitCode.Success;
        }
    }

    private void Tell(string sentence)
    {
        lock (gate)
        {
            host.Output.WriteLine(Output.RunText.Printable(sentence));
            host.Output.Flush();
        }
    }
}
