using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Data;
using DistTrain.Learning;

namespace DistTrain.Cli.Commands;

/// <summary>Samples for a stored model.</summary>
/// <param name="Part">Which samples these are, in words.</param>
internal sealed record ModelSamples(string Name, string Part, SampleSet Samples, string ContentHash)
{
    /// <summary>The run's own test part, split off as it was for the training.</summary>
    /// <exception cref="CommandException">The data is gone, damaged or changed.</exception>
    public static ModelSamples TestPartOf(StoredRun run)
    {
        var source = Stage.ReadingRun(() => DataSettings.Source(run.Configuration));
        var data = Stage.Data(() => DataSetLoader.Load(source, new DataSetOptions { TestRatio = run.Configuration.TestRatio, Seed = run.Configuration.Seed }));
        if (data.ContentHash != run.DataHash)
        {
            // Another split would put samples into the test part that the model was trained on.
            throw new CommandException(
                ExitCode.BadData,
                $"the data {run.Configuration.Data} has changed since the training (content {RunText.ShortHash(data.ContentHash)}, was {RunText.ShortHash(run.DataHash)}): "
                + "say with --data what to evaluate");
        }

        return new ModelSamples(data.Name, "test part", data.Test, data.ContentHash);
    }

    /// <summary>Other samples, prepared as those of the training were.</summary>
    /// <param name="configuration">The run's, with the user's source and settings laid over it.</param>
    /// <exception cref="CommandException">They cannot be read or do not fit the model.</exception>
    public static ModelSamples Load(StoredRun run, TrainConfiguration configuration)
    {
        var source = Stage.Configuration(() => DataSettings.Source(configuration));
        var input = Stage.Data(() => DataSetLoader.LoadForModel(source, run.Preprocessing, new DataSetOptions()));
        return new ModelSamples(input.Name, $"{input.Samples.Count:N0} samples", input.Samples, input.ContentHash);
    }
}
