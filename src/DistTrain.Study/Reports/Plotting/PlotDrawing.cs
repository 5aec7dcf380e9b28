namespace DistTrain.Study.Reports.Plotting;

/// <summary>Makes a drawing of a plot: its frame; what is in it is <see cref="MarkDrawing"/>'s.</summary>
internal static class PlotDrawing
{
    private const double Gap = 8;
    private const double TickLength = 4;

    public static string Svg(Plot plot, DrawingSize size)
    {
        size = plot.RowHeight > 0 ? size with { Height = (plot.Y.Categories.Length * plot.RowHeight) + (size.FontSize * 4.9) } : size;
        var frame = Frame.Of(plot, size);
        var svg = new SvgText();
        DrawGrid(svg, plot, frame);
        MarkDrawing.Draw(svg, plot.Marks, frame);
        DrawAxes(svg, plot, frame);
        return $"<svg viewBox=\"0 0 {SvgText.N(size.Width)} {SvgText.N(size.Height)}\" role=\"img\" aria-label=\"{SvgText.Escaped(plot.Label)}\">\n{svg}</svg>\n";
    }

    private static void DrawGrid(SvgText svg, Plot plot, Frame frame)
    {
        svg.Open("class=\"grid\"");
        foreach (var minor in frame.XTicks.Minor)
        {
            svg.Line(frame.X.At(minor), frame.Bottom, frame.X.At(minor), frame.Top, "class=\"minor\"");
        }

        foreach (var minor in frame.YTicks.Minor)
        {
            svg.Line(frame.Left, frame.Y.At(minor), frame.Right, frame.Y.At(minor), "class=\"minor\"");
        }

        if (plot.X.Scale != AxisScale.Categories)
        {
            foreach (var major in frame.XTicks.Major)
            {
                svg.Line(frame.X.At(major), frame.Bottom, frame.X.At(major), frame.Top, "");
            }
        }

        foreach (var major in frame.YTicks.Major)
        {
            svg.Line(frame.Left, frame.Y.At(major), frame.Right, frame.Y.At(major), "");
        }

        svg.Close();
    }

    private static void DrawAxes(SvgText svg, Plot plot, Frame frame)
    {
        svg.Open("class=\"axis\"");
        svg.Line(frame.Left, frame.Bottom, frame.Right, frame.Bottom, "");
        foreach (var value in frame.XTicks.Major)
        {
            svg.Line(frame.X.At(value), frame.Bottom, frame.X.At(value), frame.Bottom + TickLength, "");
        }

        foreach (var (words, middle) in Readable(plot, frame))
        {
            svg.Words(middle, frame.Bottom + TickLength + frame.Size.FontSize + 1, words, "middle");
        }

        svg.Words((frame.Left + frame.Right) / 2, frame.Size.Height - 6, frame.Size.Cut(plot.X.Label, frame.Size.Width - 8), "middle", "class=\"label\"");
        foreach (var value in frame.YTicks.Major)
        {
            svg.Words(frame.Left - Gap, frame.Y.At(value) + (frame.Size.FontSize * 0.35), frame.Size.Cut(Words(plot.Y, value), frame.Left - Gap), "end");
        }

        svg.Words(2, frame.Size.FontSize, frame.Size.Cut(plot.Y.Label, frame.Size.Width - 4), "start", "class=\"label\"");
        svg.Close();
    }

    /// <summary>The words below the x axis that have room, and where their middles are. The last value always has its words: a range without its end says little.</summary>
    private static List<(string Words, double Middle)> Readable(Plot plot, Frame frame)
    {
        var readable = new List<(string Words, double Middle)>();
        var (free, end) = (double.NegativeInfinity, double.PositiveInfinity);
        foreach (var value in frame.XTicks.Major.Reverse().Take(1).Concat(frame.XTicks.Major.SkipLast(1)))
        {
            var words = Words(plot.X, value);
            var half = frame.Size.WidthOf(words) / 2;
            // Words at the border stay inside the drawing.
            var middle = Math.Min(frame.X.At(value), frame.Size.Width - half);
            if (middle - half < free || middle + half > end)
            {
                continue;
            }

            readable.Add((words, middle));
            (free, end) = double.IsPositiveInfinity(end) ? (free, middle - half - Gap) : (middle + half + Gap, end);
        }

        return readable;
    }

    internal static string Words(PlotAxis axis, double value) => axis.Scale == AxisScale.Categories
        ? axis.Categories[(int)value]
        : axis.Numbers switch
        {
            TickNumbers.Whole => NumberText.Whole(value),
            TickNumbers.Percent => NumberText.Figure(value * 100) + "\u00a0%",
            _ => NumberText.OfAxis(value),
        };
}

/// <summary>Where a plot's data is drawn, and how values become pixels.</summary>
internal sealed record Frame(DrawingSize Size, double Left, double Top, double Right, double Bottom, AxisMapping X, AxisMapping Y, TickSet XTicks, TickSet YTicks)
{
    public static Frame Of(Plot plot, DrawingSize size)
    {
        var extents = plot.Marks.SelectMany(MarkExtents.Of).ToArray();
        var top = plot.Y.Label.Length > 0 ? size.FontSize * 1.9 : size.FontSize * 0.8;
        var bottom = size.Height - (size.FontSize * 3.3);
        var y = AxisMapping.Around(plot.Y, extents.Select(extent => extent.Y), bottom, top);
        if (plot.Y.Scale == AxisScale.Categories)
        {
            // The first name is at the top.
            y = y with { FromPixel = top, ToPixel = bottom };
        }

        var yTicks = TicksOf(plot.Y, y, Math.Max(3, (int)((bottom - top) / (size.FontSize * 3))));
        var widest = yTicks.Major.Select(value => size.WidthOf(PlotDrawing.Words(plot.Y, value))).DefaultIfEmpty(0).Max();
        var left = Math.Min(widest + 10, size.Width * 0.42);
        var right = size.Width - (size.FontSize * 1.2);
        var x = AxisMapping.Around(plot.X, extents.Select(extent => extent.X), left, right);
        return new Frame(size, left, top, right, bottom, x, y, TicksOf(plot.X, x, Math.Max(3, (int)((right - left) / (size.FontSize * 5)))), yTicks);
    }

    private static TickSet TicksOf(PlotAxis axis, AxisMapping mapping, int atMost)
    {
        if (axis.Scale == AxisScale.Categories)
        {
            return new TickSet([.. Enumerable.Range(0, axis.Categories.Length).Select(index => (double)index)], []);
        }

        if (!axis.Marked.IsEmpty)
        {
            return new TickSet([.. axis.Marked.Where(mapping.Holds)], []);
        }

        return mapping.IsLogarithmic ? Ticks.Logarithmic(mapping.First, mapping.Last, atMost) : Ticks.Linear(mapping.First, mapping.Last, atMost);
    }
}
