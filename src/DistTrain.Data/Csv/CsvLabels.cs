using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>Collects the label column of a table.</summary>
internal abstract class CsvLabels
{
    /// <param name="task">What the column holds; null where there is none.</param>
    /// <param name="path">Named in messages.</param>
    /// <param name="limits">Bounds on the number of classes.</param>
    public static CsvLabels Create(LabelTask? task, string path, DataLimits limits) => task switch
    {
        LabelTask.Classification => new CsvClassLabels(path, limits.MaximumClasses),
        LabelTask.Regression => new CsvValueLabels(),
        _ => new CsvNoLabels(),
    };

    /// <summary>The targets of all samples.</summary>
    /// <exception cref="InvalidInputException">The labels do not make classes.</exception>
    public abstract Targets ToTargets(int sampleCount);
}

internal sealed class CsvNoLabels : CsvLabels
{
    public override Targets ToTargets(int sampleCount) => new Unlabelled(sampleCount);
}

internal sealed class CsvValueLabels : CsvLabels
{
    private readonly List<float> values = [];

    public void Add(float value) => values.Add(value);

    public override Targets ToTargets(int sampleCount) => new TargetValues(values.ToArray(), 1);
}

internal sealed class CsvClassLabels(string path, int maximumClasses) : CsvLabels
{
    // Labels are numbered as they appear and renumbered in class order at the end.
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private readonly List<(string Label, int FirstLine)> appearances = [];
    private readonly List<int> samples = [];

    public void Add(string label, int line)
    {
        if (!numbers.TryGetValue(label, out var number))
        {
            number = appearances.Count;
            if (number == maximumClasses)
            {
                throw new InvalidInputException(
                    $"{path}, line {line}: more than {maximumClasses} different labels, so the label column may not name classes "
                    + "(for values add the option task=regression).");
            }

            numbers.Add(label, number);
            appearances.Add((label, line));
        }

        samples.Add(number);
    }

    public override Targets ToTargets(int sampleCount)
    {
        var names = ClassNames();
        var ordered = OrderedNames(names);
        var classOfName = ordered.Select((name, index) => (name, index)).ToDictionary(pair => pair.name, pair => pair.index, StringComparer.Ordinal);
        var classOfNumber = names.Select(name => classOfName[name]).ToArray();
        return new ClassLabels(samples.Select(number => classOfNumber[number]).ToArray(), ordered);
    }

    /// <summary>The class name of each label in order of appearance: whole numbers in one spelling (01 and 1.0 are 1), all else as it stands.</summary>
    private List<string> ClassNames()
    {
        var numbersFound = appearances.ConvertAll(appearance => ToNumber(appearance.Label));
        for (var index = 0; index < appearances.Count; index++)
        {
            if (numbersFound[index] is { } number && !double.IsFinite(number))
            {
                throw new InvalidInputException($"{path}, line {appearances[index].FirstLine}: the label {appearances[index].Label} is not a finite number.");
            }
        }

        if (numbersFound.Contains(null))
        {
            return appearances.ConvertAll(appearance => appearance.Label);
        }

        var fraction = numbersFound.FindIndex(number => !IsExactInteger(number!.Value));
        if (fraction >= 0)
        {
            throw new InvalidInputException(
                $"{path}, line {appearances[fraction].FirstLine}: the label {appearances[fraction].Label} is out of range, "
                + "since classes are whole numbers or names (for values add the option task=regression).");
        }

        return numbersFound.ConvertAll(number => ((long)number!.Value).ToString(CultureInfo.InvariantCulture));
    }

    private static ImmutableArray<string> OrderedNames(List<string> names)
    {
        var distinct = names.Distinct(StringComparer.Ordinal).ToList();
        return distinct.TrueForAll(name => long.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            ? [.. distinct.OrderBy(name => long.Parse(name, CultureInfo.InvariantCulture))]
            : [.. distinct.Order(StringComparer.Ordinal)];
    }

    private static double? ToNumber(string label) =>
        double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool IsExactInteger(double number)
    {
        const double largestExact = 9_007_199_254_740_992;
        return Math.Abs(number) < largestExact && Math.Floor(number) == number;
    }
}
