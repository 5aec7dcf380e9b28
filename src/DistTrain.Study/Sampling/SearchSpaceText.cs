using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning;

namespace DistTrain.Study.Sampling;

/// <summary>
/// Reads a search space. One dimension is <c>name=range</c>, with the range one of
/// <c>log(a,b)</c>, <c>log1m(a,b)</c>, <c>linear(a,b)</c> or <c>a..b</c>, <c>int(a..b)</c>, <c>int-log(a..b)</c>, or choices: <c>x,y,z</c>; <c>x|y|z</c> where a choice has a comma
/// in it; braces around choices are allowed. Between the ends of a range, a comma and two dots are the same.
/// </summary>
public static class SearchSpaceText
{
    private const string Syntax = "write log(a,b), log1m(a,b), int(a..b), int-log(a..b), a..b, or choices x,y,z";

    /// <exception cref="InvalidInputException">A dimension cannot be read.</exception>
    public static SearchSpace Parse(IEnumerable<string> dimensions)
    {
        ArgumentNullException.ThrowIfNull(dimensions);
        return new SearchSpace([.. dimensions.Select(ParseDimension)]);
    }

    /// <exception cref="InvalidInputException">It cannot be read.</exception>
    public static SearchDimension ParseDimension(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var (name, range) = equals < 0 ? ("", "") : (text[..equals].Trim(), text[(equals + 1)..].Trim());
        if (name.Length == 0 || range.Length == 0)
        {
            throw new InvalidInputException($"'{text}' is no setting with a range: write it like learning-rate=log(1e-4,1)");
        }

        var open = range.IndexOf('(', StringComparison.Ordinal);
        if (open > 0 && range.EndsWith(')') && IsWord(range[..open]))
        {
            return Function(name, range[..open], range[(open + 1)..^1]);
        }

        return range.Contains("..", StringComparison.Ordinal) && !range.Contains('{', StringComparison.Ordinal) ? Linear(name, range) : Choice(name, range);
    }

    private static bool IsWord(string text) => text.All(character => char.IsAsciiLetterOrDigit(character) || character == '-');

    private static SearchDimension Function(string name, string function, string arguments)
    {
        switch (function)
        {
            case "linear":
                return Linear(name, arguments);
            case "log":
                var (lower, upper) = Numbers(name, arguments);
                return lower > 0 ? new LogDimension(name, lower, upper) : throw new InvalidInputException($"{name}: a logarithmic range starts above 0, but this one starts at {Text(lower)}");
            case "log1m":
                var (low, high) = Numbers(name, arguments);
                return low >= 0 && high < 1
                    ? new OneMinusLogDimension(name, low, high)
                    : throw new InvalidInputException($"{name}: a range in log(1 - value) lies from 0 to below 1, but this one is {Text(low)} to {Text(high)}");
            case "int":
                var (first, last) = Integers(name, arguments);
                return new IntegerDimension(name, first, last);
            case "int-log":
                var (least, greatest) = Integers(name, arguments);
                return least >= 1
                    ? new IntegerLogDimension(name, least, greatest)
                    : throw new InvalidInputException($"{name}: a logarithmic range of whole numbers starts at 1 or above, but this one starts at {least}");
            default:
                throw new InvalidInputException($"{name}: there is no range {function}(...); {Syntax}");
        }
    }

    private static LinearDimension Linear(string name, string arguments)
    {
        var (lower, upper) = Numbers(name, arguments);
        return new LinearDimension(name, lower, upper);
    }

    private static ChoiceDimension Choice(string name, string range)
    {
        var inner = range.StartsWith('{') && range.EndsWith('}') ? range[1..^1] : range;
        var separator = inner.Contains('|', StringComparison.Ordinal) ? '|' : ',';
        var choices = inner.Split(separator, StringSplitOptions.TrimEntries).ToImmutableArray();
        if (choices.Any(choice => choice.Length == 0))
        {
            throw new InvalidInputException($"{name}: one of the choices in '{range}' is empty; {Syntax}");
        }

        if (choices.Length < 2)
        {
            throw new InvalidInputException($"{name}: '{range}' is a single value, so there is nothing to search; {Syntax}");
        }

        return choices.Distinct().Count() == choices.Length
            ? new ChoiceDimension(name, choices)
            : throw new InvalidInputException($"{name}: '{range}' names a choice twice");
    }

    private static (double Lower, double Upper) Numbers(string name, string arguments)
    {
        var (first, second) = Ends(name, arguments);
        var (lower, upper) = (Number(name, first), Number(name, second));
        return lower < upper ? (lower, upper) : throw new InvalidInputException($"{name}: the range {Text(lower)} to {Text(upper)} is empty: its first end must be the lower one");
    }

    private static (long Lower, long Upper) Integers(string name, string arguments)
    {
        var (lower, upper) = Numbers(name, arguments);
        return lower == Math.Floor(lower) && upper == Math.Floor(upper) && lower >= int.MinValue && upper <= int.MaxValue
            ? ((long)lower, (long)upper)
            : throw new InvalidInputException($"{name}: a range of whole numbers needs whole ends of ordinary size, but has {Text(lower)} and {Text(upper)}");
    }

    private static (string First, string Second) Ends(string name, string arguments)
    {
        var parts = arguments.Contains("..", StringComparison.Ordinal) ? arguments.Split("..", StringSplitOptions.TrimEntries) : arguments.Split(',', StringSplitOptions.TrimEntries);
        return parts is [var first, var second] ? (first, second) : throw new InvalidInputException($"{name}: a range has two ends, but '{arguments}' has not; {Syntax}");
    }

    private static double Number(string name, string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
        ? number
        : throw new InvalidInputException($"{name}: '{text}' is no number");

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
