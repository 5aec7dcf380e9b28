using DistTrain.Learning.Graph;
using DistTrain.Learning.Metrics;

namespace DistTrain.Learning.Tests.Metrics;

/// <summary>Expected figures are worked out by hand, with the definitions of scikit-learn.</summary>
public class MetricPlanTests
{
    private static readonly SoftmaxCrossEntropyLoss CrossEntropy = new();

    /// <summary>Classes 0 0 1 1 1 2, taken for 0 1 1 1 0 3; class 3 has no samples, class 4 does not occur.</summary>
    private static readonly int[] Labels = [0, 0, 1, 1, 1, 2];

    private static readonly float[] Outputs =
    [
        9, 5, 1, 1, 0,
        3, 4, 1, 1, 0,
        1, 8, 2, 2, 0,
        0, 7, 3, 3, 0,
        6, 5, 1, 1, 0,
        1, 2, 5, 5.5f, 0,
    ];

    [Fact]
    public void Classes_have_precision_recall_and_F1_each_and_on_average()
    {
        var metrics = Evaluate(MetricPlan.For(CrossEntropy, new ClassLabels(Labels, ["a", "b", "c", "d", "e"]), topK: 2), block: 6);
        Assert.Equal([new(2, 2, 1), new(3, 3, 2), new(1, 0, 0), new(0, 1, 0), new ClassMetrics(0, 0, 0)], metrics.Classes.AsEnumerable());
        Assert.Equal(0.5, metrics.Classes[0].F1!.Value, 1e-15);
        Assert.Null(metrics.Classes[2].Precision);
        Assert.Null(metrics.Classes[3].Recall);

        // Four classes occur; a ratio without a denominator counts as 0.
        Assert.Equal((0.5 + (2.0 / 3)) / 4, metrics.MacroPrecision!.Value, 1e-15);
        Assert.Equal((0.5 + (2.0 / 3)) / 4, metrics.MacroRecall!.Value, 1e-15);
        Assert.Equal((0.5 + (2.0 / 3)) / 4, metrics.MacroF1!.Value, 1e-15);
        Assert.Equal(0.5, metrics.Micro!.Value.Precision!.Value, 1e-15);
        Assert.Equal(0.5, metrics.Micro!.Value.Recall!.Value, 1e-15);
        Assert.Equal(0.5, metrics.Value(MetricNames.MicroF1)!.Value, 1e-15);
        Assert.Equal((2, 1.0), (metrics.TopK, metrics.TopKAccuracy));
    }

    [Fact]
    public void Of_equal_outputs_the_first_is_the_larger()
    {
        var plan = MetricPlan.For(CrossEntropy, new ClassLabels(Labels, ["a", "b", "c", "d"]), topK: 2);
        var (first, second) = (new long[plan.CountLength], new long[plan.CountLength]);
        plan.Add(CrossEntropy, [0, 5, 1, 1], new TargetBatch((int[])[2]), [], first, []);
        plan.Add(CrossEntropy, [0, 5, 1, 1], new TargetBatch((int[])[3]), [], second, []);
        Assert.Equal((1, 0), (first[0], second[0]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    public void The_cut_into_blocks_changes_nothing(int block)
    {
        var plan = MetricPlan.For(CrossEntropy, new ClassLabels(Labels, ["a", "b", "c", "d", "e"]), topK: 2);
        Assert.Equal(Evaluate(plan, 6), Evaluate(plan, block));
    }

    [Fact]
    public void Values_have_errors_and_a_coefficient_of_determination_even_far_from_zero()
    {
        // Differences 1, −1, 2 and 0 of targets with mean 1000001.5 and squared deviations 5 in all.
        var metrics = Values([1000001, 1000000, 1000004, 1000003], [1000000, 1000001, 1000002, 1000003], width: 1);
        Assert.Equal(1.5, metrics.MeanSquaredError!.Value, 1e-12);
        Assert.Equal(Math.Sqrt(1.5), metrics.RootMeanSquaredError!.Value, 1e-12);
        Assert.Equal(1, metrics.MeanAbsoluteError!.Value, 1e-12);
        Assert.Equal(1 - (6.0 / 5), metrics.Determination!.Value, 1e-12);
        Assert.Empty(metrics.Classes);
    }

    [Fact]
    public void Several_values_a_sample_are_averaged_and_a_target_that_does_not_vary_has_no_determination()
    {
        Assert.Equal(((1 - 0.0) + (1 - (1 / 0.5))) / 2, Values([1, 6, 2, 6], [1, 6, 2, 7], width: 2).Determination!.Value, 1e-12);
        Assert.Null(Values([1, 6, 2, 6], [1, 6, 2, 6], width: 2).Determination);
    }

    [Fact]
    public void Answers_are_yes_where_the_probability_is_above_one_half()
    {
        var loss = new BinaryCrossEntropyLoss(0);
        var plan = MetricPlan.For(loss, new TargetValues(new float[4], 2));
        Assert.Equal(MetricTask.Answers, plan.Task);
        var (counts, sums) = (new long[plan.CountLength], new double[plan.SumLength]);
        plan.Add(loss, [3, -2, 0.1f, 4], new TargetBatch((float[])[1, 1, 0, 1]), [1, 1], counts, sums);
        Assert.Equal([new(1, 2, 1), new ClassMetrics(2, 1, 1)], plan.Summarize(counts, sums, 2)!.Classes.AsEnumerable());
    }

    [Fact]
    public void A_plan_says_which_metrics_it_gives()
    {
        var classes = MetricPlan.For(CrossEntropy, new ClassLabels(Labels, ["a", "b", "c", "d", "e"]));
        Assert.Equal(["loss", "accuracy", "precision", "recall", "f1", "micro-precision", "micro-recall", "micro-f1"], MetricNames.All.Where(classes.Gives));
        var values = MetricPlan.For(new MeanSquaredErrorLoss(), new TargetValues(new float[4], 2));
        Assert.Equal(["loss", "mse", "rmse", "mae", "r2"], MetricNames.All.Where(values.Gives));
    }

    private static SplitMetrics Evaluate(MetricPlan plan, int block)
    {
        var total = new long[plan.CountLength];
        for (var first = 0; first < Labels.Length; first += block)
        {
            var count = Math.Min(block, Labels.Length - first);
            var counts = new long[plan.CountLength];
            plan.Add(CrossEntropy, Outputs.AsSpan(first * 5, count * 5), new TargetBatch(Labels.AsSpan(first, count)), [], counts, []);
            total = [.. total.Zip(counts, (left, right) => left + right)];
        }

        return plan.Summarize(total, [], Labels.Length)!;
    }

    private static SplitMetrics Values(float[] outputs, float[] targets, int width)
    {
        var loss = new MeanSquaredErrorLoss();
        var plan = MetricPlan.For(loss, new TargetValues(targets, width));
        var sums = new double[plan.SumLength];
        plan.Add(loss, outputs, new TargetBatch(targets), targets.AsSpan(0, width), [], sums);
        return plan.Summarize([], sums, targets.Length / width)!;
    }
}
