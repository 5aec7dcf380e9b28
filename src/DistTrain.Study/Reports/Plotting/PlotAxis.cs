using System.Collections.Immutable;

namespace DistTrain.Study.Reports.Plotting;

public enum AxisScale
{
    Linear,

    /// <summary>Equal ratios are equal lengths; values that are not above 0 have no place on it.</summary>
    Logarithmic,

    /// <summary>Names, at 0, 1, 2 and so on.</summary>
    Categories,
}

/// <summary>How the numbers at an axis are written.</summary>
public enum TickNumbers
{
    /// <summary>See <see cref="NumberText.OfAxis"/>.</summary>
    Short,

    /// <summary>Such as <c>1,024</c>.</summary>
    Whole,

    /// <summary>A share as a percentage.</summary>
    Percent,
}

/// <summary>An axis as it is wanted; what is left open follows from what is drawn.</summary>
/// <param name="Label">What it measures and in which unit.</param>
public sealed record PlotAxis(string Label)
{
    public AxisScale Scale { get; init; }

    public TickNumbers Numbers { get; init; }

    /// <summary>Null: what is drawn decides.</summary>
    public double? From { get; init; }

    /// <summary>Null: what is drawn decides.</summary>
    public double? To { get; init; }

    /// <summary>Whether 0 is on a linear axis even if nothing drawn is there.</summary>
    public bool HoldsZero { get; init; }

    /// <summary>Values to be marked; empty: chosen. Those without room have no words.</summary>
    public ImmutableArray<double> Marked { get; init; } = [];

    /// <summary>The names of <see cref="AxisScale.Categories"/>.</summary>
    public ImmutableArray<string> Categories { get; init; } = [];

    public static PlotAxis Logarithmic(string label) => new(label) { Scale = AxisScale.Logarithmic };

    public static PlotAxis OfCategories(string label, IEnumerable<string> names) => new(label) { Scale = AxisScale.Categories, Categories = [.. names] };

    /// <summary>Logarithmic, with a mark at each of the sizes.</summary>
    public static PlotAxis OfBatchSizes(IEnumerable<int> sizes) =>
        new("batch size (samples)") { Scale = AxisScale.Logarithmic, Numbers = TickNumbers.Whole, Marked = [.. sizes.Distinct().Order().Select(size => (double)size)] };
}

/// <summary>Where the values of an axis lie on a drawing.</summary>
/// <param name="First">At the beginning of the axis; above 0 where it is logarithmic.</param>
/// <param name="Last">At its end, above the first.</param>
/// <param name="FromPixel">Of the first value.</param>
/// <param name="ToPixel">Of the last value.</param>
internal readonly record struct AxisMapping(double First, double Last, double FromPixel, double ToPixel, bool IsLogarithmic)
{
    public double At(double value)
    {
        var share = IsLogarithmic ? Math.Log(value / First) / Math.Log(Last / First) : (value - First) / (Last - First);
        return FromPixel + (share * (ToPixel - FromPixel));
    }

    public bool CanHold(double value) => double.IsFinite(value) && (!IsLogarithmic || value > 0);

    public bool Holds(double value)
    {
        var slack = (IsLogarithmic ? First : Last - First) * 1e-9;
        return CanHold(value) && value >= First - slack && value <= Last + slack;
    }

    /// <summary>The axis around all values, with a little room on both sides.</summary>
    public static AxisMapping Around(PlotAxis axis, IEnumerable<double> values, double fromPixel, double toPixel)
    {
        if (axis.Scale == AxisScale.Categories)
        {
            return new AxisMapping(-0.5, Math.Max(0.5, axis.Categories.Length - 0.5), fromPixel, toPixel, IsLogarithmic: false);
        }

        var isLogarithmic = axis.Scale == AxisScale.Logarithmic;
        var finite = values.Where(value => double.IsFinite(value) && (!isLogarithmic || value > 0)).ToArray();
        var least = axis.From ?? (finite.Length == 0 ? (isLogarithmic ? 1 : 0) : finite.Min());
        var most = axis.To ?? (finite.Length == 0 ? least + 1 : finite.Max());
        return isLogarithmic ? Ratios(axis, least, most, fromPixel, toPixel) : Differences(axis, least, most, fromPixel, toPixel);
    }

    private static AxisMapping Ratios(PlotAxis axis, double least, double most, double fromPixel, double toPixel)
    {
        if (most < least * 1.3)
        {
            var middle = Math.Sqrt(least) * Math.Sqrt(most);
            (least, most) = (axis.From ?? (middle / 1.5), axis.To ?? (middle * 1.5));
        }

        var room = Math.Pow(most / least, 0.05);
        return new AxisMapping(axis.From ?? (least / room), axis.To ?? (most * room), fromPixel, toPixel, IsLogarithmic: true);
    }

    private static AxisMapping Differences(PlotAxis axis, double least, double most, double fromPixel, double toPixel)
    {
        if (axis.HoldsZero)
        {
            (least, most) = (Math.Min(0, least), Math.Max(0, most));
        }

        // Values that differ in their last digits only are one value.
        if (most - least <= Math.Abs(most) * 1e-9)
        {
            var room = most == 0 ? 1 : Math.Abs(most) / 10;
            (least, most) = (axis.From ?? (least - room), axis.To ?? (least + room));
        }

        var margin = (most - least) * 0.04;
        // An axis that begins at 0 begins there, not before.
        var first = axis.From ?? (least is >= 0 && (axis.HoldsZero || least < margin) ? 0 : least - margin);
        return new AxisMapping(first, axis.To ?? (most + margin), fromPixel, toPixel, IsLogarithmic: false);
    }
}
