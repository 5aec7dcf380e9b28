using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Graph;
using DistTrain.Runtime;

namespace DistTrain.Cli.Output;

/// <summary>What was measured of a run beside its losses, one JSON object a line, in the manner of <see cref="JsonEvents"/>.</summary>
public static class DiagnosticEvents
{
    /// <summary>Norms by parameter tensor at one step.</summary>
    public static string Layers(LayersMeasured step, ParameterLayout layout) => JsonEvents.Line("layers", json =>
    {
        json.WriteNumber("step", step.Step);
        json.WriteFinite("learningRate", step.LearningRate);
        json.WriteFinite("loss", step.MeanLoss);
        json.WriteStartArray("tensors");
        foreach (var norm in step.Norms)
        {
            json.WriteStartObject();
            json.WriteString("name", layout.Tensors[norm.TensorIndex].Name);
            json.WriteFinite("gradientNorm", norm.GradientNorm);
            json.WriteFinite("weightNorm", norm.WeightNorm);
            json.WriteFinite("updateRatio", norm.UpdateRatio);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>The curve of a learning-rate range test.</summary>
    public static string RateRange(RateRange range) => JsonEvents.Line("rateRange", json =>
    {
        json.WriteFinite("suggestion", range.Suggestion);
        json.WriteStartArray("points");
        foreach (var point in range.Points)
        {
            json.WriteStartObject();
            json.WriteFinite("learningRate", point.LearningRate);
            json.WriteFinite("loss", point.Loss);
            json.WriteFinite("smoothedLoss", point.SmoothedLoss);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
