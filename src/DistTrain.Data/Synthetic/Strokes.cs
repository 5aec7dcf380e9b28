using DistTrain.Learning;
using DistTrain.Learning.Numerics;

namespace DistTrain.Data;

/// <summary>
/// See <see cref="StrokesSource"/>. A stroke is a quadratic Bézier curve with control points in the square [-1, 1]², drawn as a chain of straight pieces; a pixel has the ink of the piece
/// nearest to its centre: 1 within the pen's radius, falling to 0 over the width of one pixel.
/// </summary>
internal static class Strokes
{
    private const uint SamplePurpose = 0x53545253;
    private const uint FigurePurpose = 0x53544647;
    private const int StrokesOfFigure = 3;
    private const int PointsOfStroke = 3;
    private const int PiecesOfStroke = 8;

    /// <summary>Largest angle of turning to either side, in radians.</summary>
    private const double LargestTurn = 0.4;

    private const double LargestShift = 0.4;
    private const double LargestStretch = 0.2;
    private const double BendDeviation = 0.1;

    /// <summary>How much of half an image's shorter side a figure of size 1 takes.</summary>
    private const double FigureShare = 0.65;

    private const double ThinnestPen = 0.04;
    private const double ThickestPen = 0.08;

    private readonly record struct Point(double X, double Y);

    public static RawData Make(StrokesSource source, DataLimits limits)
    {
        var shape = new TensorShape(source.Height, source.Width, 1);
        var figures = Enumerable.Range(0, source.Classes).Select(label => DrawFigure(source.Seed, label)).ToArray();
        var inputs = SyntheticData.Fill(source, shape, SamplePurpose, limits, (sample, random, image) =>
        {
            DrawSample(source, figures[sample % figures.Length], ref random, image);
            for (var pixel = 0; pixel < image.Length && source.Noise > 0; pixel++)
            {
                image[pixel] = (float)Math.Clamp(image[pixel] + (source.Noise * random.Normal()), 0, 1);
            }
        });
        return SyntheticData.Describe("strokes", source, shape, inputs, SyntheticData.CyclicLabels(source.Samples, source.Classes));
    }

    /// <summary>[strokes × points] control points, evenly drawn from the square.</summary>
    private static Point[] DrawFigure(ulong seed, int label)
    {
        var random = SyntheticData.Stream(seed, FigurePurpose, label);
        var points = new Point[StrokesOfFigure * PointsOfStroke];
        for (var index = 0; index < points.Length; index++)
        {
            points[index] = new Point(Between(ref random, -1, 1), Between(ref random, -1, 1));
        }

        return points;
    }

    private static void DrawSample(StrokesSource source, Point[] figure, ref CounterBasedRandom random, Span<float> image)
    {
        var scale = FigureShare * Math.Min(source.Height, source.Width) / 2;
        var turn = Between(ref random, -LargestTurn, LargestTurn);
        var (cos, sin) = (DeterministicMath.Cos(turn), DeterministicMath.Sin(turn));
        var stretchX = scale * (1 + Between(ref random, -LargestStretch, LargestStretch));
        var stretchY = scale * (1 + Between(ref random, -LargestStretch, LargestStretch));
        var centreX = (source.Width / 2.0) + (scale * Between(ref random, -LargestShift, LargestShift));
        var centreY = (source.Height / 2.0) + (scale * Between(ref random, -LargestShift, LargestShift));
        var pen = scale * Between(ref random, ThinnestPen, ThickestPen);
        Span<Point> points = stackalloc Point[figure.Length];
        for (var index = 0; index < points.Length; index++)
        {
            var x = figure[index].X + (BendDeviation * random.Normal());
            var y = figure[index].Y + (BendDeviation * random.Normal());
            points[index] = new Point(centreX + (stretchX * ((cos * x) - (sin * y))), centreY + (stretchY * ((sin * x) + (cos * y))));
        }

        for (var stroke = 0; stroke < points.Length; stroke += PointsOfStroke)
        {
            DrawStroke(points.Slice(stroke, PointsOfStroke), pen, source.Height, source.Width, image);
        }
    }

    private static void DrawStroke(ReadOnlySpan<Point> points, double pen, int height, int width, Span<float> image)
    {
        var from = points[0];
        for (var piece = 1; piece <= PiecesOfStroke; piece++)
        {
            var t = (double)piece / PiecesOfStroke;
            var to = new Point(Bezier(points[0].X, points[1].X, points[2].X, t), Bezier(points[0].Y, points[1].Y, points[2].Y, t));
            DrawPiece(from, to, pen, height, width, image);
            from = to;
        }
    }

    private static double Bezier(double a, double b, double c, double t) => ((1 - t) * (1 - t) * a) + (2 * (1 - t) * t * b) + (t * t * c);

    private static void DrawPiece(Point from, Point to, double pen, int height, int width, Span<float> image)
    {
        var reach = pen + 1;
        var firstRow = PixelWithin(Math.Min(from.Y, to.Y) - reach, height);
        var lastRow = PixelWithin(Math.Max(from.Y, to.Y) + reach, height);
        var firstColumn = PixelWithin(Math.Min(from.X, to.X) - reach, width);
        var lastColumn = PixelWithin(Math.Max(from.X, to.X) + reach, width);
        for (var row = firstRow; row <= lastRow; row++)
        {
            for (var column = firstColumn; column <= lastColumn; column++)
            {
                var ink = (float)Math.Clamp(pen + 1 - Distance(from, to, column + 0.5, row + 0.5), 0, 1);
                ref var pixel = ref image[(row * width) + column];
                pixel = ink > pixel ? ink : pixel;
            }
        }
    }

    private static int PixelWithin(double coordinate, int extent) => (int)Math.Clamp(Math.Floor(coordinate), 0, extent - 1);

    /// <summary>Of a point from a straight piece.</summary>
    private static double Distance(Point from, Point to, double x, double y)
    {
        var (dx, dy) = (to.X - from.X, to.Y - from.Y);
        var squaredLength = (dx * dx) + (dy * dy);
        var t = squaredLength == 0 ? 0 : Math.Clamp((((x - from.X) * dx) + ((y - from.Y) * dy)) / squaredLength, 0, 1);
        var (offX, offY) = (x - from.X - (t * dx), y - from.Y - (t * dy));
        return Math.Sqrt((offX * offX) + (offY * offY));
    }

    private static double Between(ref CounterBasedRandom random, double least, double most) => least + ((most - least) * random.UniformDouble());
}
