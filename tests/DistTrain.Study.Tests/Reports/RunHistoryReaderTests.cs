using DistTrain.Study.Reports.Runs;

namespace DistTrain.Study.Tests.Reports;

public class RunHistoryReaderTests
{
    [Fact]
    public void Everything_that_the_metrics_say_is_there()
    {
        var run = RunHistoryReader.Read(SyntheticRun.Lines());
        Assert.Equal("digits", run.DataName);
        Assert.Equal("0.05", run.Setting("learningRate"));
        Assert.Equal("none", run.Setting("label"));
        Assert.Equal("yes", run.Setting("checkpoints"));
        Assert.Equal(Enumerable.Range(1, 20), run.Epochs.Select(epoch => epoch.Epoch));
        Assert.Equal((1438, 1438, 0, 0, 0), run.Epochs[3].Ledger);
        Assert.Equal(0.9, run.Epochs[0].Metric("validationMicroF1"));
        Assert.Null(run.Epochs[0].Metric("testLoss"));
        Assert.Equal(50, run.Epochs[0].Workers[0].MicroBatchesAccepted);
        Assert.Equal(100, run.Layers.Length);
        Assert.Equal(3, run.Layers[0].Tensors.Length);
        Assert.Equal(4, run.Checkpoints.Length);
        Assert.Equal(new RecoveryPoint(500, 40, 0.08, "worker-2 was lost"), Assert.Single(run.Recoveries));
        Assert.Null(run.Noise[0].NoiseScale);
        Assert.Equal(216, run.Noise[1].NoiseScale);
        Assert.Equal(0.9722, run.Ending!.Metric("validationAccuracy"));
        Assert.Equal(["over-fitting since epoch 10"], run.Ending.Advice.AsEnumerable());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"event\":\"epoch\",\"epo")]
    [InlineData("[1, 2]")]
    [InlineData("{\"event\": 7}")]
    [InlineData("{\"event\": \"tomorrow\", \"weather\": {}}")]
    [InlineData("{\"event\": \"epoch\", \"epoch\": \"three\"}")]
    [InlineData("{\"event\": \"layers\", \"step\": 0.5}")]
    [InlineData("{\"event\": \"finished\", \"advice\": 3, \"epochs\": null}")]
    [InlineData("{\"event\": \"started\", \"configuration\": [], \"trainSamples\": 1e300}")]
    public void What_is_damaged_or_unknown_takes_nothing_else_along(string line)
    {
        var lines = SyntheticRun.Lines().ToArray();
        var run = RunHistoryReader.Read([.. lines[..10], line, .. lines[10..]]);
        Assert.Equal(20, run.Epochs.Length);
        Assert.Equal("completed", run.Ending!.Outcome);
        Assert.NotEmpty(RunReport.Of(RunHistoryReader.Read([line])).ToHtml());
    }

    [Fact]
    public void An_epoch_that_was_told_of_twice_counts_once()
    {
        var lines = SyntheticRun.Lines().ToArray();
        Assert.Equal(20, RunHistoryReader.Read([.. lines, .. lines.Where(line => line.Contains("\"epoch\"", StringComparison.Ordinal))]).Epochs.Length);
    }

    [Fact]
    public void A_run_that_has_not_ended_says_so()
    {
        var report = RunReport.Of(RunHistoryReader.Read(SyntheticRun.Lines().SkipLast(1)));
        Assert.Contains("it has not ended", report.Headline, StringComparison.Ordinal);
        Assert.Contains(report.Refusals, refusal => refusal.StartsWith("How it ends", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_that_ended_badly_says_why_at_the_top()
    {
        var report = RunReport.Of(RunHistoryReader.Read([.. SyntheticRun.Lines().SkipLast(1), """{"event":"finished","outcome":"non-finite","epochs":3,"steps":140,"explanation":"the loss at step 141 is not finite."}"""]));
        Assert.Equal("The training did not end well: the loss at step 141 is not finite", report.Headline);
    }
}
