using System.Collections.Immutable;
using System.Text;

namespace DistTrain.Study.Reports.Plotting;

/// <summary>One axis of <see cref="ParallelCoordinates"/>.</summary>
/// <param name="Name">Above it.</param>
/// <param name="Marks">Places from 0, at the bottom, to 1, with the words that stand there.</param>
public sealed record ParallelAxis(string Name, ImmutableArray<(double Share, string Words)> Marks);

/// <summary>One line across all axes.</summary>
/// <param name="Shares">Where it crosses each axis, 0 to 1; not a number: nowhere.</param>
/// <param name="Color">Its colour.</param>
/// <param name="IsForemost">Drawn thick and above the others.</param>
public sealed record ParallelLine(ImmutableArray<double> Shares, MarkColor Color, bool IsForemost, string Tip);

/// <summary>Many settings of many trials at once: an axis for each setting, a line for each trial (A. Inselberg, The plane with parallel coordinates, 1985).</summary>
/// <param name="Label">What it shows, for those who do not see it.</param>
public sealed record ParallelCoordinates(string Label, ImmutableArray<ParallelAxis> Axes, ImmutableArray<ParallelLine> Lines, RampKey? Ramp) : IDrawing
{
    /// <summary>Below two rows of names: where axes are near each other, every other name is in the second.</summary>
    private const double Top = 44;

    public string Svg(DrawingSize size)
    {
        // More axes than fit beside each other on a phone are drawn smaller, so that they can be looked at by zooming in.
        var width = Math.Max(size.Width, Axes.Length * 62.0);
        var wide = size with { Width = width };
        var bottom = size.Height - 14;
        var svg = new SvgText();
        var across = Across(wide);
        DrawLines(svg, across, bottom);
        svg.Open("class=\"axis\"");
        for (var i = 0; i < Axes.Length; i++)
        {
            DrawAxis(svg, i, across, bottom, wide);
        }

        svg.Close();
        return $"<svg viewBox=\"0 0 {SvgText.N(width)} {SvgText.N(size.Height)}\" role=\"img\" aria-label=\"{SvgText.Escaped(Label)}\">\n{svg}</svg>\n";
    }

    public string Legend() => LegendHtml.Of([], Ramp);

    private double[] Across(DrawingSize size)
    {
        var words = Axes.IsEmpty ? 0 : Axes[^1].Marks.Select(mark => size.WidthOf(mark.Words)).DefaultIfEmpty(0).Max();
        var (left, right) = (12.0, Math.Max(20, words + 4));
        return [.. Enumerable.Range(0, Axes.Length).Select(i => Axes.Length == 1 ? size.Width / 2 : left + (i * (size.Width - left - right) / (Axes.Length - 1)))];
    }

    private void DrawLines(SvgText svg, double[] across, double bottom)
    {
        foreach (var line in Lines.OrderBy(line => line.IsForemost))
        {
            var path = new StringBuilder();
            var isDrawing = false;
            for (var i = 0; i < across.Length; i++)
            {
                if (double.IsNaN(line.Shares[i]))
                {
                    isDrawing = false;
                    continue;
                }

                path.Append(isDrawing ? 'L' : 'M').Append(SvgText.N(across[i])).Append(' ').Append(SvgText.N(bottom - (line.Shares[i] * (bottom - Top))));
                isDrawing = true;
            }

            var thickness = line.IsForemost ? "3" : Lines.Length > 200 ? "0.8" : "1.3";
            svg.Path(path.ToString(), $"class=\"l {line.Color.Class}\" stroke-width=\"{thickness}\"{(line.IsForemost ? "" : " stroke-opacity=\"0.6\"")}", line.Tip);
        }
    }

    private void DrawAxis(SvgText svg, int index, double[] across, double bottom, DrawingSize size)
    {
        var x = across[index];
        var room = across.Length > 1 ? across[1] - across[0] : size.Width;
        svg.Line(x, Top, x, bottom, "");
        // The names at both ends stay inside the drawing.
        var (anchor, at) = across.Length == 1 ? ("middle", x) : index == 0 ? ("start", 2.0) : index == across.Length - 1 ? ("end", size.Width - 2) : ("middle", x);
        var isTight = Axes.Any(axis => size.WidthOf(axis.Name) > room * 0.95);
        svg.Words(at, size.FontSize + (isTight && index % 2 == 0 ? 1 : size.FontSize + 3), size.Cut(Axes[index].Name, isTight ? room * 1.8 : room), anchor, "class=\"label\"");
        var free = double.PositiveInfinity;
        foreach (var (share, words) in Axes[index].Marks.OrderBy(mark => mark.Share))
        {
            var y = bottom - (share * (bottom - Top));
            svg.Line(x - 3, y, x + 3, y, "");
            if (y < free)
            {
                svg.Words(x + 6, y + (size.FontSize * 0.35), size.Cut(words, room - 8), "start", "class=\"small halo\"");
                free = y - size.FontSize;
            }
        }
    }
}
