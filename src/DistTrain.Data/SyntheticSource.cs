namespace DistTrain.Data;

/// <summary>
/// Samples that are drawn, not read: a pure function of what stands here, the same bits on every machine. Sample number <c>i</c> does not depend on how many there are.
/// </summary>
/// <param name="Samples">How many.</param>
/// <param name="Seed">Decides everything that is drawn.</param>
/// <param name="Scaling">How inputs are scaled; null for not at all.</param>
public abstract record SyntheticSource(int Samples, ulong Seed, ScalingKind? Scaling) : DataSource(Scaling);

/// <summary>
/// Arms of a spiral in the plane, one a class: sample <c>i</c> is of class <c>i mod Classes</c>, at radius r uniform in [0, 1) and at the angle
/// <c>2π (class / Classes + Turns r) + Noise n</c> with n standard normal. After the spiral data of Stanford's course CS231n, "Putting it together: minimal neural network case study".
/// </summary>
/// <param name="Classes">Number of arms, at least 2.</param>
/// <param name="Samples">How many.</param>
/// <param name="Noise">Deviation of the angle, in radians.</param>
/// <param name="Turns">Turns of an arm around the centre.</param>
/// <param name="Seed">Decides everything that is drawn.</param>
/// <param name="Scaling">How inputs are scaled; null for not at all.</param>
public sealed record SpiralsSource(int Classes = 3, int Samples = 1_000, double Noise = 0.1, double Turns = 1, ulong Seed = 1, ScalingKind? Scaling = null)
    : SyntheticSource(Samples, Seed, Scaling);

/// <summary>
/// Standard normal inputs x, labelled by a random network z = V tanh(W x), the teacher, with W and V normal of variance 1 / fan-in (after E. Gardner and B. Derrida, "Three unfinished works on
/// the optimal storage capacity of networks", 1989, who study students that learn from such teachers). With classes the label is the index of the greatest z, the first of equals, and with
/// probability <c>LabelNoise</c> a class drawn evenly from all; with outputs the targets are z, each plus <c>LabelNoise</c> times a standard normal.
/// </summary>
/// <param name="Features">Length of x.</param>
/// <param name="Classes">Number of classes, at least 2; null for values.</param>
/// <param name="Outputs">Number of values a sample where there are no classes.</param>
/// <param name="Samples">How many.</param>
/// <param name="Hidden">Width of the teacher's hidden layer.</param>
/// <param name="LabelNoise">Share of redrawn labels, or deviation of the values' noise.</param>
/// <param name="Seed">Decides everything that is drawn.</param>
/// <param name="Scaling">How inputs are scaled; null for not at all.</param>
public sealed record GaussianTeacherSource(
    int Features = 20,
    int? Classes = 10,
    int Outputs = 1,
    int Samples = 10_000,
    int Hidden = 32,
    double LabelNoise = 0,
    ulong Seed = 1,
    ScalingKind? Scaling = null) : SyntheticSource(Samples, Seed, Scaling);

/// <summary>
/// Figures of three curved strokes, one figure a class, drawn as images [Height, Width, 1] with values from 0 to 1. Sample <c>i</c> shows the figure of class <c>i mod Classes</c>, shifted,
/// turned, stretched and bent a little, with a pen of its own width, and <c>Noise</c> times a standard normal on every pixel.
/// </summary>
/// <param name="Height">In pixels, at least 8.</param>
/// <param name="Width">In pixels, at least 8.</param>
/// <param name="Classes">Number of figures, at least 2.</param>
/// <param name="Samples">How many.</param>
/// <param name="Noise">Deviation of the pixels' noise; pixels stay within 0 and 1.</param>
/// <param name="Seed">Decides everything that is drawn, figures included.</param>
/// <param name="Scaling">How inputs are scaled; null for not at all.</param>
public sealed record StrokesSource(int Height = 28, int Width = 28, int Classes = 10, int Samples = 10_000, double Noise = 0.1, ulong Seed = 1, ScalingKind? Scaling = null)
    : SyntheticSource(Samples, Seed, Scaling);
