namespace DistTrain.Study.Reports.Plotting;

/// <summary>Shapes that stand for single values.</summary>
internal static class Markers
{
    private static string N(double value) => SvgText.N(value);

    public static void Draw(SvgText svg, MarkerShape shape, double x, double y, double radius, bool isHollow, MarkColor? color, string tip)
    {
        var paint = isHollow && IsClosed(shape) ? "h" : IsClosed(shape) ? "d" : "o";
        var attributes = $"class=\"{paint}{(color is { } own ? " " + own.Class : "")}\"";
        if (shape == MarkerShape.Circle)
        {
            svg.Circle(x, y, radius, attributes, tip);
            return;
        }

        svg.Path(Outline(shape, x, y, radius), attributes, tip);
    }

    /// <summary>Whether there is anything inside it to fill.</summary>
    private static bool IsClosed(MarkerShape shape) => shape is not (MarkerShape.Cross or MarkerShape.Plus or MarkerShape.ArrowUp);

    private static string Outline(MarkerShape shape, double x, double y, double r) => shape switch
    {
        MarkerShape.Square => $"M{N(x - (r * 0.9))} {N(y - (r * 0.9))}h{N(r * 1.8)}v{N(r * 1.8)}h{N(r * -1.8)}z",
        MarkerShape.Diamond => $"M{N(x)} {N(y - (r * 1.3))}L{N(x + (r * 1.2))} {N(y)}L{N(x)} {N(y + (r * 1.3))}L{N(x - (r * 1.2))} {N(y)}z",
        MarkerShape.Triangle => $"M{N(x)} {N(y - (r * 1.2))}L{N(x + (r * 1.2))} {N(y + r)}H{N(x - (r * 1.2))}z",
        MarkerShape.Cross => $"M{N(x - r)} {N(y - r)}L{N(x + r)} {N(y + r)}M{N(x + r)} {N(y - r)}L{N(x - r)} {N(y + r)}",
        MarkerShape.Plus => $"M{N(x - (r * 1.2))} {N(y)}h{N(r * 2.4)}M{N(x)} {N(y - (r * 1.2))}v{N(r * 2.4)}",
        _ => $"M{N(x - r)} {N(y)}h{N(r * 2)}M{N(x)} {N(y)}v{N(r * -3)}M{N(x - r)} {N(y - (r * 1.9))}l{N(r)} {N(r * -1.1)}l{N(r)} {N(r * 1.1)}",
    };
}
