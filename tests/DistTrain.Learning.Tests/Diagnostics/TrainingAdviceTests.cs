using DistTrain.Learning.Diagnostics;

namespace DistTrain.Learning.Tests.Diagnostics;

public class TrainingAdviceTests
{
    [Fact]
    public void A_curve_as_it_should_be_gets_no_advice() =>
        Assert.Empty(TrainingAdvice.Of(Curve(0.1, (1.0, 0.9), (0.5, 0.5), (0.3, 0.4), (0.25, 0.38), (0.247, 0.379), (0.246, 0.379), (0.2455, 0.378), (0.245, 0.378))));

    [Fact]
    public void Rises_of_the_training_loss_are_a_rate_that_is_too_high()
    {
        var advice = Assert.Single(TrainingAdvice.Of(Curve(0.6, (1.0, 1.0), (0.5, 0.5), (0.8, 0.8), (0.4, 0.4), (0.6, 0.6))));
        Assert.Equal(AdviceKind.RateTooHigh, advice.Kind);
        Assert.Contains("rose by more than 5 % in 2 of 4 epochs, most from 0.5 to 0.8 in epoch 3 at rate 0.6; try 0.2", advice.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_held_out_loss_that_turned_is_over_fitting_since_its_least()
    {
        var advice = Assert.Single(TrainingAdvice.Of(Curve(0.1, (1.0, 0.9), (0.5, 0.5), (0.3, 0.4), (0.2, 0.44), (0.1, 0.5))));
        Assert.Equal(AdviceKind.OverFitting, advice.Kind);
        Assert.Contains("since epoch 3: the held-out loss rose from 0.4 to 0.5 (25 % more) while the training loss fell from 0.3 to 0.1", advice.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_falls_to_the_end_is_a_rate_that_is_too_low()
    {
        var advice = Assert.Single(TrainingAdvice.Of(Curve(0.001, (2.3, 2.2), (2.0, 2.0), (1.8, 1.8), (1.6, 1.6), (1.44, 1.4))));
        Assert.Equal(AdviceKind.RateTooLow, advice.Kind);
        Assert.Contains("by 10 % an epoch over the last one (from 1.6 to 1.44)", advice.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_stays_where_it_is_is_no_learning()
    {
        var advice = Assert.Single(TrainingAdvice.Of(Curve(1e-6, (2.302, null), (2.302, null), (2.301, null), (2.301, null))));
        Assert.Equal(AdviceKind.NotLearning, advice.Kind);
    }

    [Fact]
    public void Three_epochs_are_no_curve() => Assert.Empty(TrainingAdvice.Of(Curve(0.6, (1.0, 1.0), (2.0, 2.0), (4.0, 4.0))));

    private static LossPoint[] Curve(double rate, params (double Train, double? HeldOut)[] losses) =>
        [.. losses.Select((loss, i) => new LossPoint(i + 1, loss.Train, loss.HeldOut, rate))];
}
