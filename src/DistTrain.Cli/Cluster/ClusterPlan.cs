using DistTrain.Actors;
using DistTrain.Cli.Configuration;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Cluster;

/// <summary>In which processes a configuration trains.</summary>
/// <param name="Workers">That are expected at the start.</param>
public abstract record ClusterPlan(int Workers)
{
    private const string Usage = "--processes N (worker processes on this machine) or --listen HOST:PORT (workers that join from anywhere)";

    private const string ShardsKey = "shards";

    private static readonly HostAndPort AnyLoopbackPort = new("127.0.0.1", 0);

    /// <summary>What a configuration asks for.</summary>
    /// <exception cref="InvalidInputException">Its settings contradict each other; one sentence says which.</exception>
    public static ClusterPlan Of(TrainConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (configuration is { AkkaConfiguration: not null, Runtime: not ConfigurationKeys.AkkaRuntime })
        {
            throw new InvalidInputException("--akka-config is for --runtime akka: give that as well, or leave it out");
        }

        if (configuration.Listen is null && configuration.Processes == 0)
        {
            if (configuration.Runtime == ConfigurationKeys.AkkaRuntime)
            {
                throw new InvalidInputException($"--runtime akka is about several processes: give {Usage} as well");
            }

            RefuseClusterKeys(configuration);
            return new SingleProcess(configuration.Workers);
        }

        if (configuration.Runtime != TrainConfiguration.Default.Runtime && configuration.Runtime != ConfigurationKeys.AkkaRuntime)
        {
            throw new InvalidInputException($"--runtime {configuration.Runtime} keeps everything in this process, but {Name(configuration)} asks for others: leave out one of the two");
        }

        if (configuration.FindsLearningRate)
        {
            throw new InvalidInputException($"--learning-rate find trains in this process only: find the rate without {Name(configuration)} first, then give it as a number");
        }

        return configuration.Listen is null ? LocalProcesses(configuration) : Joined(configuration, configuration.Listen);
    }

    private static Clustered LocalProcesses(TrainConfiguration configuration)
    {
        var processes = configuration.Processes;
        var placement = configuration.Placement ?? ShardPlacement.Workers;
        if (configuration.ClusterFolder is not null || configuration.SecretFile is not null || configuration.IsInsecure)
        {
            throw new InvalidInputException("--processes makes a secret of its own for the processes that it starts: leave out --cluster-folder, --secret-file and --insecure");
        }

        if (placement == ShardPlacement.Servers)
        {
            throw new InvalidInputException("--placement servers needs nodes that join to hold shards, but --processes starts workers only: take --placement workers or central, or --listen");
        }

        var minimum = configuration.MinWorkers ?? processes;
        if (minimum > processes)
        {
            throw new InvalidInputException($"training would never begin: --min-workers is {minimum}, but --processes starts {processes}");
        }

        RefuseTooManyShards(configuration.Shards, placement, processes, $"--processes is {processes}");
        return new Clustered(AnyLoopbackPort, minimum, placement, processes);
    }

    private static Clustered Joined(TrainConfiguration configuration, HostAndPort listen)
    {
        if (configuration.Processes > 0)
        {
            throw new InvalidInputException($"--processes starts the workers by itself, --listen waits for them: give either --processes {configuration.Processes} or --listen {listen}");
        }

        if (configuration is { ClusterFolder: not null, SecretFile: not null })
        {
            throw new InvalidInputException("--cluster-folder holds a secret already: leave out --secret-file");
        }

        if (configuration is { ClusterFolder: null, SecretFile: null, IsInsecure: false })
        {
            throw new InvalidInputException(
                "--listen must know who belongs to the cluster: give --cluster-folder (made by 'disttrain cluster init'), --secret-file, or --insecure where only friends can reach the port");
        }

        var minimum = configuration.MinWorkers ?? 1;
        var placement = configuration.Placement ?? ShardPlacement.Central;
        RefuseTooManyShards(configuration.Shards, placement, minimum, $"--min-workers is {minimum}");
        return new Clustered(listen, minimum, placement, ProcessesToStart: 0);
    }

    private static void RefuseTooManyShards(int? shards, ShardPlacement placement, int workers, string because)
    {
        if (placement == ShardPlacement.Workers && shards > workers)
        {
            throw new InvalidInputException($"--placement workers puts at most one shard on each worker, but --shards is {shards} and {because}");
        }
    }

    /// <summary>A setting that would do nothing is a mistake that should not wait for a real cluster to show.</summary>
    private static void RefuseClusterKeys(TrainConfiguration configuration)
    {
        var useless = ConfigurationKeys.All.FirstOrDefault(
            key => key.Group == KeyGroup.Cluster && key.Name != ShardsKey && !Equals(key.Get(configuration), key.Get(TrainConfiguration.Default)));
        if (useless is not null)
        {
            throw new InvalidInputException($"{useless.Flag} is about several processes: give {Usage} as well, or leave it out");
        }
    }

    private static string Name(TrainConfiguration configuration) => configuration.Listen is { } listen ? $"--listen {listen}" : $"--processes {configuration.Processes}";
}

/// <summary>Without a network.</summary>
public sealed record SingleProcess(int Workers) : ClusterPlan(Workers);

/// <param name="Listen">Where members join.</param>
/// <param name="MinimumWorkers">With which training begins.</param>
/// <param name="ProcessesToStart">On this machine; 0 where workers join by themselves.</param>
public sealed record Clustered(HostAndPort Listen, int MinimumWorkers, ShardPlacement Placement, int ProcessesToStart) : ClusterPlan(Math.Max(MinimumWorkers, ProcessesToStart));
