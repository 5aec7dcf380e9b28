using System.Globalization;
using System.Net;
using System.Text;

namespace DistTrain.Study.Reports.Plotting;

/// <summary>Elements of a drawing, as text. Lengths are pixels; y points down.</summary>
internal sealed class SvgText
{
    private readonly StringBuilder content = new();

    public void Open(string group) => content.Append("<g ").Append(group).Append('>');

    public void Close() => content.Append("</g>\n");

    public void Line(double x1, double y1, double x2, double y2, string attributes, string tip = "") =>
        Element("line", $"x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\" {attributes}", tip);

    public void Box(double x, double y, double width, double height, string attributes, string tip = "") =>
        Element("rect", $"x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(Math.Max(0, width))}\" height=\"{N(Math.Max(0, height))}\" {attributes}", tip);

    public void Path(string commands, string attributes, string tip = "") => Element("path", $"d=\"{commands}\" {attributes}", tip);

    public void Circle(double x, double y, double radius, string attributes, string tip = "") =>
        Element("circle", $"cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"{N(radius)}\" {attributes}", tip);

    /// <param name="anchor">start, middle or end: which part of the words is at x.</param>
    public void Words(double x, double y, string words, string anchor, string attributes = "") =>
        content.Append(CultureInfo.InvariantCulture, $"<text x=\"{N(x)}\" y=\"{N(y)}\" text-anchor=\"{anchor}\"{(attributes.Length > 0 ? " " : "")}{attributes}>{Escaped(words)}</text>");

    public override string ToString() => content.ToString();

    /// <summary>For content and attributes. Names come from files of others and may hold anything; control characters are no part of a page.</summary>
    public static string Escaped(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return WebUtility.HtmlEncode(text.All(IsPrintable) ? text : string.Concat(text.Select(c => IsPrintable(c) ? c : '?')));
    }

    public static string N(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    private static bool IsPrintable(char letter) => letter == '\n' || (!char.IsControl(letter) && letter < '\uFFFE');

    private void Element(string name, string attributes, string tip)
    {
        content.Append('<').Append(name).Append(' ').Append(attributes.TrimEnd());
        if (tip.Length > 0)
        {
            content.Append("><title>").Append(Escaped(tip)).Append("</title></").Append(name).Append('>');
        }
        else
        {
            content.Append("/>");
        }
    }
}
