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
        json.WriteObjects("tensors", step.Norms, norm =>
        {
            json.WriteString("name", layout.Tensors[norm.TensorIndex].Name);
            json.WriteFinite("gradientNorm", norm.GradientNorm);
            json.WriteFinite("weightNorm", norm.WeightNorm);
            json.WriteFinite("updateRatio", norm.UpdateRatio);
        });
    });

    /// <summary>The curve of a learning-rate range test.</summary>
    public static string RateRange(RateRange range) => JsonEvents.Line("rateRange", json =>
    {
        json.WriteFinite("suggestion", range.Suggestion);
        json.WriteObjects("points", range.Points, point =>
        {
            json.WriteFinite("learningRate", point.LearningRate);
            json.WriteFinite("loss", point.Loss);
            json.WriteFinite("smoothedLoss", point.SmoothedLoss);
        });
    });
}
