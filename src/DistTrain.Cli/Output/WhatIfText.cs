using System.Globalization;
using DistTrain.Actors;
using DistTrain.Simulation.WhatIf;

namespace DistTrain.Cli.Output;

/// <summary>Predictions for people.</summary>
internal static class WhatIfText
{
    /// <summary>Of <see cref="Cells"/>.</summary>
    public static IReadOnlyList<string> Headings { get; } = ["workers", "shards", "step ms", "samples/s", "efficiency", .. StepParts.All.Select(part => part.Name), "limit"];

    public static void Write(WhatIfTable table, TextWriter output)
    {
        foreach (var line in Header(table))
        {
            output.WriteLine(line);
        }

        output.WriteLine();
        foreach (var line in TextTable.Lines(Headings, [.. table.Predictions.Select(prediction => Cells(table, prediction))], leftColumns: 0))
        {
            output.WriteLine(line);
        }

        output.WriteLine();
        foreach (var line in Notes(table))
        {
            output.WriteLine(line);
        }
    }

    /// <summary>What was asked, in a few lines.</summary>
    public static IEnumerable<string> Header(WhatIfTable table)
    {
        var question = table.Alone.Question;
        var micro = Learning.Reduction.MiniBatchPartition.Create(question.BatchSize, question.MicroBatches).MicroBatchCount;
        yield return $"{table.Model}, batches of {RunText.Whole(question.BatchSize)} samples in {micro} micro-batches, {4.0 * question.Layout.BufferLength / 1e6:F1} MB of parameters; {Where(table.Predictions[0].Question)}";
        yield return $"costs of {(table.CalibrationFile is null ? "the reference machine" : table.CalibrationFile)}: {table.Machine}"
            + (table.MeasuredModel == table.Model ? "" : $"; {table.Model} was not measured, and is taken to do as many operations a second as {table.MeasuredModel}");
    }

    private static string Where(WhatIfQuestion question) => question.On switch
    {
        Surroundings.Threads => "all in one process",
        Surroundings.Processes => $"processes of one machine, {Placement(question)}",
        _ => $"{Placement(question)}, {Rate(question.BytesPerSecond)} and {question.LatencySeconds * 1e6:0.###} us between machines",
    } + (question.Stragglers is NoStragglers ? "" : $", stragglers {question.Stragglers}");

    private static string Placement(WhatIfQuestion question) => question.Placement switch
    {
        ShardPlacement.Central => "shards with the coordinator",
        ShardPlacement.Workers => "shards on the workers' nodes",
        _ => "shards on nodes of their own",
    };

    private static string Rate(double bytesPerSecond) => double.IsInfinity(bytesPerSecond) ? "unlimited bandwidth" : $"{bytesPerSecond * 8 / 1e9:0.###} Gbit/s";

    public static IReadOnlyList<string> Cells(WhatIfTable table, Prediction prediction) =>
    [
        RunText.Whole(prediction.Question.Workers),
        RunText.Whole(prediction.Question.ShardCount),
        Milliseconds(prediction.StepSeconds),
        RunText.Whole(prediction.SamplesPerSecond),
        Percent(table.EfficiencyOf(prediction)),
        .. StepParts.All.Select(part => prediction.Seconds(part.Phases) is var seconds && seconds == 0 ? "-" : Percent(seconds / prediction.StepSeconds)),
        prediction.Limit.Name(),
    ];

    /// <summary>Why it is so, where that changes from one row to the next; and what there is to warn of.</summary>
    public static IEnumerable<string> Notes(WhatIfTable table)
    {
        yield return $"Efficiency is held to one worker that holds the weights itself: {RunText.Whole(table.Alone.SamplesPerSecond)} samples/s. The shares are of a step's critical path.";
        (Limit Limit, int Shards)? before = null;
        foreach (var prediction in table.Predictions)
        {
            var (workers, shards) = (prediction.Question.Workers, prediction.Question.Shards ?? 0);
            if (before != (prediction.Limit, shards))
            {
                before = (prediction.Limit, shards);
                yield return $"From {workers} {(workers == 1 ? "worker" : "workers")}{(shards == 0 ? "" : $" with {shards} {(shards == 1 ? "shard" : "shards")}")} on, the limit is {prediction.LimitReason}.";
            }
        }

        foreach (var warning in table.Predictions.SelectMany(prediction => prediction.Warnings).Distinct())
        {
            yield return $"Warning: {warning}.";
        }
    }

    private static string Milliseconds(double seconds) => (seconds * 1e3).ToString(seconds < 0.1 ? "F3" : "F1", CultureInfo.InvariantCulture);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:F1} %");
}
