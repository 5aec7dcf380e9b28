using System.Collections.Immutable;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Study.Reports.Pages;

/// <summary>One or several drawings of the same data.</summary>
/// <param name="Title">What is drawn.</param>
/// <param name="Caption">How to read it, in a sentence or two.</param>
/// <param name="Drawings">Beside each other; each with words of its own above it, or none.</param>
/// <param name="Data">All that is drawn.</param>
public sealed record Figure(string Title, string Caption, ImmutableArray<(string Title, IDrawing Drawing)> Drawings, DataTable Data)
{
    /// <summary>Whether its only drawing is as wide as the page.</summary>
    public bool IsBroad { get; init; }

    public static Figure Of(string title, string caption, IDrawing drawing, DataTable data) => new(title, caption, [("", drawing)], data);
}

/// <summary>A table that people read.</summary>
/// <param name="Title">Above it.</param>
/// <param name="Columns">Names.</param>
/// <param name="Rows">As many cells as columns.</param>
/// <param name="LeftColumns">The first so many hold words and begin at the left; the others hold numbers and end at the right.</param>
public sealed record ReadableTable(string Title, ImmutableArray<string> Columns, ImmutableArray<ImmutableArray<string>> Rows, int LeftColumns)
{
    public string Caption { get; init; } = "";

    /// <summary>Whether it is shown only when asked for.</summary>
    public bool IsFolded { get; init; }

    /// <summary>[rows][columns] 0 to 1: how dark the cell is shaded; empty for none.</summary>
    public ImmutableArray<ImmutableArray<double>> Shades { get; init; } = [];

    /// <summary>The same for programs; null for none.</summary>
    public DataTable? Data { get; init; }
}

/// <summary>What stands between headings.</summary>
public sealed record ReportSection(string Title)
{
    public string Introduction { get; init; } = "";

    public ImmutableArray<Figure> Figures { get; init; } = [];

    public ImmutableArray<ReadableTable> Tables { get; init; } = [];
}

/// <summary>Where figures come from, so that anybody can make them again. Null where it is not known.</summary>
public sealed record Provenance
{
    public string? ProgramVersion { get; init; }

    public string? DataName { get; init; }

    public string? DataHash { get; init; }

    public string? ArithmeticId { get; init; }

    public string? Seed { get; init; }

    public string? WeightsHash { get; init; }

    /// <summary>Such as <c>disttrain train --config config.yaml</c>.</summary>
    public string? Command { get; init; }

    internal IEnumerable<(string Name, string Value)> Rows()
    {
        (string Name, string? Value)[] rows =
        [
            ("program version", ProgramVersion), ("data", DataName), ("data hash", DataHash), ("arithmetic", ArithmeticId), ("seed", Seed), ("weights hash", WeightsHash), ("made again by", Command),
        ];
        return rows.Where(row => !string.IsNullOrEmpty(row.Value)).Select(row => (row.Name, row.Value!));
    }
}

/// <summary>A report before it is a page.</summary>
public sealed record ReportDocument
{
    /// <summary>Such as <c>Batch-size study</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Of what.</summary>
    public required string Title { get; init; }

    /// <summary>The most important finding, in one sentence.</summary>
    public required string Headline { get; init; }

    /// <summary>In sentences, with figures.</summary>
    public required ImmutableArray<string> Findings { get; init; }

    /// <summary>What is not concluded, and why, in sentences.</summary>
    public required ImmutableArray<string> Refusals { get; init; }

    public required ImmutableArray<ReportSection> Sections { get; init; }

    public required ImmutableArray<(string Name, string Value)> Settings { get; init; }

    public required Provenance Provenance { get; init; }

    /// <summary>Every table of data, each once, for files beside the page.</summary>
    public ImmutableArray<DataTable> Data() =>
    [
        .. Sections.SelectMany(section => section.Figures.Select(figure => figure.Data).Concat(section.Tables.Select(table => table.Data).OfType<DataTable>())).DistinctBy(table => table.Name),
    ];

    /// <summary>The page: it needs nothing else, neither files nor a network.</summary>
    public string ToHtml() => ReportPage.Html(this);
}
