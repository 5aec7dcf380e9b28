namespace DistTrain.Cli.Output;

/// <summary>Rows in aligned columns, as lines without trailing spaces: the same on a terminal and in a file.</summary>
internal static class TextTable
{
    /// <param name="headings">One a column.</param>
    /// <param name="rows">As many cells as headings.</param>
    /// <param name="leftColumns">The first so many columns hold words and begin at the left; the others hold numbers and end at the right.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows, int leftColumns)
    {
        var widths = Enumerable.Range(0, headings.Count).Select(column => rows.Select(row => row[column].Length).Append(headings[column].Length).Max()).ToArray();
        return rows.Prepend(headings).Select(row => Line(row, widths, leftColumns));
    }

    private static string Line(IReadOnlyList<string> cells, int[] widths, int leftColumns) =>
        ("  " + string.Join("  ", cells.Select((cell, column) => column < leftColumns ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])))).TrimEnd();
}
