namespace DistTrain.Study.Reports.Plotting;

/// <summary>The values that must have a place on the axes; not a number where a mark says nothing of one of them.</summary>
internal static class MarkExtents
{
    public static IEnumerable<(double X, double Y)> Of(Mark mark) => mark switch
    {
        Curve { StretchesAxes: true } curve => curve.Points,
        Dots dots => dots.Points.Select(dot => (dot.X, dot.Y)),
        Intervals intervals => intervals.Items.SelectMany(item => Both(item.At, item.Low ?? double.NaN, item.High ?? double.NaN, intervals.IsHorizontal)),
        Band band => band.Points.SelectMany(point => Both(point.X, point.Low, point.High, isHorizontal: false)),
        Bars bars => bars.Items.SelectMany(bar => Both(bar.At, bar.From, bar.To, bars.IsHorizontal)),
        Rule { StretchesAxes: true } rule => [rule.IsHorizontal ? (double.NaN, rule.At) : (rule.At, double.NaN)],
        Span { StretchesAxes: true } span => span.IsHorizontal ? [(double.NaN, span.From), (double.NaN, span.To)] : [(span.From, double.NaN), (span.To, double.NaN)],
        Rug rug => rug.Items.Select(item => (item.X, double.NaN)),
        _ => [],
    };

    private static IEnumerable<(double X, double Y)> Both(double at, double low, double high, bool isHorizontal) => isHorizontal ? [(low, at), (high, at)] : [(at, low), (at, high)];
}
