using System.Globalization;
using DistTrain.Cli.Output;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;

namespace DistTrain.Cli.Commands;

/// <summary>
/// What a stored model says of each sample, a line each: the class and its probability, or the values. The samples are prepared as those of the training were.
/// </summary>
public static class PredictCommand
{
    /// <param name="request">With data.</param>
    /// <param name="host">The world.</param>
    public static ExitCode Run(ModelRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(request.Data);
        ArgumentNullException.ThrowIfNull(host);
        var run = RunReader.Read(request.Run);
        var samples = ModelSamples.Load(run, request.Data(run.Configuration));
        var engine = host.Engine(request.Engine ?? run.Configuration.Engine);
        var model = run.Model;
        var classNames = run.Preprocessing.ClassNames;
        var shape = model.Graph.OutputShape;
        var width = classNames.IsEmpty ? shape.ElementCount : shape[shape.Rank - 1];
        var predictions = new float[shape.ElementCount];
        Inference.ForEachBlock(engine, model.Graph, model.Loss, model.Weights, samples.Samples, (first, count, outputs) =>
        {
            for (var sample = 0; sample < count; sample++)
            {
                var row = outputs.Slice(sample * predictions.Length, predictions.Length);
                for (var start = 0; start < row.Length; start += width)
                {
                    Evaluation.Predict(model.Loss, row.Slice(start, width), predictions.AsSpan(start, width));
                }

                host.Output.WriteLine(classNames.IsEmpty
                    ? Values(first + sample, predictions, request.Json)
                    : Labels(first + sample, classNames, model.Loss, row, predictions, width, request.Json));
            }
        });
        host.Output.Flush();
        return ExitCode.Success;
    }

    /// <summary>The class of each position of a sample (most models know one) with its probability, or its output where the loss gives outputs no such meaning.</summary>
    private static string Labels(int sample, IReadOnlyList<string> classNames, Loss loss, ReadOnlySpan<float> outputs, ReadOnlySpan<float> predictions, int width, bool asJson)
    {
        var found = new (string Name, float Score)[outputs.Length / width];
        for (var position = 0; position < found.Length; position++)
        {
            var best = Evaluation.PredictedClass(loss, outputs.Slice(position * width, width));
            found[position] = (classNames[best], Evaluation.ClassScore(loss, predictions.Slice(position * width, width), best));
        }

        if (!asJson)
        {
            return string.Join('\t', found.Select(label => string.Create(CultureInfo.InvariantCulture, $"{RunText.Printable(label.Name)}\t{label.Score:F4}")));
        }

        return JsonEvents.Object(json =>
        {
            json.WriteNumber("sample", sample);
            if (found is [var (name, score)])
            {
                json.WriteString("label", name);
                json.WriteFinite("probability", score);
                return;
            }

            json.WriteStartArray("labels");
            foreach (var label in found)
            {
                json.WriteStringValue(label.Name);
            }

            json.WriteEndArray();
        });
    }

    private static string Values(int sample, ReadOnlySpan<float> outputs, bool asJson)
    {
        if (!asJson)
        {
            return string.Join('\t', outputs.ToArray().Select(value => value.ToString(CultureInfo.InvariantCulture)));
        }

        var values = outputs.ToArray();
        return JsonEvents.Object(json =>
        {
            json.WriteNumber("sample", sample);
            json.WriteStartArray("values");
            foreach (var value in values)
            {
                json.WriteNumberValue(value);
            }

            json.WriteEndArray();
        });
    }
}
