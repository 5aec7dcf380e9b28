using System.Text.RegularExpressions;
using System.Xml.Linq;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Comparisons;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Runs;
using DistTrain.Study.Reports.Searches;
using DistTrain.Study.Reports.Studies;

namespace DistTrain.Study.Tests.Reports;

public partial class ReportPageTests
{
    /// <summary>Where pages are left for people to look at; <c>bench/report_pictures.py</c> sets it.</summary>
    private const string FolderVariable = "DISTTRAIN_SAMPLE_PAGES";

    public static TheoryData<string> Kinds => [.. SamplePages.All.Select(page => page.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_drawing_is_well_formed_and_has_words_for_those_who_do_not_see_it(string kind)
    {
        var html = Report(kind).ToHtml();
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder)
        {
            File.WriteAllText(Path.Combine(folder, kind + ".html"), html);
        }

        var drawings = Drawing().Matches(html);
        Assert.True(drawings.Count >= 6);
        Assert.All(drawings, drawing =>
        {
            var svg = XDocument.Parse(drawing.Value).Root!;
            Assert.True(svg.Attribute("aria-label")?.Value.Length > 3 || svg.Attribute("aria-hidden")?.Value == "true");
            Assert.DoesNotContain(svg.DescendantsAndSelf().Attributes(), attribute => attribute.Value.Contains("NaN", StringComparison.Ordinal) || attribute.Value.Contains('∞'));
        });
    }

    /// <summary>Elements that are open when another ends, and ends without beginnings, show here: the page's own text is written as XML, but for its first line and the tags that HTML never ends.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_whole_page_is_well_formed(string kind)
    {
        var html = Report(kind).ToHtml();
        var xml = Regex.Replace(html[html.IndexOf("<html", StringComparison.Ordinal)..], "<meta[^>]*>", "").Replace(" hidden>", ">", StringComparison.Ordinal);
        xml = Regex.Replace(xml, "<(script|style)>.*?</\\1>", "", RegexOptions.Singleline);
        Assert.Equal("html", XDocument.Parse(xml).Root!.Name.LocalName);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_page_needs_nothing_from_elsewhere(string kind)
    {
        var html = Report(kind).ToHtml();
        Assert.DoesNotContain("http", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("src=", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", html, StringComparison.OrdinalIgnoreCase);
        Assert.All(Regex.Matches(html, "href=\"([^\"]*)\""), link => Assert.StartsWith("data:text/csv;charset=utf-8,", link.Groups[1].Value, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_link_holds_the_table_that_its_name_says(string kind)
    {
        var report = Report(kind);
        var links = Regex.Matches(report.ToHtml(), "download=\"([^\"]*)\" href=\"data:text/csv;charset=utf-8,([^\"]*)\"");
        Assert.True(links.Count >= report.Data().Length);
        Assert.All(links, link =>
        {
            var table = report.Data().Single(table => table.Name + ".csv" == link.Groups[1].Value);
            Assert.Equal(table.ToCsv(), Uri.UnescapeDataString(System.Net.WebUtility.HtmlDecode(link.Groups[2].Value)));
        });
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Tables_of_one_name_hold_the_same_and_every_row_has_all_cells(string kind)
    {
        var report = Report(kind);
        var tables = report.Sections.SelectMany(section => section.Figures.Select(figure => figure.Data).Concat(section.Tables.Select(table => table.Data).OfType<DataTable>())).ToArray();
        Assert.NotEmpty(tables);
        Assert.All(tables.GroupBy(table => table.Name), group => Assert.Single(group.Select(table => table.ToCsv()).Distinct()));
        Assert.All(tables, table => Assert.All(table.Rows, row => Assert.Equal(table.Columns.Length, row.Length)));
        Assert.All(report.Sections.SelectMany(section => section.Tables), table => Assert.All(table.Rows, row => Assert.Equal(table.Columns.Length, row.Length)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_number_of_a_finding_is_in_the_data(string kind)
    {
        var report = Report(kind);
        // A study's findings are given to its report and only repeated by it.
        var sentences = kind == "study" ? [report.Headline] : report.Findings.Add(report.Headline);
        var known = Numbers(report).ToArray();
        Assert.All(sentences, sentence => Assert.All(Number().Matches(sentence), token => Assert.True(IsKnown(token.Value, known), $"{token.Value} of '{sentence}' is nowhere in the data")));
    }

    [Fact]
    public void The_check_of_numbers_sees_one_that_is_made_up() => Assert.False(IsKnown("98.77", [.. Numbers(Report("run"))]));

    [Fact]
    public void Names_from_files_of_others_stay_text()
    {
        var run = SyntheticRun.Read(data: SyntheticRun.HostileName) with { Confusions = new Confusions([SyntheticRun.HostileName, "b"], [[1, 2], [3, 4]]) };
        var study = new SyntheticStudy { Title = SyntheticRun.HostileName, TrialsPerBatch = 4, BatchSizes = [8, 64] }.Make();
        foreach (var html in (string[])
        [
            RunReport.Of(run).ToHtml(),
            ComparisonReport.Of([run, SyntheticRun.Read(2, 0.01, data: SyntheticRun.HostileName)]).ToHtml(),
            StudyReport.Of(study, SamplePages.Provenance with { DataName = SyntheticRun.HostileName }).ToHtml(),
            SearchReport.Of(SyntheticOutcomes.Search(8, SyntheticRun.HostileName), SamplePages.Provenance).ToHtml(),
        ])
        {
            Assert.Single(Regex.Matches(html, "<script", RegexOptions.IgnoreCase));
            Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;?", html, StringComparison.Ordinal);
            Assert.DoesNotContain(html, letter => char.IsControl(letter) && letter != '\n');
        }
    }

    [Fact]
    public void A_study_of_a_thousand_trials_is_a_small_page()
    {
        var study = new SyntheticStudy { TrialsPerBatch = 111, Evaluations = 100 }.Make();
        Assert.True(study.Trials.Length > 1000);
        var html = StudyReport.Of(study, SamplePages.Provenance).ToHtml();
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(html), 100_000, 1_500_000);
        Leave("large", html);
    }

    [Fact]
    public void A_study_in_which_nothing_worked_says_so_and_has_a_page()
    {
        var empty = new SyntheticStudy { BatchSizes = [8, 16], TrialsPerBatch = 2, Confirmations = 5 }.Make();
        var study = empty with
        {
            Trials = [],
            Batches = [.. empty.Batches.Select(batch => batch with { TunedMinimumSteps = null, BestLearningRate = null, StepsToGoal = Measured.Refused("no trial was run"), EpochsToGoal = Measured.Refused("no trial was run"), SecondsToGoal = Measured.Refused("no trial was run") })],
            Fit = new FitSummary(null, null, null, null, 0.95, System.Collections.Immutable.ImmutableSortedDictionary<int, double>.Empty, "no medians", []),
            Findings = [],
            Refusals = [],
        };
        var report = StudyReport.Of(study, SamplePages.Provenance);
        Assert.Contains("No batch size", report.Headline, StringComparison.Ordinal);
        Assert.Contains("No critical batch size: no medians.", report.Refusals);
        Assert.Contains("No median at batch size 8: no trial was run.", report.Refusals);
        Assert.All(Drawing().Matches(report.ToHtml()), drawing => Assert.NotNull(XDocument.Parse(drawing.Value).Root));
    }

    private static ReportDocument Report(string kind) => SamplePages.All.Single(page => page.Name == kind).Report;

    private static void Leave(string name, string html)
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder)
        {
            File.WriteAllText(Path.Combine(folder, name + ".html"), html);
        }
    }

    /// <summary>All numbers of tables and settings, and how many rows and values of each kind there are.</summary>
    private static IEnumerable<double> Numbers(ReportDocument report)
    {
        var cells = report.Data().SelectMany(table => table.Rows.SelectMany(row => row)).Concat(report.Settings.Select(setting => setting.Value))
            .Concat(report.Sections.SelectMany(section => section.Tables).SelectMany(table => table.Rows.SelectMany(row => row.Concat(table.Columns))));
        var named = cells.SelectMany(cell => Number().Matches(cell).Select(match => Value(match.Value)));
        var counts = report.Data().SelectMany(table => (double[])[table.Rows.Length, .. table.Columns.SelectMany((_, column) => table.Rows.GroupBy(row => row[column]).Select(group => (double)group.Count()))]);
        var ratios = Ratios([.. report.Data().Where(table => table.Name.StartsWith("scaling", StringComparison.Ordinal))]);
        var differences = Differences([.. report.Data().Where(table => table.Name == "final_means")]);
        return named.Concat(counts).Concat(ratios).Concat(differences).Append(95);
    }

    /// <summary>Of throughputs: how many times as fast, and predicted over measured.</summary>
    private static IEnumerable<double> Ratios(DataTable[] tables) => tables.SelectMany(table =>
    {
        double[] Column(string name) => [.. table.Rows.Select(row => double.TryParse(row[table.Columns.IndexOf(name)], System.Globalization.CultureInfo.InvariantCulture, out var value) ? value : double.NaN)];
        var (measured, predicted) = (Column("samples_per_second"), Column("predicted_samples_per_second"));
        return measured.Select(value => value / measured[0]).Concat(measured.Zip(predicted, (one, other) => other / one));
    });

    /// <summary>Of means, and the interval of the difference, which is worked out here once more from the runs that the means are of.</summary>
    private static IEnumerable<double> Differences(DataTable[] tables)
    {
        if (tables.Length == 0)
        {
            return [];
        }

        var runs = Report("comparison").Data().Single(table => table.Name == "runs");
        return ((string[])["testAccuracy", "testLoss"]).SelectMany(metric =>
        {
            double[] Of(string group) => [.. runs.Rows.Where(row => row[0] == group).Select(row => double.Parse(row[runs.Columns.IndexOf(metric)], System.Globalization.CultureInfo.InvariantCulture))];
            var difference = SeedInterval.Difference(Of("A"), Of("B"))!.Value;
            return new[] { difference.Mean, difference.Lower!.Value, difference.Upper!.Value }.SelectMany(value => new[] { Math.Abs(value), Math.Abs(value) * 100 });
        });
    }

    /// <summary>Whether a number, as it is written, is one of the known ones rounded to its digits; a percentage is of a share.</summary>
    private static bool IsKnown(string token, double[] known)
    {
        var digits = token.Replace(",", "", StringComparison.Ordinal);
        var value = Value(token);
        var unit = digits.Contains('.', StringComparison.Ordinal) ? Math.Pow(10, -(digits.Length - digits.IndexOf('.', StringComparison.Ordinal) - 1)) : 1;
        return known.Any(number => new[] { number, number * 100, number * 1000, number / 60 }.Any(candidate => Math.Abs(Math.Abs(candidate) - value) <= (unit * 0.5) + (Math.Abs(value) * 1e-9)));
    }

    private static double Value(string token) => double.Parse(token, System.Globalization.NumberStyles.Float | System.Globalization.NumberStyles.AllowThousands, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Drawing();

    [GeneratedRegex(@"(?<![\w.-])\d[\d,]*(\.\d+)?(?:[eE]-?\d+)?(?![\w])")]
    private static partial Regex Number();
}
