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
        var width = model.Graph.OutputShape.ElementCount;
        var classNames = run.Preprocessing.ClassNames;
        var probabilities = new float[width];
        Inference.ForEachBlock(engine, model.Graph, model.Loss, model.Weights, samples.Samples, (first, count, outputs) =>
        {
            for (var i = 0; i < count; i++)
            {
                var row = outputs.Slice(i * width, width);
                host.Output.WriteLine(classNames.IsEmpty
                    ? Values(first + i, row, request.Json)
                    : Label(first + i, classNames, Score(model.Loss, row, probabilities), request.Json));
            }
        });
        host.Output.Flush();
        return ExitCode.Success;
    }

    /// <summary>Probabilities where the loss gives the outputs that meaning; otherwise the outputs as they are.</summary>
    private static ReadOnlySpan<float> Score(Loss loss, ReadOnlySpan<float> outputs, float[] probabilities)
    {
        if (loss is not SoftmaxCrossEntropyLoss)
        {
            return outputs;
        }

        Evaluation.Probabilities(outputs, probabilities);
        return probabilities;
    }

    private static string Label(int sample, IReadOnlyList<string> classNames, ReadOnlySpan<float> scores, bool asJson)
    {
        var best = Evaluation.PredictedClass(scores);
        var score = scores[best];
        if (!asJson)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{RunText.Printable(classNames[best])}\t{score:F4}");
        }

        return JsonEvents.Object(json =>
        {
            json.WriteNumber("sample", sample);
            json.WriteString("label", classNames[best]);
            json.WriteFinite("probability", score);
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
