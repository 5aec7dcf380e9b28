using System.Text.Json;
using DistTrain.Actors;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Metrics;

namespace DistTrain.Cli.Output;

internal static class JsonWriting
{
    /// <summary>Null where there is no value, and where it is not finite.</summary>
    public static void WriteFinite(this Utf8JsonWriter json, string name, double? value)
    {
        if (value is double number && double.IsFinite(number))
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void WriteFinite(this Utf8JsonWriter json, string name, long? value)
    {
        if (value is long number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>The gradient noise scale and what it is made of, or why there is none; nothing of a run that does not measure it.</summary>
    public static void WriteNoise(this Utf8JsonWriter json, NoiseScale? noise)
    {
        if (noise is null)
        {
            return;
        }

        json.WriteFinite("noiseScale", noise.Samples);
        json.WriteFinite("gradientSquaredNorm", noise.GradientSquaredNorm);
        json.WriteFinite("gradientVariance", noise.GradientVariance);
        json.WriteNumber("noiseSteps", noise.Steps);
        json.WriteString("noiseScaleUndetermined", noise.WhyUndetermined);
    }

    /// <summary>An array of objects, one for each item.</summary>
    /// <param name="content">Writes what stands in one.</param>
    public static void WriteObjects<T>(this Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> content)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            content(item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Loss and accuracy, null where there are none, and every other metric that the evaluation gave: <c>testLoss</c>, <c>testMicroF1</c>.</summary>
    /// <param name="part">Stands before each name; empty for the names alone.</param>
    /// <param name="withClasses">Whether the figures of each class follow.</param>
    public static void WriteMetrics(this Utf8JsonWriter json, string part, EvaluationSummary? evaluation, bool withClasses = false)
    {
        foreach (var metric in MetricNames.All)
        {
            var value = evaluation?.Value(metric);
            if (value is not null || metric is MetricNames.Loss or MetricNames.Accuracy)
            {
                json.WriteFinite(Name(part, metric), value);
            }
        }

        if (withClasses && evaluation?.Metrics is { Classes.IsEmpty: false } metrics)
        {
            WriteClasses(json, metrics);
        }
    }

    private static void WriteClasses(Utf8JsonWriter json, SplitMetrics metrics)
    {
        json.WriteObjects("classes", metrics.Classes, of =>
        {
            json.WriteNumber("samples", of.Actual);
            json.WriteNumber("predicted", of.Predicted);
            json.WriteNumber("correct", of.Correct);
            json.WriteFinite("precision", of.Precision);
            json.WriteFinite("recall", of.Recall);
            json.WriteFinite("f1", of.F1);
        });
    }

    private static string Name(string part, string metric)
    {
        var words = string.Concat(metric.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        return part.Length == 0 ? char.ToLowerInvariant(words[0]) + words[1..] : part + words;
    }
}
