using DistTrain.Actors;
using DistTrain.Learning.Diagnostics;
using DistTrain.Runtime;

namespace DistTrain.Cli.Output;

/// <summary>Tells of a training while it runs. Calls come in order, one at a time.</summary>
public abstract class TrainReporter
{
    public abstract void Started(RunDescription run);

    /// <summary>Runs the training, with whatever the reporter needs around it.</summary>
    public virtual TrainingResult During(Func<TrainingResult> training)
    {
        ArgumentNullException.ThrowIfNull(training);
        return training();
    }

    public virtual void Progressed(TrainingProgressed progress)
    {
    }

    /// <summary>A learning rate was looked for; <see cref="RateRange.Suggestion"/> says which was found.</summary>
    public abstract void RateRangeTested(RateRange range);

    public abstract void EpochEnded(EpochReport report);

    /// <summary>Within an epoch.</summary>
    public virtual void WeightsEvaluated(WeightsEvaluated evaluated)
    {
    }

    /// <summary>A checkpoint exists.</summary>
    public virtual void CheckpointTaken(CheckpointTaken taken)
    {
    }

    /// <summary>The run goes on from a checkpoint. A sentence for people is noticed besides.</summary>
    public virtual void Recovered(Recovered recovered)
    {
    }

    /// <summary>A sentence for the user, such as a decision with its reason.</summary>
    public abstract void Noticed(string sentence);

    public abstract void Finished(RunSummary summary);
}

/// <summary>One JSON object a line on standard output and nothing else there; notices go to standard error.</summary>
public sealed class JsonReporter(Host host) : TrainReporter
{
    private RunDescription? run;

    public override void Started(RunDescription run)
    {
        this.run = run;
        Write(JsonEvents.Started(run));
    }

    public override void RateRangeTested(RateRange range) => Write(DiagnosticEvents.RateRange(range));

    public override void Progressed(TrainingProgressed progress)
    {
        if (host.TellsProgress)
        {
            Write(JsonEvents.Progress(progress));
        }
    }

    public override void EpochEnded(EpochReport report) => Write(JsonEvents.Epoch(report));

    public override void WeightsEvaluated(WeightsEvaluated evaluated) => Write(JsonEvents.Evaluated(evaluated));

    public override void CheckpointTaken(CheckpointTaken taken) => Write(JsonEvents.Checkpoint(taken));

    public override void Recovered(Recovered recovered) => Write(JsonEvents.Recovered(recovered));

    public override void Noticed(string sentence) => host.Error.WriteLine($"disttrain: {sentence}");

    public override void Finished(RunSummary summary) => Write(JsonEvents.Finished(run!, summary));

    private void Write(string line)
    {
        host.Output.WriteLine(line);
        host.Output.Flush();
    }
}

/// <summary>Plain lines for files and pipes: no escape codes, nothing drawn over.</summary>
public sealed class PlainReporter(Host host) : TrainReporter
{
    private RunDescription? run;

    public override void Started(RunDescription run)
    {
        this.run = run;
        var output = host.Output;
        output.WriteLine($"DistTrain {RunText.ShortVersion(run.Version)}");
        WriteRows(RunText.Header(run), "");
        output.WriteLine();
        output.Flush();
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
        host.Output.WriteLine(string.Join("  ", RunText.Epoch(report, run!.Configuration.Epochs)));
        host.Output.Flush();
    }

    public override void Noticed(string sentence) => host.Error.WriteLine($"disttrain: {sentence}");

    public override void Finished(RunSummary summary)
    {
        var output = host.Output;
        output.WriteLine();
        output.WriteLine(RunText.Ending(run!, summary));
        foreach (var section in RunText.Settings(run!).Concat(DiagnosticText.Sections(run!, summary)).Append(new TextSection("Result", RunText.Result(run!, summary))))
        {
            output.WriteLine();
            output.WriteLine(section.Title);
            WriteRows(section.Rows, "  ");
        }

        output.WriteLine();
        output.WriteLine("Next");
        foreach (var command in RunText.NextCommands(run!))
        {
            output.WriteLine($"  {command}");
        }

        output.Flush();
    }

    private void WriteRows(IReadOnlyList<(string Name, string Value)> rows, string indentation)
    {
        var width = rows.Max(row => row.Name.Length);
        foreach (var (name, value) in rows)
        {
            host.Output.WriteLine($"{indentation}{name.PadRight(width)}  {value}");
        }
    }
}
