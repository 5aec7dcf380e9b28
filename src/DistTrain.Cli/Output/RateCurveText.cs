using System.Globalization;
using DistTrain.Learning.Diagnostics;

namespace DistTrain.Cli.Output;

/// <summary>The curve of a learning-rate range test in plain characters: smoothed loss upwards, rate to the right on a logarithmic axis.</summary>
public static class RateCurveText
{
    private const int Width = 64;
    private const int Height = 12;

    /// <summary>The curve and what is made of it.</summary>
    public static IReadOnlyList<string> Describe(RateRange range)
    {
        ArgumentNullException.ThrowIfNull(range);
        var finite = range.Points.Where(point => double.IsFinite(point.SmoothedLoss)).ToArray();
        if (finite.Length < 2)
        {
            return ["Learning-rate range test: the loss was not finite from the first steps on."];
        }

        var least = finite.MinBy(point => point.SmoothedLoss);
        var choice = range.Suggestion is { } rate
            ? $"chosen: {rate.ToString("G2", CultureInfo.InvariantCulture).Replace('E', 'e')}, a tenth of the rate at which the smoothed loss was least ({Figure(least.LearningRate)}, loss {Loss(least.SmoothedLoss)})"
            : "the loss never fell by more than a hundredth: none is chosen";
        return [$"Learning-rate range test: {range.Points.Length} steps", .. Draw(range.Points, range.Suggestion), choice, ""];
    }

    /// <param name="points">In order of their rates, at least two with a finite loss.</param>
    /// <param name="suggestion">Marked on the axis; null for none.</param>
    public static IReadOnlyList<string> Draw(IReadOnlyList<RatePoint> points, double? suggestion)
    {
        var finite = points.Where(point => double.IsFinite(point.SmoothedLoss)).ToArray();
        var (lowest, highest) = (Math.Log(finite[0].LearningRate), Math.Log(finite[^1].LearningRate));
        var least = finite.Min(point => point.SmoothedLoss);
        // What runs away at the end would press the interesting part flat.
        var greatest = Math.Max(finite[0].SmoothedLoss * 1.2, least * 1.2);
        var rows = Enumerable.Range(0, Height).Select(_ => new string(' ', Width).ToCharArray()).ToArray();
        int Column(double rate) => (int)Math.Round((Math.Log(rate) - lowest) / (highest - lowest) * (Width - 1));
        foreach (var point in finite)
        {
            var height = Math.Min(1, (point.SmoothedLoss - least) / (greatest - least));
            rows[Height - 1 - (int)Math.Round(height * (Height - 1))][Column(point.LearningRate)] = '*';
        }

        var lines = rows.Select((row, i) => $"{Label(i, least, greatest),9} |{new string(row)}".TrimEnd()).ToList();
        var axis = new string('-', Width).ToCharArray();
        if (suggestion is { } rate && Math.Log(rate) >= lowest && Math.Log(rate) <= highest)
        {
            axis[Column(rate)] = '^';
        }

        lines.Add($"{"",9} +{new string(axis)}");
        var right = Figure(finite[^1].LearningRate);
        lines.Add($"{"loss",9}  {Figure(finite[0].LearningRate).PadRight(Width - right.Length)}{right}  rate");
        return lines;
    }

    private static string Label(int row, double least, double greatest) => row switch
    {
        0 => Loss(greatest),
        Height / 2 => Loss((least + greatest) / 2),
        Height - 1 => Loss(least),
        _ => "",
    };

    private static string Loss(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    private static string Figure(double value) => value.ToString("G2", CultureInfo.InvariantCulture).Replace('E', 'e');
}
