using System.Collections.Immutable;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Data;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Cluster;

/// <summary>What the coordinator tells processes that join, and the files behind it.</summary>
internal sealed class ClusterOffer
{
    private readonly ImmutableDictionary<DataFile, string> paths;

    private ClusterOffer(RunOffer run, ImmutableDictionary<DataFile, string> paths)
    {
        Run = run;
        this.paths = paths;
    }

    public RunOffer Run { get; }

    /// <param name="run">Resolved, its data loaded.</param>
    /// <param name="plan">Processes of this machine read the same files, and are offered none.</param>
    /// <exception cref="CommandException">A file of the data is no longer there.</exception>
    public static ClusterOffer Of(RunDescription run, Clustered plan)
    {
        ImmutableArray<SourceFile> sources = plan.ProcessesToStart > 0 ? [] : Stage.Data(() => DataSettings.Source(run.Configuration).Files());
        var files = sources.Select(source => (File: new DataFile(source.Name, source.Length, source.Sha256), source.Path)).ToArray();
        var data = new DataOffer(run.Data.Name, run.Configuration.Data, run.Data.ContentHash, [.. files.Select(file => file.File)]);
        var offer = new RunOffer(run.Version, ConfigurationWriter.ToYaml(run.Configuration.WithoutCluster(plan)), plan.Workers, data);
        return new ClusterOffer(offer, files.ToImmutableDictionary(file => file.File, file => file.Path));
    }

    /// <summary>Opens a file of the offer for one who fetches it.</summary>
    /// <exception cref="IOException">There is none, or not any more.</exception>
    public Stream Open(DataFile file) =>
        paths.TryGetValue(file, out var path) ? File.OpenRead(path) : throw new FileNotFoundException($"{file.Name} is not among the files of the run's data");
}
