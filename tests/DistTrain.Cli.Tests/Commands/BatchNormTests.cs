using DistTrain.Cli.Tests.Support;

namespace DistTrain.Cli.Tests.Commands;

public sealed class BatchNormTests : IDisposable
{
    private const string Model = "model: [flatten, dense: {units: 16}, batch-norm, relu, output]\n";
    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    [Theory]
    [InlineData("batch-size: 1", "with batches of 1 sample")]
    [InlineData("batch-size: 8\nmicro-batches: 8", "8 micro-batches of a batch of 8 leave 1 sample each")]
    public void A_micro_batch_without_statistics_is_refused_before_training(string settings, string reason)
    {
        var file = sandbox.Write("norm.yaml", $"{Model}{settings}\n");
        var refusal = sandbox.Run("train", "--run", sandbox.At("run"), "--config", file).AssertRefused(ExitCode.WrongUsage);
        Assert.Contains("layer batch-norm1", refusal, StringComparison.Ordinal);
        Assert.Contains(reason, refusal, StringComparison.Ordinal);
        Assert.False(Directory.Exists(sandbox.At("run")), "nothing was trained, so there is no run");
    }

    [Fact]
    public void The_ghost_size_is_printed()
    {
        var file = sandbox.Write("norm.yaml", $"{Model}epochs: 1\nbatch-size: 70\n");
        var outcome = sandbox.Run("train", "--run", sandbox.At("run"), "--config", file);
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.Contains("statistics of 17 to 18 samples (a micro-batch) at a time", outcome.Output, StringComparison.Ordinal);
    }
}
