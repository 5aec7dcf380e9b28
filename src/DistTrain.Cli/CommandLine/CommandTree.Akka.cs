using System.CommandLine;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.CommandLine;

/// <summary>The runtime that is not always there.</summary>
internal sealed partial class CommandTree
{
    private readonly Option<string> standby = new("--standby")
    {
        HelpName = "HOST:PORT", Description = "with --runtime akka, --listen and --run on storage that both share: wait until the coordinator there is gone, then go on with its run",
    };

    /// <summary>What processes run on, where it is not TCP alone.</summary>
    /// <returns>To be disposed when everything is written down; null for TCP alone.</returns>
    /// <exception cref="CommandException">The program was built without it.</exception>
    private IClusterRuntime? UseRuntime(TrainConfiguration configuration)
    {
        if (configuration.Runtime != ConfigurationKeys.AkkaRuntime)
        {
            return null;
        }

        var create = host.Akka
            ?? throw new CommandException(ExitCode.WrongUsage, "this program was built without Akka.NET: build it with 'dotnet build -c Release -p:Akka=true' from a NuGet feed that has the packages, or leave out --runtime akka");
        var runtime = create(configuration.AkkaConfiguration, sentence => host.Error.WriteLine($"disttrain: {sentence}"));
        host = host with
        {
            Coordinator = (settings, offer, openFile, definition, engine, listener, cancellation, recovery) =>
                runtime.RunCoordinator(settings, offer, openFile, definition, engine, listener, recovery, cancellation),
            Member = runtime.RunMember,
        };
        return runtime;
    }

    /// <summary>Waits until this process is to be the coordinator, where that is asked for.</summary>
    /// <returns>Null where it is not asked for; false where the wait was interrupted.</returns>
    /// <exception cref="CommandException">The command line does not suit, or the cluster cannot be joined, or not any more.</exception>
    private bool? StandBy(ParseResult line, TrainRequest request, IClusterRuntime? runtime)
    {
        if (Read(line, standby, Address.ToReach) is not { } coordinatorAddress)
        {
            return null;
        }

        if (runtime is null || request.RunDirectory is null || request.Configuration.Listen is not { } listen)
        {
            throw new CommandException(ExitCode.WrongUsage, "--standby needs --runtime akka, --listen (where workers will join) and --run (the run's directory, which this machine shares with the coordinator's)");
        }

        using var stop = new CancellationTokenSource();
        using var interruption = host.ListenForInterruption(stop.Cancel, () => { });
        try
        {
            runtime.StandBy(
                new StandbySettings(
                    coordinatorAddress,
                    listen,
                    Stage.Configuration(() => Credentials.Of(request.Configuration, host.Error.WriteLine)),
                    Credentials.Limits(request.Configuration),
                    TimeSpan.FromSeconds(DefaultJoinTimeoutSeconds)),
                stop.Token);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            host.Error.WriteLine("disttrain: does not stand by any more; the run goes on without it.");
            return false;
        }
        catch (InvalidInputException failure)
        {
            throw new CommandException(NetworkFailure.CodeOf(failure), failure.Message, failure);
        }
    }
}
