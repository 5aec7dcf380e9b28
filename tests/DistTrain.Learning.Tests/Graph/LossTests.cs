using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Tests.Graph;

public class LossTests
{
    private static readonly ClassLabels TwoClasses = new(new[] { 0, 1, 1 }, ["no", "yes"]);
    private static readonly ClassLabels ThreeClasses = new(new[] { 0, 2, 1 }, ["a", "b", "c"]);
    private static readonly ClassLabels Positions = new(new[] { 0, 2, 1, 0 }, ["a", "b", "c"], LabelsPerSample: 2);
    private static readonly ClassLabels TwoPositions = new(new[] { 0, 1 }, ["no", "yes"], LabelsPerSample: 2);
    private static readonly TargetValues NotANumber = new(new[] { float.NaN }, 1);
    private static readonly TargetValues Shares = new(new float[] { 0, 1, 0.5f, 1 }, 2);
    private static readonly TargetValues Numbers = new(new float[] { 0, 1, 0.5f, 1.5f }, 2);

    [Fact]
    public void The_output_that_suits_the_targets_is_as_wide_as_the_loss_needs()
    {
        Assert.Equal(new TensorShape(2), Loss.Create("cross-entropy").OutputShape(TwoClasses));
        Assert.Equal(new TensorShape(1), Loss.Create("binary-cross-entropy").OutputShape(TwoClasses));
        Assert.Equal(new TensorShape(2), Loss.Create("binary-cross-entropy").OutputShape(Shares));
        Assert.Equal(new TensorShape(2, 3), Loss.Create("cross-entropy").OutputShape(Positions));
        Assert.Equal(new TensorShape(3), Loss.Create("huber").OutputShape(ThreeClasses));
    }

    [Fact]
    public void Targets_that_do_not_suit_are_refused_with_what_to_do()
    {
        Refused("cross-entropy", Numbers, "numeric targets");
        Refused("binary-cross-entropy", ThreeClasses, "the data has 3");
        Refused("binary-cross-entropy", Numbers, "sample 1 has 1.5");
        Refused("dice", Numbers, "sample 1 has 1.5");
        Refused("dice", NotANumber, "sample 0 has NaN");
        Refused("dice", TwoClasses, "class labels");
        Refused("mse", Positions, "one label a sample");
        Refused("binary-cross-entropy", TwoPositions, "one label a sample");
    }

    [Fact]
    public void A_model_must_not_end_in_what_the_loss_applies_itself()
    {
        foreach (var (name, targets, end) in new (string, Targets, Operation)[]
        {
            ("cross-entropy", TwoClasses, new SoftmaxOperation()), ("binary-cross-entropy", Shares, new SigmoidOperation()), ("dice", Shares, new SigmoidOperation()),
            ("cross-entropy", TwoClasses, new SigmoidOperation()),
        })
        {
            var dense = new DenseOperation(2, new ConstantInitializer(0));
            Loss.Create(name).Check(ModelGraph.Chain(new TensorShape(3), [dense]), targets);
            var refusal = Assert.Throws<InvalidInputException>(() => Loss.Create(name).Check(ModelGraph.Chain(new TensorShape(3), [dense, end, new FlattenOperation()]), targets));
            Assert.Contains($"ends in a {end.Kind} layer ({end.Kind}1)", refusal.Message, StringComparison.Ordinal);
            Loss.Create("mse").Check(ModelGraph.Chain(new TensorShape(3), [dense, end]), targets);
        }
    }

    [Fact]
    public void Settings_that_mean_nothing_or_are_out_of_range_are_refused()
    {
        Assert.Throws<InvalidInputException>(() => Loss.Create("hinge"));
        Assert.Throws<InvalidInputException>(() => Loss.Create("mse", new LossSettings(LabelSmoothing: 0.1)));
        Assert.Throws<InvalidInputException>(() => Loss.Create("cross-entropy", new LossSettings(LabelSmoothing: 1)));
        Assert.Throws<InvalidInputException>(() => Loss.Create("cross-entropy", new LossSettings(LabelSmoothing: double.NaN)));
        Assert.Throws<InvalidInputException>(() => Loss.Create("huber", new LossSettings(HuberDelta: 0)));
    }

    [Fact]
    public void Every_loss_is_made_again_by_its_name_and_settings()
    {
        var settings = new LossSettings(HuberDelta: 0.25);
        var losses = Loss.Names.Select(name => Loss.Create(name, settings)).Append(new SoftmaxCrossEntropyLoss(0.1)).Append(new BinaryCrossEntropyLoss(0.2));
        Assert.All(losses, loss => Assert.Equal(loss, Loss.Create(loss.Name, loss.Settings)));
    }

    [Fact]
    public void Correct_labels_are_counted_by_position_and_with_one_output_by_its_sign()
    {
        float[] outputs = [1, 2, 0, 0, 0, 1, 3, 1, 2, 5, 0, 0];
        var summary = Evaluation.Summarize(new SoftmaxCrossEntropyLoss(), outputs, Positions.Slice(0, 2), 2);
        Assert.Equal((2L, 2), (summary.CorrectCount, summary.SampleCount));
        var binary = Evaluation.Summarize(new BinaryCrossEntropyLoss(), [-1, 0.5f, 0], TwoClasses.Slice(0, 3), 3);
        Assert.Equal(2, binary.CorrectCount);
        Assert.Equal(1, Evaluation.PredictedClass(new BinaryCrossEntropyLoss(), [0.1f]));
        Assert.Equal(2, Evaluation.PredictedClass(new SoftmaxCrossEntropyLoss(), [1, 0, 3]));
    }

    [Fact]
    public void Predictions_are_probabilities_where_the_loss_makes_them_so()
    {
        var row = new float[2];
        Evaluation.Predict(new SoftmaxCrossEntropyLoss(), [0, 0], row);
        Assert.Equal([0.5f, 0.5f], row);
        Evaluation.Predict(new MeanSquaredErrorLoss(), [3, -4], row);
        Assert.Equal([3f, -4f], row);
        var one = new float[1];
        var loss = new BinaryCrossEntropyLoss();
        Evaluation.Predict(loss, [MathF.Log(3)], one);
        Assert.Equal(0.75f, Evaluation.ClassScore(loss, one, 1), 1e-6f);
        Assert.Equal(0.25f, Evaluation.ClassScore(loss, one, 0), 1e-6f);
    }

    [Fact]
    public void Several_labels_a_sample_stay_with_their_sample()
    {
        var labels = new int[4];
        Assert.Equal([1, 0, 0, 2], Positions.Gather([1, 0], labels, []).Labels.ToArray());
        Assert.Equal([1, 0], Positions.Slice(1, 1).Labels.ToArray());
        Assert.Equal(2, Positions.Count);
    }

    private static void Refused(string loss, Targets targets, string reason)
    {
        var refusal = Assert.Throws<InvalidInputException>(() => Loss.Create(loss).Check(new TensorShape(targets.OutputWidth), targets));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }
}
