using System.Collections.Immutable;
using System.Text;

namespace DistTrain.Study.Reports.Plotting;

/// <summary>Draws what is inside a plot's frame.</summary>
internal static class MarkDrawing
{
    public static void Draw(SvgText svg, ImmutableArray<Mark> marks, Frame frame)
    {
        // What is drawn through points is cut at the frame; single marks outside are left out, and those at its border stay whole.
        foreach (var mark in marks)
        {
            svg.Open($"class=\"{mark.Color.Class}\"");
            DrawOne(svg, mark, frame);
            svg.Close();
        }
    }

    private static void DrawOne(SvgText svg, Mark mark, Frame frame)
    {
        switch (mark)
        {
            case Curve curve:
                DrawCurve(svg, curve, frame);
                break;
            case Band band:
                DrawBand(svg, band, frame);
                break;
            case Dots dots:
                DrawDots(svg, dots, frame);
                break;
            case Intervals intervals:
                DrawIntervals(svg, intervals, frame);
                break;
            case Bars bars:
                DrawBars(svg, bars, frame);
                break;
            case Rule rule:
                DrawRule(svg, rule, frame);
                break;
            case Span span:
                DrawSpan(svg, span, frame);
                break;
            case Rug rug:
                foreach (var (x, tip) in rug.Items.Where(item => frame.X.Holds(item.X)))
                {
                    svg.Line(frame.X.At(x), frame.Bottom, frame.X.At(x), frame.Bottom - 10, "class=\"l\"", tip);
                }

                break;
        }
    }

    private static void DrawCurve(SvgText svg, Curve curve, Frame frame)
    {
        var path = new StringBuilder();
        foreach (var piece in Pieces(curve.Points, frame))
        {
            var visible = Thinning.Visible(piece);
            for (var i = 0; i < visible.Length; i++)
            {
                path.Append(i == 0 ? 'M' : i == 1 ? 'L' : ' ').Append(SvgText.N(visible[i].X)).Append(' ').Append(SvgText.N(visible[i].Y));
            }
        }

        if (path.Length > 0)
        {
            var dashes = curve.Dashes.Length > 0 ? $" stroke-dasharray=\"{curve.Dashes}\"" : "";
            var opacity = curve.Opacity < 1 ? $" stroke-opacity=\"{SvgText.N(curve.Opacity)}\"" : "";
            svg.Path(path.ToString(), $"class=\"l\" stroke-width=\"{SvgText.N(curve.Thickness)}\"{dashes}{opacity}", curve.Tip ?? curve.Name ?? "");
        }
    }

    /// <summary>In pixels, cut at the frame; a new piece begins behind every point that cannot be drawn.</summary>
    private static List<ImmutableArray<(double X, double Y)>> Pieces(ImmutableArray<(double X, double Y)> points, Frame frame)
    {
        var pieces = new List<ImmutableArray<(double X, double Y)>>();
        var piece = ImmutableArray.CreateBuilder<(double X, double Y)>();
        void End()
        {
            if (piece.Count > 0)
            {
                pieces.Add(piece.ToImmutable());
                piece.Clear();
            }
        }

        (double X, double Y)? before = null;
        foreach (var (x, y) in points)
        {
            if (!frame.X.CanHold(x) || !frame.Y.CanHold(y))
            {
                End();
                before = null;
                continue;
            }

            var point = (frame.X.At(x), frame.Y.At(y));
            if (before is { } from)
            {
                var (start, end) = Clipping.Inside(from, point, frame);
                if (start is null || end is null)
                {
                    End();
                }
                else
                {
                    if (piece.Count == 0 || piece[^1] != start)
                    {
                        End();
                        piece.Add(start.Value);
                    }

                    piece.Add(end.Value);
                }
            }

            before = point;
        }

        End();
        return pieces;
    }

    private static void DrawBand(SvgText svg, Band band, Frame frame)
    {
        var points = band.Points.Where(point => frame.X.CanHold(point.X) && frame.Y.CanHold(point.Low) && frame.Y.CanHold(point.High)).ToArray();
        if (points.Length < 2)
        {
            return;
        }

        (double X, double Y) Pixel(double x, double y) => (Math.Clamp(frame.X.At(x), frame.Left, frame.Right), Math.Clamp(frame.Y.At(y), frame.Top, frame.Bottom));
        var high = Thinning.Visible([.. points.Select(point => Pixel(point.X, point.High))], columnWidth: 2);
        var low = Thinning.Visible([.. points.Select(point => Pixel(point.X, point.Low))], columnWidth: 2);
        var corners = high.Concat(low.Reverse()).Select((point, index) => $"{(index == 0 ? "M" : index == 1 ? "L" : " ")}{SvgText.N(point.X)} {SvgText.N(point.Y)}");
        svg.Path(string.Concat(corners) + "z", "class=\"b\"", band.Name ?? "");
    }

    private static void DrawDots(SvgText svg, Dots dots, Frame frame)
    {
        foreach (var dot in dots.Points.Where(dot => frame.X.Holds(dot.X) && frame.Y.Holds(dot.Y)))
        {
            Markers.Draw(svg, dots.Shape, frame.X.At(dot.X), frame.Y.At(dot.Y), dots.Radius, dots.IsHollow, dot.Color, dot.Tip);
        }
    }

    private static void DrawIntervals(SvgText svg, Intervals intervals, Frame frame)
    {
        var (along, across) = intervals.IsHorizontal ? (frame.X, frame.Y) : (frame.Y, frame.X);
        foreach (var item in intervals.Items.Where(item => across.Holds(item.At)))
        {
            var at = across.At(item.At);
            var low = item.Low is { } bottom && along.CanHold(bottom) ? Within(along, bottom) : along.FromPixel;
            var high = item.High is { } top && along.CanHold(top) ? Within(along, top) : along.ToPixel;
            var arrow = intervals.Cap > 0 ? intervals.Cap : 4;
            var path = $"{Point(at, low)}L{Pair(at, high)}";
            if (item.Low is not null && intervals.Cap > 0)
            {
                path += $"{Point(at - intervals.Cap, low)}L{Pair(at + intervals.Cap, low)}";
            }

            var back = high + (Math.Sign(low - high) * arrow * 1.4);
            path += item.High is null
                ? $"{Point(at - arrow, back)}L{Pair(at, high)}L{Pair(at + arrow, back)}"
                : intervals.Cap > 0 ? $"{Point(at - intervals.Cap, high)}L{Pair(at + intervals.Cap, high)}" : "";
            svg.Path(path, $"class=\"l\" stroke-width=\"{SvgText.N(intervals.Thickness)}\"", item.Tip);
        }

        string Point(double at, double position) => "M" + Pair(at, position);
        string Pair(double at, double position) => intervals.IsHorizontal ? $"{SvgText.N(position)} {SvgText.N(at)}" : $"{SvgText.N(at)} {SvgText.N(position)}";
    }

    private static void DrawBars(SvgText svg, Bars bars, Frame frame)
    {
        var (along, across) = bars.IsHorizontal ? (frame.X, frame.Y) : (frame.Y, frame.X);
        foreach (var bar in bars.Items.Where(bar => across.Holds(bar.At) && along.CanHold(bar.To)))
        {
            var (first, second) = (across.At(bar.At + bars.Shift - (bars.Width / 2)), across.At(bar.At + bars.Shift + (bars.Width / 2)));
            var (from, to) = (along.CanHold(bar.From) ? Within(along, bar.From) : along.FromPixel, Within(along, bar.To));
            var (start, breadth) = (Math.Min(first, second), Math.Abs(second - first));
            if (bars.IsHorizontal)
            {
                svg.Box(Math.Min(from, to), start, Math.Abs(to - from), breadth, "class=\"f\"", bar.Tip);
                if (bar.Words.Length > 0)
                {
                    // Inside where there is no room behind.
                    var isInside = to + 5 + frame.Size.WidthOf(bar.Words) > frame.Size.Width;
                    svg.Words(isInside ? to - 5 : to + 5, start + (breadth / 2) + (frame.Size.FontSize * 0.35), bar.Words, isInside ? "end" : "start", isInside ? "class=\"inside\"" : "");
                }
            }
            else
            {
                svg.Box(start, Math.Min(from, to), breadth, Math.Abs(to - from), "class=\"f\"", bar.Tip);
                if (bar.Words.Length > 0 && frame.Size.WidthOf(bar.Words) * 0.8 <= breadth / bars.Width)
                {
                    svg.Words(start + (breadth / 2), Math.Min(from, to) - 5, bar.Words, "middle", "class=\"small\"");
                }
            }
        }
    }

    private static void DrawRule(SvgText svg, Rule rule, Frame frame)
    {
        var attributes = $"class=\"l\" stroke-width=\"1.5\"{(rule.Dashes.Length > 0 ? $" stroke-dasharray=\"{rule.Dashes}\"" : "")}";
        var tip = rule.Tip ?? rule.Name ?? "";
        if (rule.IsHorizontal && frame.Y.Holds(rule.At))
        {
            svg.Line(frame.Left, frame.Y.At(rule.At), frame.Right, frame.Y.At(rule.At), attributes, tip);
        }
        else if (!rule.IsHorizontal && frame.X.Holds(rule.At))
        {
            svg.Line(frame.X.At(rule.At), frame.Bottom, frame.X.At(rule.At), frame.Top, attributes, tip);
        }
    }

    private static void DrawSpan(SvgText svg, Span span, Frame frame)
    {
        var along = span.IsHorizontal ? frame.Y : frame.X;
        if (!along.CanHold(span.From) || !along.CanHold(span.To))
        {
            return;
        }

        var (one, other) = (Within(along, span.From), Within(along, span.To));
        var (start, length) = (Math.Min(one, other), Math.Abs(other - one));
        if (span.IsHorizontal)
        {
            svg.Box(frame.Left, start, frame.Right - frame.Left, length, "class=\"b\"", span.Name ?? "");
        }
        else
        {
            svg.Box(start, frame.Top, length, frame.Bottom - frame.Top, "class=\"b\"", span.Name ?? "");
        }
    }

    private static double Within(AxisMapping axis, double value) =>
        Math.Clamp(axis.At(value), Math.Min(axis.FromPixel, axis.ToPixel), Math.Max(axis.FromPixel, axis.ToPixel));
}
