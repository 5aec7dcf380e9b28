using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning;

namespace DistTrain.Runtime.Faults;

/// <summary>Fault points as they are written: <c>gradient:3</c> is the third time that the point <c>gradient</c> is passed.</summary>
public static class FaultPointText
{
    /// <summary>What a process says on standard error before it kills itself, in front of the point's name.</summary>
    public const string DyingWords = "dies as it was told to, at ";

    public static ImmutableArray<string> Names { get; } = [.. Enum.GetValues<FaultPoint>().Select(NameOf)];

    public static string NameOf(FaultPoint point) => point switch
    {
        FaultPoint.Compute => "compute",
        FaultPoint.Gradient => "gradient",
        FaultPoint.Apply => "apply",
        FaultPoint.Checkpoint => "checkpoint",
        FaultPoint.Manifest => "manifest",
        FaultPoint.Journal => "journal",
        _ => throw new ArgumentOutOfRangeException(nameof(point), point, "no such point"),
    };

    public static string Format(FaultPoint point, int count) => string.Create(CultureInfo.InvariantCulture, $"{NameOf(point)}:{count}");

    /// <exception cref="InvalidInputException">It is no point with a count.</exception>
    public static (FaultPoint Point, int Count) Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var point = Names.IndexOf(colon < 0 ? text : text[..colon]);
        return point >= 0 && colon >= 0 && int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= 1
            ? ((FaultPoint)point, count)
            : throw new InvalidInputException($"'{text}' is no fault point with a count: write POINT:COUNT, such as gradient:3, where POINT is {string.Join(", ", Names)}");
    }
}
