using System.Globalization;
using System.Net;
using System.Text;

namespace DistTrain.Cli.Output;

/// <summary>A drawing of lines, boxes and words. Lengths are pixels; y points down.</summary>
internal sealed class Svg(double width, double height)
{
    public const string Ink = "#24292f";
    public const string Faint = "#57606a";
    public const string Grid = "#e4e7eb";
    private readonly StringBuilder content = new();

    public void Line(double x1, double y1, double x2, double y2, string color, double thickness = 1, string dashes = "") =>
        Add($"""<line x1="{N(x1)}" y1="{N(y1)}" x2="{N(x2)}" y2="{N(y2)}" stroke="{color}" stroke-width="{N(thickness)}"{(dashes.Length > 0 ? $" stroke-dasharray=\"{dashes}\"" : "")}/>""");

    public void Path(IEnumerable<(double X, double Y)> points, string color)
    {
        var path = string.Join(' ', points.Select((point, index) => $"{(index == 0 ? 'M' : 'L')}{N(point.X)} {N(point.Y)}"));
        Add($"""<path d="{path}" fill="none" stroke="{color}" stroke-width="2" stroke-linejoin="round"/>""");
    }

    public void Dot(double x, double y, string color, string title) =>
        Add($"""<circle cx="{N(x)}" cy="{N(y)}" r="3.5" fill="{color}"><title>{WebUtility.HtmlEncode(title)}</title></circle>""");

    public void Box(double x, double y, double boxWidth, double boxHeight, string color, string title = "") =>
        Add($"""<rect x="{N(x)}" y="{N(y)}" width="{N(boxWidth)}" height="{N(boxHeight)}" fill="{color}">{(title.Length > 0 ? $"<title>{WebUtility.HtmlEncode(title)}</title>" : "")}</rect>""");

    /// <param name="anchor">start, middle or end: which part of the words is at x.</param>
    public void Text(double x, double y, string words, string anchor = "start", string color = Ink, double size = 12, bool isBold = false, bool isUpright = false) =>
        Add($"""<text x="{N(x)}" y="{N(y)}" text-anchor="{anchor}" fill="{color}" font-size="{N(size)}"{(isBold ? " font-weight=\"600\"" : "")}{(isUpright ? $" transform=\"rotate(-90 {N(x)} {N(y)})\"" : "")}>{WebUtility.HtmlEncode(words)}</text>""");

    /// <param name="label">What it shows, for those who do not see it.</param>
    public string Element(string label) =>
        $"""<svg viewBox="0 0 {N(width)} {N(height)}" width="{N(width)}" height="{N(height)}" role="img" aria-label="{WebUtility.HtmlEncode(label)}">{content}</svg>""";

    private void Add(string element) => content.Append(element).Append('\n');

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
