using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Cluster;

/// <summary>From what a coordinator offers to the same definition of the run in this process.</summary>
internal static class RunPreparation
{
    private const string OfferName = "the coordinator's configuration";

    /// <param name="tell">Takes sentences for people.</param>
    /// <exception cref="CommandException">This process cannot take part; one sentence says why.</exception>
    public static PreparedRun Prepare(RunOffer offer, MemberRequest request, Host host, IDataFetcher fetcher, Action<string> tell, CancellationToken cancellation)
    {
        var offered = Stage.Configuration(() => ConfigurationFile.Parse(OfferName, new StringReader(offer.Configuration), TrainConfiguration.Default));
        var configuration = offered with
        {
            Workers = offer.WorkerCount,
            Engine = request.Engine ?? offered.Engine,
            ThreadsPerWorker = request.Threads ?? offered.ThreadsPerWorker,
            MemoryBytes = request.MemoryBytes ?? offered.MemoryBytes,
        };
        var data = MemberData.Load(offer.Data, configuration, request, fetcher, tell, cancellation);
        var engine = host.Engine(configuration.Engine);
        tell($"{data.Name}: {data.Train.Count} training samples, content {Output.RunText.ShortHash(data.ContentHash)}; engine {configuration.Engine}, kernels {engine.KernelPath}");
        return new PreparedRun(Stage.Configuration(() => Definition.Create(configuration, data, engine)), engine);
    }
}
