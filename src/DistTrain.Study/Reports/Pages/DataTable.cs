using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Study.Reports.Pages;

/// <summary>Figures in rows and columns, as programs read them.</summary>
/// <param name="Name">Of its file, without <c>.csv</c>.</param>
/// <param name="Columns">Names.</param>
/// <param name="Rows">As many cells as columns; empty where there is no value.</param>
public sealed record DataTable(string Name, ImmutableArray<string> Columns, ImmutableArray<ImmutableArray<string>> Rows)
{
    /// <summary>A table of one row for each item.</summary>
    /// <param name="cells">Of an item: texts, numbers, flags or nulls. Numbers are written with all digits.</param>
    public static DataTable Of<T>(string name, ImmutableArray<string> columns, IEnumerable<T> items, Func<T, object?[]> cells) =>
        new(name, columns, [.. items.Select(item => cells(item).Select(Cell).ToImmutableArray())]);

    /// <summary>As RFC 4180 has it, but with single line feeds: a line of names, then a line for each row; numbers as the invariant culture writes them.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder();
        foreach (var row in Rows.Prepend(Columns))
        {
            text.AppendJoin(',', row.Select(Quoted)).Append('\n');
        }

        return text.ToString();
    }

    private static string Cell(object? value) => value switch
    {
        null => "",
        string text => text,
        double number => NumberText.Exact(number),
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Quoted(string cell) => cell.AsSpan().ContainsAny(",\"\n\r") ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
}
