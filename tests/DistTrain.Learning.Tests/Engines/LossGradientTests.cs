using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Tests.Engines;

/// <summary>Each loss's gradient by the model's outputs against central differences, in double precision.</summary>
public class LossGradientTests
{
    private const double Difference = 1e-5;

    public static TheoryData<string, int, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, int>();
            foreach (var name in Loss.Names)
            {
                foreach (var width in (int[])[1, 2, 7, 16, 19, 35])
                {
                    cases.Add(name, 1, width);
                }
            }

            cases.Add("cross-entropy", 3, 5);
            cases.Add("cross-entropy", 17, 2);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_gradient_equals_the_central_difference(string name, int positions, int width)
    {
        foreach (var smoothing in name.EndsWith("cross-entropy", StringComparison.Ordinal) ? new[] { 0, 0.1 } : [0])
        {
            var loss = Loss.Create(name, new LossSettings(smoothing, HuberDelta: 0.7));
            var random = new CounterBasedRandom(5, (ulong)width);
            var outputs = Enumerable.Range(0, positions * width).Select(_ => random.Normal()).ToArray();
            var values = Enumerable.Range(0, positions * width).Select(_ => random.UniformDouble()).ToArray();
            var classes = loss.ClassCount(width);
            int[] labels = [.. Enumerable.Range(0, positions).Select(position => (position + width) % classes)];
            if (name != "dice" && (name != "binary-cross-entropy" || width == 1))
            {
                Check(loss, outputs, labels, []);
            }

            if (name != "cross-entropy")
            {
                Check(loss, outputs, [], values);
            }
        }
    }

    [Fact]
    public void Far_logits_neither_overflow_nor_lose_a_tiny_loss()
    {
        var loss = new BinaryCrossEntropyLoss();
        var gradient = new double[1];
        double Loss(double z, double target) => ReferenceLoss<double, DoubleArithmetic>.Sample(loss, [z], new SampleTarget<double>([], [target]), gradient);
        Assert.Equal(800, Loss(800, 0));
        Assert.Equal(800, Loss(-800, 1));
        Assert.Equal(-1, gradient[0]);
        Assert.Equal(Math.Exp(-40), Loss(40, 1), 1e-30);
        Assert.Equal(Math.Exp(-40), Loss(-40, 0), 1e-30);
    }

    private static void Check(Loss loss, double[] outputs, int[] labels, double[] values)
    {
        var gradient = new double[outputs.Length];
        ReferenceLoss<double, DoubleArithmetic>.Sample(loss, outputs, new SampleTarget<double>(labels, values), gradient);
        for (var i = 0; i < outputs.Length; i++)
        {
            var value = outputs[i];
            outputs[i] = value + Difference;
            var above = ReferenceLoss<double, DoubleArithmetic>.Sample(loss, outputs, new SampleTarget<double>(labels, values), []);
            outputs[i] = value - Difference;
            var below = ReferenceLoss<double, DoubleArithmetic>.Sample(loss, outputs, new SampleTarget<double>(labels, values), []);
            outputs[i] = value;
            var expected = (above - below) / (2 * Difference);
            Assert.True(Math.Abs(expected - gradient[i]) <= 1e-8, $"{loss}, output {i}: difference {expected}, gradient {gradient[i]}");
        }
    }
}
