using System.Diagnostics;
using DistTrain.Actors;
using DistTrain.Learning.Diagnostics;
using DistTrain.Runtime;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DistTrain.Cli.Output;

/// <summary>For a person at a terminal: a progress bar that is drawn over, a line an epoch above it, tables at the end.</summary>
public sealed class LiveReporter(Host host) : TrainReporter
{
    private readonly IAnsiConsole console = TerminalConsole.Create(host);
    private readonly Stopwatch elapsed = new();
    private RunDescription? run;
    private ProgressTask? task;
    private TrainingProgressed? latest;

    public override void Started(RunDescription run)
    {
        this.run = run;
        console.MarkupLineInterpolated($"[bold]DistTrain[/] {RunText.ShortVersion(run.Version)}");
        var grid = NamedValues();
        foreach (var (name, value) in RunText.Header(run))
        {
            grid.AddRow(new Text(name, new Style(decoration: Decoration.Dim)), new Text(value));
        }

        console.Write(grid);
        console.WriteLine();
    }

    public override TrainingResult During(Func<TrainingResult> training)
    {
        elapsed.Start();
        return console.Progress()
            .AutoClear(true)
            .AutoRefresh(true)
            .Columns(new TextColumn(Position), new ProgressBarColumn { Width = Math.Clamp(console.Profile.Width - 70, 10, 40) }, new TextColumn(Figures))
            .Start(context =>
            {
                task = context.AddTask("training", maxValue: 1);
                return training();
            });
    }

    public override void Progressed(TrainingProgressed progress)
    {
        latest = progress;
        if (task is not null && progress.TotalSteps > 0)
        {
            task.Value = (double)progress.Step / progress.TotalSteps;
        }
    }

    public override void RateRangeTested(RateRange range)
    {
        foreach (var line in RateCurveText.Describe(range))
        {
            host.Output.WriteLine(line);
        }
    }

    public override void EpochEnded(EpochReport report)
    {
        var line = "";
        var isContinued = false;
        foreach (var part in RunText.Epoch(report, run!.Configuration.Epochs))
        {
            if (line.Length > 0 && line.Length + 2 + part.Length > LineWidth)
            {
                WriteOverBar(line, Style.Plain);
                (line, isContinued) = ("", true);
            }

            line += line.Length > 0 || isContinued ? $"  {part}" : part;
        }

        WriteOverBar(line, Style.Plain);
    }

    public override void Noticed(string sentence) => WriteOverBar(sentence, new Style(Color.Yellow));

    /// <summary>The bar's line is written over, not cleared first: what is shorter than the bar is filled up with spaces.</summary>
    private void WriteOverBar(string line, Style style) => console.Write(new Text(line.PadRight(LineWidth) + "\n", style));

    public override void Finished(RunSummary summary)
    {
        var style = new Style(summary.Outcome == RunOutcome.Completed ? Color.Green : Color.Yellow, decoration: Decoration.Bold);
        console.WriteLine();
        console.Write(new Text(RunText.Ending(run!, summary) + "\n", style));
        foreach (var section in RunText.Settings(run!).Concat(DiagnosticText.Sections(run!, summary)))
        {
            WriteTitle(section.Title);
            console.Write(SectionTable(section));
        }

        WriteTitle("Result");
        var result = RunText.Result(run!, summary);
        WriteWhole(result.Select(row => $"{row.Name.PadRight(result.Max(other => other.Name.Length))}  {row.Value}"));
        WriteTitle("Next");
        WriteWhole(RunText.NextCommands(run!));
    }

    private void WriteTitle(string title) => console.Write(new Text($"\n{title}\n", new Style(decoration: Decoration.Bold)));

    /// <summary>Not through the console, which would break what is to be copied, such as a hash or a command, in two.</summary>
    private void WriteWhole(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            host.Output.WriteLine($"  {line}");
        }
    }

    private static Table SectionTable(TextSection section)
    {
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = false };
        table.AddColumn(new TableColumn("") { NoWrap = true });
        table.AddColumn("");
        foreach (var (name, value) in section.Rows)
        {
            table.AddRow(new Text(name), new Text(value));
        }

        return table;
    }

    private static Grid NamedValues() => new Grid().AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 2, 0) }).AddColumn(new GridColumn { Padding = new Padding(0, 0, 0, 0) });

    private int LineWidth => console.Profile.Width - 1;

    private string Position() => latest is not { TotalSteps: > 0 } progress ? "starting" : $"epoch {progress.Epoch}/{run!.Configuration.Epochs} {100 * progress.Step / progress.TotalSteps,3} %";

    private string Figures()
    {
        if (latest is not { } progress)
        {
            return "";
        }

        var accuracy = progress.Accuracy is null ? "" : $"  {RunText.Percent(progress.Accuracy)}";
        return $"loss {RunText.Loss(progress.MeanLoss)}{accuracy}  {RunText.Whole(progress.SamplesPerSecond)} samples/s  {TimeLeft(progress)}";
    }

    private string TimeLeft(TrainingProgressed progress)
    {
        if (progress.Step == 0)
        {
            return "";
        }

        var left = elapsed.Elapsed * ((double)(progress.TotalSteps - progress.Step) / progress.Step);
        return left.TotalHours >= 1 ? $"{(int)left.TotalHours}:{left.Minutes:00}:{left.Seconds:00} left" : $"{left.Minutes}:{left.Seconds:00} left";
    }

    /// <summary>A column whose text is asked for at every drawing.</summary>
    private sealed class TextColumn(Func<string> text) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(text());
    }
}
