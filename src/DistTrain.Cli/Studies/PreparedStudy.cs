using System.Globalization;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Data;
using DistTrain.Learning.Engines;

namespace DistTrain.Cli.Studies;

/// <summary>What all trials of a study or a search share: loaded once and checked.</summary>
/// <param name="Configuration">Resolved.</param>
internal sealed record PreparedStudy(TrainConfiguration Configuration, DataSet Data, IEngine Engine)
{
    public string Title => $"{Data.Name}, {ModelName}";

    public string ModelName => Configuration.Model.ShortForm ?? "layers of its own";

    /// <summary>Which data, for people.</summary>
    public string DataText => $"{Data.Name}, content {RunText.ShortHash(Data.ContentHash)}";

    /// <summary>Trials that run at once: as many as were asked for, or as the cores have room for.</summary>
    public int Parallel(int? asked) => asked ?? Math.Max(1, Environment.ProcessorCount / (Configuration.Workers * Configuration.ThreadsPerWorker));

    /// <exception cref="CommandException">Something cannot be used.</exception>
    public static PreparedStudy Of(TrainConfiguration asked, Host host)
    {
        var source = Stage.Configuration(() => DataSettings.Source(asked));
        var data = Stage.Data(() => DataSetLoader.Load(source, DataSettings.Options(asked)));
        if (data.Validation is null)
        {
            throw new CommandException(ExitCode.WrongUsage, "trials are judged by a validation part, so that the test part stays unseen: keep some samples for it (--validation-ratio 0.1)");
        }

        return new PreparedStudy(DataSettings.Resolve(asked, source, data.Preprocessing).For(data.Train.Targets), data, host.Engine(asked.Engine));
    }

    /// <summary>A folder for the study of this name: the same every time, so that the same command goes on with it.</summary>
    public string DefaultFolder(string kind)
    {
        var words = $"{kind}-{Data.Name}-{Configuration.Model.ShortForm ?? "layers"}";
        return Path.Combine("studies", string.Concat(words.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '-')));
    }

    /// <summary>On what seconds are measured.</summary>
    public string Placement => string.Create(
        CultureInfo.InvariantCulture,
        $"one process with {Configuration.Workers} {(Configuration.Workers == 1 ? "worker" : "workers")} of {Configuration.ThreadsPerWorker} {(Configuration.ThreadsPerWorker == 1 ? "thread" : "threads")}, engine {Configuration.Engine} ({Engine.KernelPath}), {Environment.ProcessorCount} cores");
}
