using System.Collections.Immutable;

namespace DistTrain.Study.Reports.Plotting;

/// <summary>A colour by the name of its class in the page's style, which differs between light, dark and print.</summary>
/// <param name="Class">The class.</param>
public readonly record struct MarkColor(string Class)
{
    /// <summary>So many series have colours of their own, told apart by those who do not see all colours, too (see <c>PageStyle</c>).</summary>
    public const int SeriesCount = 7;

    /// <summary>So many steps has the ramp.</summary>
    public const int RampCount = 10;

    /// <summary>As dark, or in the dark as light, as words.</summary>
    public static MarkColor Ink { get; } = new("ink");

    /// <summary>For what stands behind the data.</summary>
    public static MarkColor Faint { get; } = new("faint");

    public static MarkColor Series(int index) => new($"s{index % SeriesCount}");

    /// <summary>From dark to bright as the share goes from 0 to 1.</summary>
    public static MarkColor Ramp(double share) => new($"r{(int)Math.Round(Math.Clamp(double.IsFinite(share) ? share : 0, 0, 1) * (RampCount - 1))}");

    /// <summary>Of one of several things that have an order.</summary>
    public static MarkColor Ordered(int index, int count) => Ramp(count < 2 ? 0 : (double)index / (count - 1));
}

public enum MarkerShape
{
    Circle,
    Square,
    Diamond,
    Triangle,
    Cross,
    Plus,

    /// <summary>More than this: the value is not known, only that it lies above.</summary>
    ArrowUp,
}

/// <summary>Something that is drawn.</summary>
public abstract record Mark
{
    /// <summary>In the legend; null: it is not there.</summary>
    public string? Name { get; init; }

    public MarkColor Color { get; init; } = MarkColor.Ink;
}

/// <summary>A line through points, broken where one cannot be drawn.</summary>
public sealed record Curve(ImmutableArray<(double X, double Y)> Points) : Mark
{
    /// <summary>Lengths of strokes and gaps in pixels; empty for an unbroken line.</summary>
    public string Dashes { get; init; } = "";

    public double Thickness { get; init; } = 2;

    public double Opacity { get; init; } = 1;

    /// <summary>What a pointer on it shows; null: the name.</summary>
    public string? Tip { get; init; }

    /// <summary>Whether it counts when the axes are chosen.</summary>
    public bool StretchesAxes { get; init; } = true;

    /// <summary>A pattern of strokes for each of several series, so that they can be told apart without colours.</summary>
    public static string DashesOf(int index) => (index % 5) switch
    {
        0 => "",
        1 => "7 3",
        2 => "2 3",
        3 => "8 3 2 3",
        _ => "12 4",
    };
}

/// <summary>One of <see cref="Dots"/>.</summary>
/// <param name="Tip">What a pointer on it shows.</param>
/// <param name="Color">Null: that of all.</param>
public readonly record struct Dot(double X, double Y, string Tip, MarkColor? Color = null);

public sealed record Dots(ImmutableArray<Dot> Points) : Mark
{
    public MarkerShape Shape { get; init; }

    public bool IsHollow { get; init; }

    /// <summary>Half its width in pixels.</summary>
    public double Radius { get; init; } = 4.5;

    /// <summary>A shape for each of several series.</summary>
    public static MarkerShape ShapeOf(int index) => (MarkerShape)(index % 6);
}

/// <summary>One of <see cref="Intervals"/>.</summary>
/// <param name="At">Where, across its direction.</param>
/// <param name="Low">Null: not bounded below.</param>
/// <param name="High">Null: not bounded above; an arrow shows it.</param>
/// <param name="Tip">What a pointer on it shows.</param>
public readonly record struct Interval(double At, double? Low, double? High, string Tip);

public sealed record Intervals(ImmutableArray<Interval> Items) : Mark
{
    /// <summary>Along x; otherwise along y.</summary>
    public bool IsHorizontal { get; init; }

    public double Thickness { get; init; } = 1.6;

    /// <summary>Half the width of the strokes at its ends, in pixels; 0 for none.</summary>
    public double Cap { get; init; } = 4;
}

/// <summary>The area between two lines.</summary>
public sealed record Band(ImmutableArray<(double X, double Low, double High)> Points) : Mark;

/// <summary>One of <see cref="Bars"/>.</summary>
/// <param name="At">The middle, across its direction.</param>
/// <param name="Tip">What a pointer on it shows.</param>
/// <param name="Words">At its end; empty for none.</param>
public readonly record struct Bar(double At, double From, double To, string Tip, string Words = "");

public sealed record Bars(ImmutableArray<Bar> Items) : Mark
{
    public bool IsHorizontal { get; init; }

    /// <summary>In units of the axis across.</summary>
    public double Width { get; init; } = 0.7;

    /// <summary>How far it is moved across, in the same units: bars of several series stand side by side.</summary>
    public double Shift { get; init; }
}

/// <summary>A dashed line across the drawing.</summary>
/// <param name="At">The value of x, or of y where it is horizontal.</param>
public sealed record Rule(double At) : Mark
{
    public bool IsHorizontal { get; init; }

    public string Dashes { get; init; } = "6 4";

    /// <summary>What a pointer on it shows; null: the name.</summary>
    public string? Tip { get; init; }

    public bool StretchesAxes { get; init; } = true;
}

/// <summary>Everything between two values of x, or of y.</summary>
public sealed record Span(double From, double To) : Mark
{
    public bool IsHorizontal { get; init; }

    public bool StretchesAxes { get; init; }
}

/// <summary>Short strokes at the bottom: when something happened.</summary>
public sealed record Rug(ImmutableArray<(double X, string Tip)> Items) : Mark;

/// <summary>What the colours of the ramp stand for.</summary>
/// <param name="Name">Such as <c>steps to the goal</c>.</param>
/// <param name="Least">At the dark end.</param>
/// <param name="Most">At the bright end.</param>
public sealed record RampKey(string Name, string Least, string Most);
