using DistTrain.Simulation.WhatIf;

namespace DistTrain.Cli.Output;

/// <summary>Predictions for machines: what was asked, then a line for each.</summary>
internal static class WhatIfJson
{
    public static void Write(WhatIfTable table, TextWriter output)
    {
        output.WriteLine(Question(table));
        foreach (var prediction in table.Predictions)
        {
            output.WriteLine(Line(table, prediction));
        }
    }

    private static string Question(WhatIfTable table) => JsonEvents.Object(json =>
    {
        var question = table.Alone.Question;
        json.WriteString("event", "question");
        json.WriteString("model", table.Model);
        json.WriteString("machine", table.Machine);
        json.WriteString("calibration", table.CalibrationFile);
        json.WriteString("measuredModel", table.MeasuredModel);
        json.WriteNumber("batchSize", question.BatchSize);
        json.WriteNumber("microBatches", Learning.Reduction.MiniBatchPartition.Create(question.BatchSize, question.MicroBatches).MicroBatchCount);
        json.WriteNumber("parameterBytes", 4L * question.Layout.BufferLength);
        json.WriteString("on", $"{question.On}".ToLowerInvariant());
        json.WriteString("placement", $"{table.Predictions[0].Question.Placement}".ToLowerInvariant());
        json.WriteFinite("bytesPerSecond", question.BytesPerSecond);
        json.WriteFinite("latencySeconds", question.LatencySeconds);
        json.WriteString("stragglers", $"{table.Predictions[0].Question.Stragglers}");
        json.WriteNumber("seed", question.Seed);
        json.WriteFinite("samplesPerSecondAlone", table.Alone.SamplesPerSecond);
    });

    private static string Line(WhatIfTable table, Prediction prediction) => JsonEvents.Object(json =>
    {
        json.WriteString("event", "prediction");
        json.WriteNumber("workers", prediction.Question.Workers);
        json.WriteNumber("shards", prediction.Question.ShardCount);
        json.WriteFinite("stepSeconds", prediction.StepSeconds);
        json.WriteFinite("medianStepSeconds", prediction.MedianStepSeconds);
        json.WriteFinite("longestStepSeconds", prediction.LongestStepSeconds);
        json.WriteFinite("samplesPerSecond", prediction.SamplesPerSecond);
        json.WriteFinite("efficiency", table.EfficiencyOf(prediction));
        json.WriteString("limit", prediction.Limit.Name());
        json.WriteString("limitReason", prediction.LimitReason);
        json.WriteStartObject("secondsOfStep");
        foreach (var (_, name, phases) in StepParts.All)
        {
            json.WriteFinite(name, prediction.Seconds(phases));
        }

        json.WriteEndObject();
        json.WriteFinite("fanInSeconds", prediction.Seconds([Phase.FanIn]));
        json.WriteFinite("fanOutSeconds", prediction.Seconds([Phase.FanOut]));
        json.WriteFinite("busiestLinkShare", prediction.BusiestLinkShare);
        json.WriteString("busiestLink", $"{prediction.BusiestLinkNode}");
        json.WriteNumber("idleWorkers", prediction.IdleWorkers);
        json.WriteFinite("messagesPerStep", prediction.MessagesPerStep);
        json.WriteFinite("bytesPerStep", prediction.BytesPerStep);
        json.WriteStartArray("warnings");
        foreach (var warning in prediction.Warnings)
        {
            json.WriteStringValue(warning);
        }

        json.WriteEndArray();
    });
}
