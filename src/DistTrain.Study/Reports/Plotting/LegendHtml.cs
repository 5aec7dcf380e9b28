using System.Collections.Immutable;
using System.Text;

namespace DistTrain.Study.Reports.Plotting;

/// <summary>The legend of a plot, above it and never over the data: a list that the browser breaks into lines.</summary>
internal static class LegendHtml
{
    private const double Width = 30;
    private const double Height = 14;

    public static string Of(ImmutableArray<Mark> marks, RampKey? ramp)
    {
        // What belongs together has one name, and its samples are drawn over each other.
        var entries = marks.Where(mark => !string.IsNullOrEmpty(mark.Name)).GroupBy(mark => mark.Name!).ToArray();
        if (entries.Length == 0 && ramp is null)
        {
            return "";
        }

        var list = new StringBuilder("<ul class=\"legend\">");
        foreach (var entry in entries)
        {
            list.Append("<li>").Append(Sample(entry)).Append(SvgText.Escaped(entry.Key)).Append("</li>");
        }

        if (ramp is not null)
        {
            list.Append("<li>").Append(SvgText.Escaped($"{ramp.Name}: {ramp.Least}")).Append(RampSample()).Append(SvgText.Escaped(ramp.Most)).Append("</li>");
        }

        return list.Append("</ul>\n").ToString();
    }

    private static string Sample(IEnumerable<Mark> marks)
    {
        var svg = new SvgText();
        foreach (var mark in marks.GroupBy(mark => mark.GetType()).Select(kind => kind.First()))
        {
            svg.Open($"class=\"{mark.Color.Class}\"");
            Draw(svg, mark);
            svg.Close();
        }

        return $"<svg class=\"key\" viewBox=\"0 0 {SvgText.N(Width)} {SvgText.N(Height)}\" aria-hidden=\"true\">{svg}</svg>";
    }

    private static void Draw(SvgText svg, Mark mark)
    {
        const double middle = Height / 2;
        switch (mark)
        {
            case Curve curve:
                Line(svg, curve.Dashes, Math.Max(1.5, curve.Thickness));
                break;
            case Rule { IsHorizontal: false } rule:
                svg.Line(Width / 2, 0, Width / 2, Height, $"class=\"l\" stroke-width=\"1.5\" stroke-dasharray=\"{(rule.Dashes.Length > 0 ? "4 2" : "none")}\"");
                break;
            case Rule rule:
                Line(svg, rule.Dashes, 1.5);
                break;
            case Dots dots:
                Markers.Draw(svg, dots.Shape, Width / 2, dots.Shape == MarkerShape.ArrowUp ? Height - 1 : middle, Math.Min(4.5, dots.Radius + 0.5), dots.IsHollow, null, "");
                break;
            case Intervals { IsHorizontal: true }:
                svg.Path($"M5 {SvgText.N(middle)}H25M5 3V11M25 3V11", "class=\"l\" stroke-width=\"1.6\"");
                break;
            case Intervals intervals:
                svg.Path(intervals.Cap > 0 ? "M15 1V13M11 1H19M11 13H19" : "M15 0V14", $"class=\"l\" stroke-width=\"{SvgText.N(intervals.Thickness)}\"");
                break;
            case Band or Span:
                svg.Box(2, 1, Width - 4, Height - 2, "class=\"b\"");
                break;
            case Bars:
                svg.Box(8, 0, 14, Height, "class=\"f\"");
                break;
            case Rug:
                svg.Path("M8 3V14M15 3V14M22 3V14", "class=\"l\" stroke-width=\"1.5\"");
                break;
        }
    }

    private static void Line(SvgText svg, string dashes, double thickness) =>
        svg.Line(0, Height / 2, Width, Height / 2, $"class=\"l\" stroke-width=\"{SvgText.N(thickness)}\"{(dashes.Length > 0 ? $" stroke-dasharray=\"{dashes}\"" : "")}");

    private static string RampSample()
    {
        var svg = new SvgText();
        for (var step = 0; step < MarkColor.RampCount; step++)
        {
            svg.Box(step * 8, 1, 8.3, Height - 2, $"class=\"f r{step}\"");
        }

        return $"<svg class=\"ramp\" viewBox=\"0 0 80 {SvgText.N(Height)}\" aria-hidden=\"true\">{svg}</svg>";
    }
}
