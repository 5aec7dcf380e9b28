using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;
using DistTrain.Data;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.DataTransfer;

namespace DistTrain.Cli.Cluster;

/// <summary>
/// Finds the data of a run that another process has begun: what the user of this one names, else the run's own source where it is here, else the coordinator's files. Whatever it is, it must say
/// the same, sample by sample.
/// </summary>
internal static class MemberData
{
    /// <param name="offer">What the run is trained on.</param>
    /// <param name="configuration">The run's.</param>
    /// <param name="request">What the user of this process says.</param>
    /// <param name="fetcher">Gets the coordinator's files.</param>
    /// <param name="tell">Takes sentences for people.</param>
    /// <exception cref="CommandException">There is none, or it says something else.</exception>
    public static DataSet Load(DataOffer offer, TrainConfiguration configuration, MemberRequest request, IDataFetcher fetcher, Action<string> tell, CancellationToken cancellation)
    {
        if (request.Data is { } own)
        {
            return Checked(offer, configuration with { Data = own }, "--data names");
        }

        if (offer.Files.IsEmpty || IsHere(configuration, tell))
        {
            return Checked(offer, configuration, "this machine has");
        }

        var cache = new DataCache(request.CacheFolder ?? DataCache.DefaultFolder);
        var folder = Stage.Data(() => cache.Obtain(offer, fetcher, tell, cancellation));
        var copy = Stage.Configuration(() => DataSource.Parse(configuration.Data).In(folder));
        return Checked(offer, configuration with { Data = copy.ToString() }, "the coordinator has sent");
    }

    private static bool IsHere(TrainConfiguration configuration, Action<string> tell)
    {
        try
        {
            _ = DataSettings.Source(configuration).Files();
            return true;
        }
        catch (InvalidInputException missing)
        {
            tell($"no copy on this machine: {missing.Message.TrimEnd('.')}");
            return false;
        }
    }

    private static DataSet Checked(DataOffer offer, TrainConfiguration configuration, string whose)
    {
        var source = Stage.Configuration(() => DataSettings.Source(configuration));
        var data = Stage.Data(() => DataSetLoader.Load(source, DataSettings.Options(configuration)));
        return data.ContentHash == offer.ContentHash
            ? data
            : throw new CommandException(
                ExitCode.Refused, $"{whose} other data than the run's {offer.Name}: {configuration.Data} has the content {data.ContentHash}, the coordinator's has {offer.ContentHash}");
    }
}
