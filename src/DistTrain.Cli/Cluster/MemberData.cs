using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;
using DistTrain.Data;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Cluster;

/// <summary>
/// Finds the data of a run that another process has begun: what the user of this one names, else the run's own source where it is here, else the coordinator's files. Whatever it is, it must say
/// the same, sample by sample.
/// </summary>
internal static class MemberData
{
    /// <exception cref="CommandException">There is none, or it says something else.</exception>
    public static DataSet Load(DataOffer offer, TrainConfiguration configuration, MemberRequest request, IDataFetcher fetcher, Action<string> tell)
    {
        if (request.Data is { } own)
        {
            return Checked(offer, configuration with { Data = own }, "--data names");
        }

        return Checked(offer, configuration, "this machine has");
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
