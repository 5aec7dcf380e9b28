using DistTrain.Actors;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Metrics;

namespace DistTrain.Cli.Commands;

/// <param name="Run">The run directory.</param>
/// <param name="Data">Lays the user's data settings over the run's; null for the run's own test part.</param>
/// <param name="Engine">See <see cref="ConfigurationKeys.EngineNames"/>; null for the run's.</param>
public sealed record ModelRequest(string Run, Func<TrainConfiguration, TrainConfiguration>? Data, string? Engine, bool Json)
{
    /// <summary>The part of the run's own data that is meant; null for the test part.</summary>
    public DataSplit? Split { get; init; }
}

/// <summary>Loss, accuracy and confusions of a stored model.</summary>
public static class EvaluateCommand
{
    private const int MostClassesOfMatrix = 20;

    public static ExitCode Run(ModelRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        var run = RunReader.Read(request.Run);
        var samples = request.Data is null ? ModelSamples.PartOf(run, request.Split ?? DataSplit.Test) : ModelSamples.Load(run, request.Data(run.Configuration));
        if (samples.Samples.Targets is Unlabelled)
        {
            throw new CommandException(ExitCode.BadData, $"{samples.Name} has no labels to hold the model to: use 'disttrain predict'");
        }

        var engine = host.Engine(request.Engine ?? run.Configuration.Engine);
        var model = run.Model;
        var summary = Inference.Evaluate(engine, model.Graph, model.Loss, model.Weights, samples.Samples, run.Configuration.TopK)
            ?? throw new CommandException(ExitCode.BadData, $"{samples.Name} has no samples");
        var confusion = Inference.Confusion(engine, model.Graph, model.Loss, model.Weights, samples.Samples);
        if (request.Json)
        {
            host.Output.WriteLine(Json(run, samples, engine, summary, confusion));
        }
        else
        {
            Write(host, run, samples, summary, confusion);
        }

        return ExitCode.Success;
    }

    private static void Write(Host host, StoredRun run, ModelSamples samples, EvaluationSummary summary, ConfusionMatrix? confusion)
    {
        var accuracy = summary.Accuracy is null ? "" : $"accuracy {RunText.Percent(summary.Accuracy)}, ";
        host.Output.WriteLine($"{samples.Name}, {samples.Part}: {accuracy}loss {RunText.Loss(summary.MeanLoss)} over {RunText.Whole(summary.SampleCount)} samples");
        host.Output.WriteLine($"weights {run.Model.WeightsHash}");
        foreach (var figure in MetricText.Figures(summary))
        {
            host.Output.WriteLine(figure);
        }

        if (confusion is null)
        {
            return;
        }

        host.Output.WriteLine();
        string[] names = [.. run.Preprocessing.ClassNames.Select(RunText.Printable)];
        foreach (var line in names.Length <= MostClassesOfMatrix ? Matrix(confusion, names) : Confusions(confusion, names))
        {
            host.Output.WriteLine(line);
        }

        if (summary.Metrics is { Classes.IsEmpty: false } metrics)
        {
            host.Output.WriteLine();
            foreach (var line in MetricText.Classes(metrics, names))
            {
                host.Output.WriteLine(line);
            }
        }
    }

    private static IEnumerable<string> Matrix(ConfusionMatrix confusion, string[] classNames)
    {
        var classes = Enumerable.Range(0, confusion.ClassCount).ToArray();
        var rows = classes.Select(actual => (IReadOnlyList<string>)
        [
            classNames[actual],
            .. classes.Select(predicted => confusion[actual, predicted] == 0 ? "." : RunText.Whole(confusion[actual, predicted])),
            RunText.Percent(confusion.Recall(actual)),
        ]).ToArray();
        return TextTable.Lines(["actual", .. classNames, "found"], rows, leftColumns: 1).Prepend("Confusion matrix: rows are the actual class, columns the predicted one");
    }

    /// <summary>With many classes nobody reads a matrix: the commonest mistakes say more.</summary>
    private static IEnumerable<string> Confusions(ConfusionMatrix confusion, string[] classNames)
    {
        var classes = Enumerable.Range(0, confusion.ClassCount).ToArray();
        var mistakes = from actual in classes
                       from predicted in classes
                       where actual != predicted && confusion[actual, predicted] > 0
                       orderby confusion[actual, predicted] descending, actual, predicted
                       select (IReadOnlyList<string>)[classNames[actual], classNames[predicted], RunText.Whole(confusion[actual, predicted])];
        return TextTable.Lines(["actual", "predicted", "samples"], [.. mistakes.Take(MostClassesOfMatrix)], leftColumns: 2)
            .Prepend($"The commonest confusions among {classNames.Length} classes (all of them with --json)");
    }

    private static string Json(StoredRun run, ModelSamples samples, IEngine engine, EvaluationSummary summary, ConfusionMatrix? confusion) => JsonEvents.Object(json =>
    {
        json.WriteString("run", run.Paths.Directory);
        json.WriteString("data", samples.Name);
        json.WriteString("dataHash", samples.ContentHash);
        json.WriteNumber("samples", summary.SampleCount);
        json.WriteMetrics("", summary, withClasses: true);
        json.WriteString("weightsHash", run.Model.WeightsHash);
        json.WriteString("kernelPath", engine.KernelPath);
        json.WriteString("arithmeticId", engine.ArithmeticId.Value);
        if (confusion is null)
        {
            return;
        }

        json.WriteStartArray("classNames");
        foreach (var name in run.Preprocessing.ClassNames)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteStartArray("confusion");
        for (var actual = 0; actual < confusion.ClassCount; actual++)
        {
            json.WriteStartArray();
            for (var predicted = 0; predicted < confusion.ClassCount; predicted++)
            {
                json.WriteNumberValue(confusion[actual, predicted]);
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
    });
}
