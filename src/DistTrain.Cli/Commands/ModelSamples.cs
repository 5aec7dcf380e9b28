using DistTrain.Actors;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Data;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Cli.Commands;

/// <summary>Samples for a stored model.</summary>
/// <param name="Part">Which samples these are, in words.</param>
internal sealed record ModelSamples(string Name, string Part, SampleSet Samples, string ContentHash)
{
    /// <summary>A part of the run's own data, divided as it was for the training.</summary>
    /// <exception cref="CommandException">The data is gone, damaged or changed, or has no such part.</exception>
    public static ModelSamples PartOf(StoredRun run, DataSplit split)
    {
        var source = Stage.ReadingRun(() => DataSettings.Source(run.Configuration));
        var data = Stage.Data(() => DataSetLoader.Load(source, DataSettings.Options(run.Configuration)));
        if (data.ContentHash != run.DataHash)
        {
            // Another split would put samples into the test part that the model was trained on.
            throw new CommandException(
                ExitCode.BadData,
                $"the data {run.Configuration.Data} has changed since the training (content {RunText.ShortHash(data.ContentHash)}, was {RunText.ShortHash(run.DataHash)}): "
                + "say with --data what to evaluate");
        }

        return split switch
        {
            DataSplit.Train => new ModelSamples(data.Name, "training part", data.Train, data.ContentHash),
            DataSplit.Test => new ModelSamples(data.Name, "test part", data.Test, data.ContentHash),
            _ => new ModelSamples(
                data.Name,
                "validation part",
                data.Validation ?? throw new CommandException(ExitCode.WrongUsage, $"the run {run.Paths.Directory} kept no samples for validation (validation-ratio is 0)"),
                data.ContentHash),
        };
    }

    /// <summary>Other samples, prepared as those of the training were.</summary>
    /// <param name="configuration">The run's, with the user's source and settings laid over it.</param>
    /// <exception cref="CommandException">They cannot be read or do not fit the model.</exception>
    public static ModelSamples Load(StoredRun run, TrainConfiguration configuration)
    {
        var source = Stage.Configuration(() => DataSettings.Source(configuration));
        var input = Stage.Data(() =>
        {
            var loaded = DataSetLoader.LoadForModel(source, run.Preprocessing, new DataSetOptions());
            EmbeddingOperation.Check(run.Model.Graph, loaded.Samples);
            return loaded;
        });
        return new ModelSamples(input.Name, $"{input.Samples.Count:N0} samples", input.Samples, input.ContentHash);
    }
}
