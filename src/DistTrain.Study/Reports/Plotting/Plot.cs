using System.Collections.Immutable;

namespace DistTrain.Study.Reports.Plotting;

/// <summary>A drawing in two axes.</summary>
/// <param name="Label">What it shows, for those who do not see it.</param>
/// <param name="Marks">From back to front.</param>
public sealed record Plot(string Label, PlotAxis X, PlotAxis Y, ImmutableArray<Mark> Marks) : IDrawing
{
    /// <summary>What the colours of the ramp mean; null where each has its name.</summary>
    public RampKey? Ramp { get; init; }

    /// <summary>Pixels for each name of a category axis that goes up; the height follows from it. 0: the usual height.</summary>
    public double RowHeight { get; init; }

    public string Svg(DrawingSize size) => PlotDrawing.Svg(this, size);

    public string Legend() => LegendHtml.Of(Marks, Ramp);
}

/// <summary>Something that is drawn at more than one size.</summary>
public interface IDrawing
{
    /// <summary>An <c>svg</c> element.</summary>
    string Svg(DrawingSize size);

    /// <summary>A <c>ul</c> element, or nothing.</summary>
    string Legend();
}

/// <summary>Lengths in pixels: words keep their size where a drawing is made for a narrow screen.</summary>
public readonly record struct DrawingSize(double Width, double Height, double FontSize)
{
    /// <summary>For half the width of a window, or the whole of a page of paper.</summary>
    public static DrawingSize Wide { get; } = new(600, 360, 13);

    /// <summary>For the whole width of a window.</summary>
    public static DrawingSize Broad { get; } = new(1160, 380, 13);

    /// <summary>For a phone.</summary>
    public static DrawingSize Narrow { get; } = new(350, 300, 12);

    /// <summary>As wide as words of the font may be; fonts differ, and too much room is better than too little.</summary>
    internal double WidthOf(string words) => words.Length * FontSize * 0.6;

    internal string Cut(string words, double most)
    {
        var letters = (int)Math.Max(3, most / (FontSize * 0.6));
        return words.Length <= letters ? words : words[..(letters - 1)].TrimEnd() + "…";
    }
}
