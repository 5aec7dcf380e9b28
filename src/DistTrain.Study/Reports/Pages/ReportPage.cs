using System.Collections.Immutable;
using System.Text;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Study.Reports.Pages;

/// <summary>Makes a page of a report.</summary>
internal static class ReportPage
{
    public static string Html(ReportDocument report)
    {
        var page = new StringBuilder();
        page.Append($"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
            <title>{E(report.Kind)}: {E(report.Title)}</title>
            <style>
            {PageStyle.Css}
            </style></head><body>
            <header><p class="kind">{E(report.Kind)}</p><p class="title">{E(report.Title)}</p><h1>{E(report.Headline)}</h1></header>
            <main>

            """.ReplaceLineEndings("\n"));
        Sentences(page, "What was found", "findings", report.Findings);
        Sentences(page, "What is not concluded, and why", "refusals", report.Refusals);
        foreach (var section in report.Sections.Where(section => !section.Figures.IsEmpty || !section.Tables.IsEmpty))
        {
            Section(page, section);
        }

        page.Append("<div class=\"pair\">");
        Pairs(page, "Settings", report.Settings);
        Pairs(page, "Where it comes from", report.Provenance.Rows());
        page.Append("</div></main>\n<footer>Made by DistTrain. This page holds its data and needs no network.</footer>\n<div id=\"tip\" hidden></div>\n<script>\n").Append(PageStyle.Script).Append("\n</script></body></html>\n");
        return page.ToString();
    }

    private static void Sentences(StringBuilder page, string title, string kind, ImmutableArray<string> sentences)
    {
        if (sentences.IsEmpty)
        {
            return;
        }

        page.Append($"<section class=\"{kind}\"><h2>{E(title)}</h2><ul>");
        foreach (var sentence in sentences)
        {
            page.Append("<li>").Append(E(sentence)).Append("</li>");
        }

        page.Append("</ul></section>\n");
    }

    private static void Section(StringBuilder page, ReportSection section)
    {
        page.Append("<section><h2>").Append(E(section.Title)).Append("</h2>\n");
        if (section.Introduction.Length > 0)
        {
            page.Append("<p>").Append(E(section.Introduction)).Append("</p>\n");
        }

        if (!section.Figures.IsEmpty)
        {
            page.Append("<div class=\"figures\">\n");
            foreach (var figure in section.Figures)
            {
                Draw(page, figure);
            }

            page.Append("</div>\n");
        }

        foreach (var table in section.Tables)
        {
            Write(page, table);
        }

        page.Append("</section>\n");
    }

    private static void Draw(StringBuilder page, Figure figure)
    {
        page.Append(figure.Drawings.Length > 1 ? "<figure class=\"broad\">" : figure.IsBroad ? "<figure class=\"broad single\">" : "<figure>").Append("<h3>").Append(E(figure.Title)).Append("</h3>\n<div class=\"drawings\">");
        foreach (var (title, drawing) in figure.Drawings)
        {
            page.Append("<div>");
            if (title.Length > 0)
            {
                page.Append("<h4>").Append(E(title)).Append("</h4>");
            }

            page.Append(drawing.Legend());
            page.Append("<div class=\"wide\">").Append(drawing.Svg(figure.IsBroad ? DrawingSize.Broad : DrawingSize.Wide)).Append("</div><div class=\"narrow\">").Append(drawing.Svg(DrawingSize.Narrow)).Append("</div></div>\n");
        }

        page.Append("</div><figcaption>").Append(E(figure.Caption)).Append(' ').Append(Download(figure.Data)).Append("</figcaption></figure>\n");
    }

    private static void Write(StringBuilder page, ReadableTable table)
    {
        page.Append(table.IsFolded ? $"<details class=\"table\"><summary>{E(table.Title)}</summary>" : $"<div class=\"table\"><h3>{E(table.Title)}</h3>");
        if (table.Caption.Length > 0 || table.Data is not null)
        {
            page.Append("<p class=\"note\">").Append(E(table.Caption)).Append(' ').Append(table.Data is { } data ? Download(data) : "").Append("</p>");
        }

        page.Append($"<div class=\"scroll\"><table class=\"left{table.LeftColumns}{(table.Shades.IsDefaultOrEmpty ? "" : " matrix")}\"><thead><tr>");
        foreach (var name in table.Columns)
        {
            page.Append("<th>").Append(E(name)).Append("</th>");
        }

        page.Append("</tr></thead><tbody>\n");
        for (var row = 0; row < table.Rows.Length; row++)
        {
            page.Append("<tr>");
            for (var column = 0; column < table.Rows[row].Length; column++)
            {
                page.Append(Cell(table, row, column)).Append(E(table.Rows[row][column])).Append("</td>");
            }

            page.Append("</tr>\n");
        }

        page.Append("</tbody></table></div>").Append(table.IsFolded ? "</details>\n" : "</div>\n");
    }

    private static string Cell(ReadableTable table, int row, int column)
    {
        var shade = table.Shades.IsDefaultOrEmpty ? 0 : table.Shades[row][column];
        return shade <= 0 ? "<td>" : $"<td class=\"shade\" style=\"--p:{Math.Round(Math.Min(1, shade) * 100)}%\">";
    }

    private static void Pairs(StringBuilder page, string title, IEnumerable<(string Name, string Value)> rows)
    {
        page.Append("<section><h2>").Append(E(title)).Append("</h2><dl>");
        foreach (var (name, value) in rows)
        {
            page.Append("<dt>").Append(E(name)).Append("</dt><dd>").Append(E(value)).Append("</dd>");
        }

        page.Append("</dl></section>\n");
    }

    /// <summary>A link that holds the data itself.</summary>
    private static string Download(DataTable data)
    {
        var csv = new StringBuilder();
        foreach (var letter in data.ToCsv())
        {
            // What would end the address, or be dropped from it.
            csv.Append(letter is '%' or '#' or '"' or '\'' or '<' or '>' or '&' or ' ' or '\\' or '`' || letter < ' ' ? $"%{(int)letter:X2}" : letter.ToString());
        }

        return $"<a class=\"csv\" download=\"{E(data.Name)}.csv\" href=\"data:text/csv;charset=utf-8,{E(csv.ToString())}\">{E(data.Name)}.csv</a>";
    }

    private static string E(string text) => SvgText.Escaped(text);
}
