namespace DistTrain.Learning.Metrics;

/// <summary>What an evaluation says of one class. A ratio whose denominator is 0 is null.</summary>
/// <param name="Actual">Samples of the class.</param>
/// <param name="Predicted">Samples that were taken for it.</param>
/// <param name="Correct">Samples that are both.</param>
public readonly record struct ClassMetrics(long Actual, long Predicted, long Correct)
{
    /// <summary>Whether the class occurs at all, in the samples or in the predictions.</summary>
    public bool Occurs => Actual + Predicted > 0;

    /// <summary>Share of what was taken for the class that is of it.</summary>
    public double? Precision => Ratio(Correct, Predicted);

    /// <summary>Share of the class's samples that were found.</summary>
    public double? Recall => Ratio(Correct, Actual);

    /// <summary>2 · correct / (actual + predicted): the harmonic mean of precision and recall. van Rijsbergen, "Information Retrieval", 1979.</summary>
    public double? F1 => Ratio(2 * Correct, Actual + Predicted);

    private static double? Ratio(long part, long whole) => whole == 0 ? null : (double)part / whole;
}
