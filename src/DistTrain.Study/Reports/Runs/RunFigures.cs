using System.Collections.Immutable;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Study.Reports.Runs;

/// <summary>The plots of a run.</summary>
internal static class RunFigures
{
    public static ImmutableArray<Figure> Learning(RunHistory run)
    {
        if (run.Epochs.IsEmpty)
        {
            return [.. RateRange(run)];
        }

        var data = RunTables.Epochs(run);
        return
        [
            Loss(run, data),
            .. Accuracy(run, data),
            Rate(run, data),
            Speed(run, data),
            .. RateRange(run),
        ];
    }

    public static ImmutableArray<Figure> Noise(RunHistory run)
    {
        var points = run.Noise.Where(point => point.NoiseScale > 0).ToArray();
        if (points.Length < 2)
        {
            return [];
        }

        Mark[] batch = double.TryParse(run.Setting("batchSize"), System.Globalization.CultureInfo.InvariantCulture, out var size)
            ? [new Rule(size) { IsHorizontal = true, Color = MarkColor.Series(1), Name = $"the batch size, {NumberText.Whole(size)}" }]
            : [];
        var plot = new Plot(
            "Noise scale by step",
            new PlotAxis("step"),
            PlotAxis.Logarithmic("noise scale (samples)"),
            [new Curve([.. run.Noise.Select(point => ((double)point.Step, point.NoiseScale ?? double.NaN))]) { Color = MarkColor.Series(0), Name = "noise scale" }, .. batch]);
        return
        [
            Figure.Of(
                "Noise scale over training",
                "tr Σ / |G|², smoothed (McCandlish et al. 2018): about the batch size up to which twice the batch needs half the steps. Gaps: undetermined.",
                plot,
                DataTable.Of("noise", ["step", "gradient_squared_norm", "gradient_variance", "noise_scale"], run.Noise, point => [point.Step, point.GradientSquaredNorm, point.GradientVariance, point.NoiseScale])),
        ];
    }

    public static ImmutableArray<Figure> Layers(RunHistory run)
    {
        if (run.Layers.Length < 2)
        {
            return [];
        }

        var data = RunTables.Layers(run);
        return
        [
            OfTensors(run, data, "Gradients", "Norm of each weight tensor's gradient at the steps that were measured.", "norm of the gradient", tensor => tensor.GradientNorm),
            OfTensors(
                run,
                data,
                "Updates",
                "Norm of the update over the norm of the weights: around 0.001 is usual, far less hardly learns, far more forgets.",
                "update / weights",
                tensor => tensor.UpdateRatio),
            OfTensors(run, data, "Weights", "Norm of each weight tensor.", "norm of the weights", tensor => tensor.WeightNorm),
        ];
    }

    private static Figure Loss(RunHistory run, DataTable data)
    {
        var series = Series(run, "Loss", epoch => epoch.TrainLoss);
        var marks = Lines(series).Concat(Happenings(run)).ToImmutableArray();
        var plot = new Plot("Loss by epoch", Epochs(run), PlotAxis.Logarithmic("loss"), marks);
        return Figure.Of("Loss", "Mean over the samples; of training, as it went, so that it is behind by half an epoch.", plot, data);
    }

    private static IEnumerable<Figure> Accuracy(RunHistory run, DataTable data)
    {
        var series = Series(run, "Accuracy", epoch => epoch.TrainAccuracy);
        if (series.Length > 0)
        {
            var errors = series.Select(line => (line.Name, line.Points.Select(point => (point.X, 1 - point.Y)).ToImmutableArray())).ToImmutableArray();
            var plot = new Plot("Share of labels missed, by epoch", Epochs(run), new PlotAxis("labels missed") { Numbers = TickNumbers.Percent, HoldsZero = true }, [.. Lines(errors)]);
            yield return Figure.Of("Error", "Share of labels that were missed: 1 less the accuracy.", plot, data);
        }
    }

    private static Figure Rate(RunHistory run, DataTable data)
    {
        var points = run.Layers.Length > run.Epochs.Length
            ? run.Layers.Where(point => point.LearningRate is not null).Select(point => (EpochOf(run, point.Step), point.LearningRate!.Value))
            : run.Epochs.Where(epoch => epoch.LearningRate is not null).Select(epoch => ((double)epoch.Epoch, epoch.LearningRate!.Value));
        var plot = new Plot("Learning rate by epoch", Epochs(run), new PlotAxis("learning rate") { HoldsZero = true }, [new Curve([.. points]) { Color = MarkColor.Series(0), Tip = "learning rate" }]);
        return Figure.Of("Learning rate", "As the schedule gave it.", plot, data);
    }

    private static Figure Speed(RunHistory run, DataTable data)
    {
        var points = run.Epochs.Where(epoch => epoch.SamplesPerSecond is not null).Select(epoch => new Dot(
            epoch.Epoch,
            epoch.SamplesPerSecond!.Value,
            $"epoch {epoch.Epoch}: {NumberText.Whole(epoch.SamplesPerSecond!.Value)} samples/s")).ToImmutableArray();
        var plot = new Plot(
            "Samples a second by epoch",
            Epochs(run),
            new PlotAxis("samples/s") { HoldsZero = true },
            [new Curve([.. points.Select(point => (point.X, point.Y))]) { Color = MarkColor.Series(0), Thickness = 1 }, new Dots(points) { Color = MarkColor.Series(0), Radius = points.Length > 60 ? 2 : 3.5 }]);
        return Figure.Of("Speed", "Training only. The first epochs are slow, as programs are that are compiled while they run.", plot, data);
    }

    private static IEnumerable<Figure> RateRange(RunHistory run)
    {
        if (run.RateRange.Length < 2)
        {
            yield break;
        }

        Mark[] rule = run.SuggestedRate is { } rate ? [new Rule(rate) { Color = MarkColor.Series(1), Name = $"chosen: {NumberText.Figure(rate)}" }] : [];
        // What diverges at the end would hide everything before it.
        var usual = run.RateRange.Select(point => point.SmoothedLoss ?? point.Loss).OfType<double>().Where(double.IsFinite).DefaultIfEmpty(1).First() * 4;
        var plot = new Plot(
            "Loss against the learning rate",
            PlotAxis.Logarithmic("learning rate"),
            new PlotAxis("loss") { HoldsZero = true },
            [
                new Dots([.. run.RateRange.Where(point => point.Loss <= usual).Select(point => new Dot(
                    point.LearningRate,
                    point.Loss!.Value,
                    $"rate {NumberText.Figure(point.LearningRate)}: loss {NumberText.Figure(point.Loss.Value)}"))]) { Color = MarkColor.Faint, Radius = 2, Name = "step" },
                new Curve([.. run.RateRange.Where(point => point.SmoothedLoss <= usual).Select(point => (point.LearningRate, point.SmoothedLoss!.Value))]) { Color = MarkColor.Series(0), Name = "smoothed" },
                .. rule,
            ]);
        yield return Figure.Of(
            "Range test",
            "The loss while the rate rose from step to step, before the training.",
            plot,
            DataTable.Of("rate_range", ["learning_rate", "loss", "smoothed_loss"], run.RateRange, point => [point.LearningRate, point.Loss, point.SmoothedLoss]));
    }

    private static Figure OfTensors(RunHistory run, DataTable data, string title, string caption, string label, Func<TensorPoint, double?> value)
    {
        // Biases follow their weights; they would double the lines and say little.
        var names = run.Layers.SelectMany(point => point.Tensors.Select(tensor => tensor.Name)).Distinct().Where(name => name.EndsWith("weight", StringComparison.Ordinal)).ToArray();
        names = names.Length > 0 ? names : [.. run.Layers.SelectMany(point => point.Tensors.Select(tensor => tensor.Name)).Distinct()];
        var isMany = names.Length > MarkColor.SeriesCount;
        var marks = names.Select((name, index) => (Mark)new Curve([.. run.Layers.Select(point => ((double)point.Step, point.Tensors.FirstOrDefault(tensor => tensor.Name == name) is { } tensor ? value(tensor) ?? double.NaN : double.NaN))])
        {
            Color = isMany ? MarkColor.Ordered(index, names.Length) : MarkColor.Series(index),
            Dashes = isMany ? "" : Curve.DashesOf(index),
            Thickness = isMany ? 1.2 : 1.8,
            Name = isMany ? null : name,
            Tip = name,
        });
        return Figure.Of(
            title,
            caption,
            new Plot($"{title} by step", new PlotAxis("step"), PlotAxis.Logarithmic(label), [.. marks]) { Ramp = isMany ? new RampKey("layer", names[0], names[^1]) : null },
            data);
    }

    private static PlotAxis Epochs(RunHistory run) => new("epoch") { From = run.Epochs.Length > 1 ? 0 : null, To = run.Epochs.Length > 1 ? run.Epochs[^1].Epoch : null };

    private static ImmutableArray<(string Name, ImmutableArray<(double X, double Y)> Points)> Series(RunHistory run, string metric, Func<EpochPoint, double?> ofTraining)
    {
        (string Name, Func<EpochPoint, double?> Value)[] series = [("training", ofTraining), ("validation", epoch => epoch.Metric("validation" + metric)), ("test", epoch => epoch.Metric("test" + metric))];
        return [.. series.Select(line => (line.Name, Points: Points(run, line.Value))).Where(line => !line.Points.IsEmpty)];
    }

    private static ImmutableArray<(double X, double Y)> Points(RunHistory run, Func<EpochPoint, double?> value) =>
        [.. run.Epochs.Where(epoch => value(epoch) is not null).Select(epoch => ((double)epoch.Epoch, value(epoch)!.Value))];

    private static IEnumerable<Mark> Lines(ImmutableArray<(string Name, ImmutableArray<(double X, double Y)> Points)> series) => series.SelectMany((line, index) => (Mark[])
    [
        new Curve(line.Points) { Color = MarkColor.Series(index), Dashes = Curve.DashesOf(index), Name = line.Name },
        new Dots([.. line.Points.Select(point => new Dot(point.X, point.Y, $"epoch {NumberText.Whole(point.X)}, {line.Name}: {NumberText.Figure(point.Y, 4)}"))]) { Color = MarkColor.Series(index), Radius = line.Points.Length > 60 ? 1.5 : 3, Shape = Dots.ShapeOf(index), Name = line.Name },
    ]);

    /// <summary>Checkpoints and recoveries.</summary>
    private static IEnumerable<Mark> Happenings(RunHistory run)
    {
        if (!run.Checkpoints.IsEmpty)
        {
            yield return new Rug([.. run.Checkpoints.Select(point => (EpochOf(run, point.Step), $"checkpoint after step {NumberText.Whole(point.Step)}{(point.WritingSeconds is { } seconds ? $", written in {NumberText.Seconds(seconds)}" : "")}"))]) { Color = MarkColor.Faint, Name = "checkpoint" };
        }

        foreach (var (recovery, index) in run.Recoveries.Select((recovery, index) => (recovery, index)))
        {
            yield return new Rule(EpochOf(run, recovery.FromStep)) { Color = MarkColor.Series(1), Dashes = "3 3", Name = index == 0 ? "went on from here after a failure" : null, Tip = $"went on from step {NumberText.Whole(recovery.FromStep)}, {NumberText.Count(recovery.LostSteps, "step")} lost: {recovery.Cause}" };
        }
    }

    /// <summary>Epochs, with fractions, that a step is the end of.</summary>
    private static double EpochOf(RunHistory run, long step)
    {
        var before = 0L;
        foreach (var epoch in run.Epochs)
        {
            if (step <= epoch.LastStep && epoch.LastStep > before)
            {
                return epoch.Epoch - 1 + ((double)(step - before) / (epoch.LastStep - before));
            }

            before = epoch.LastStep;
        }

        return run.Epochs.IsEmpty ? 0 : run.Epochs[^1].Epoch;
    }
}
