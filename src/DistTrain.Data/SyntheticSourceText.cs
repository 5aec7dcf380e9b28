using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>The text form of a <see cref="SyntheticSource"/>: <c>synthetic:NAME[?key=value...]</c>.</summary>
internal static class SyntheticSourceText
{
    private const string Names = "spirals, gaussian-teacher or strokes";
    private const int MostSamples = 1_000_000_000;
    private const int MostClasses = 1 << 16;
    private const int MostWidth = 1 << 20;
    private const int LeastSide = 8;
    private const int MostSide = 1 << 12;
    private const double MostNoise = 1000;

    /// <exception cref="InvalidInputException">The name is unknown, or an option's value is not possible.</exception>
    public static DataSource Parse(string text, string name, SourceOptionReader options, ScalingKind? scaling) => name switch
    {
        "spirals" => ParseSpirals(options, scaling),
        "gaussian-teacher" => ParseTeacher(text, options, scaling),
        "strokes" => ParseStrokes(options, scaling),
        _ => throw new InvalidInputException($"The data source '{text}' names unknown synthetic data: write {Names} behind the colon."),
    };

    public static string Format(SyntheticSource source, SourceOptionWriter options)
    {
        var name = source switch
        {
            SpiralsSource spirals => FormatSpirals(spirals, options),
            GaussianTeacherSource teacher => FormatTeacher(teacher, options),
            StrokesSource strokes => FormatStrokes(strokes, options),
            _ => throw new ArgumentException($"{source.GetType().Name} has no text form", nameof(source)),
        };
        options.Add("seed", source.Seed, 1UL);
        return $"synthetic:{name}";
    }

    private static SpiralsSource ParseSpirals(SourceOptionReader options, ScalingKind? scaling)
    {
        var usual = new SpiralsSource();
        return new SpiralsSource(
            options.TakeWholeNumber("classes", 2, MostClasses) ?? usual.Classes,
            options.TakeWholeNumber("samples", 2, MostSamples) ?? usual.Samples,
            options.TakeNumber("noise", 0, MostNoise) ?? usual.Noise,
            options.TakeNumber("turns", 0, MostNoise) ?? usual.Turns,
            options.TakeSeed("seed") ?? usual.Seed,
            scaling);
    }

    private static string FormatSpirals(SpiralsSource spirals, SourceOptionWriter options)
    {
        var usual = new SpiralsSource();
        options.Add("classes", spirals.Classes, usual.Classes);
        options.Add("samples", spirals.Samples, usual.Samples);
        options.Add("noise", spirals.Noise, usual.Noise);
        options.Add("turns", spirals.Turns, usual.Turns);
        return "spirals";
    }

    private static GaussianTeacherSource ParseTeacher(string text, SourceOptionReader options, ScalingKind? scaling)
    {
        var usual = new GaussianTeacherSource();
        var classes = options.TakeWholeNumber("classes", 2, MostClasses);
        var outputs = options.TakeWholeNumber("outputs", 1, MostWidth);
        if (classes is not null && outputs is not null)
        {
            throw new InvalidInputException($"The data source '{text}' has both classes and outputs: a teacher gives one or the other.");
        }

        return new GaussianTeacherSource(
            options.TakeWholeNumber("features", 1, MostWidth) ?? usual.Features,
            outputs is null ? classes ?? usual.Classes : null,
            outputs ?? usual.Outputs,
            options.TakeWholeNumber("samples", 2, MostSamples) ?? usual.Samples,
            options.TakeWholeNumber("hidden", 1, MostWidth) ?? usual.Hidden,
            options.TakeNumber("label-noise", 0, outputs is null ? 1 : MostNoise) ?? usual.LabelNoise,
            options.TakeSeed("seed") ?? usual.Seed,
            scaling);
    }

    private static string FormatTeacher(GaussianTeacherSource teacher, SourceOptionWriter options)
    {
        var usual = new GaussianTeacherSource();
        options.Add("features", teacher.Features, usual.Features);
        options.Add("classes", teacher.Classes, usual.Classes);
        options.Add("outputs", teacher.Classes is null ? teacher.Outputs : null);
        options.Add("samples", teacher.Samples, usual.Samples);
        options.Add("hidden", teacher.Hidden, usual.Hidden);
        options.Add("label-noise", teacher.LabelNoise, usual.LabelNoise);
        return "gaussian-teacher";
    }

    private static StrokesSource ParseStrokes(SourceOptionReader options, ScalingKind? scaling)
    {
        var usual = new StrokesSource();
        return new StrokesSource(
            options.TakeWholeNumber("height", LeastSide, MostSide) ?? usual.Height,
            options.TakeWholeNumber("width", LeastSide, MostSide) ?? usual.Width,
            options.TakeWholeNumber("classes", 2, MostClasses) ?? usual.Classes,
            options.TakeWholeNumber("samples", 2, MostSamples) ?? usual.Samples,
            options.TakeNumber("noise", 0, 1) ?? usual.Noise,
            options.TakeSeed("seed") ?? usual.Seed,
            scaling);
    }

    private static string FormatStrokes(StrokesSource strokes, SourceOptionWriter options)
    {
        var usual = new StrokesSource();
        options.Add("height", strokes.Height, usual.Height);
        options.Add("width", strokes.Width, usual.Width);
        options.Add("classes", strokes.Classes, usual.Classes);
        options.Add("samples", strokes.Samples, usual.Samples);
        options.Add("noise", strokes.Noise, usual.Noise);
        return "strokes";
    }
}
