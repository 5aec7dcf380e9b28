using DistTrain.Cli.Configuration;
using DistTrain.Cli.Tests.Support;

namespace DistTrain.Cli.Tests.Configuration;

public sealed class CheckpointKeysTests : IDisposable
{
    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    [Theory]
    [InlineData(null, null, false, null)]
    [InlineData(null, null, true, "validation-loss")]
    [InlineData(null, "train-loss", true, "train-loss")]
    [InlineData("none", "train-loss", true, null)]
    [InlineData("validation-accuracy", "train-loss", true, "validation-accuracy")]
    public void The_best_is_kept_by_what_decides_when_the_run_ends_unless_something_else_was_said(string? keep, string? stops, bool hasValidation, string? expected) =>
        Assert.Equal(expected, CheckpointKeys.BestBy(TrainConfiguration.Default with { KeepBest = keep, StopMetric = stops }, hasValidation)?.Name);

    [Theory]
    [InlineData("--keep-checkpoints 0", "--keep-checkpoints must be at least 1, but is 0")]
    [InlineData("--max-lost-seconds 0", "--max-lost-seconds must be a finite number above 0, but is 0")]
    [InlineData("--checkpoint-seconds -1", "--checkpoint-seconds must be a finite number of at least 0, but is -1")]
    [InlineData("--keep-best loss", "--keep-best is not usable: unknown metric 'loss'")]
    [InlineData("--keep-best validation-loss", "the choice of the best checkpoint looks at validation-loss, but no samples are kept for validation")]
    public void What_is_not_possible_is_refused_before_the_training_begins(string flags, string sentence) =>
        Assert.Contains(sentence, sandbox.Train(flags.Split(' ')).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);

    [Theory]
    [InlineData("batch-size", true)]
    [InlineData("seed", true)]
    [InlineData("stop-metric", true)]
    [InlineData("workers", false)]
    [InlineData("shards", false)]
    [InlineData("checkpoint-steps", false)]
    [InlineData("rejoin-seconds", false)]
    public void Neither_checkpoints_nor_processes_decide_the_weights(string key, bool decides) => Assert.Equal(decides, ConfigurationKeys.Find(key)!.DecidesWeights);
}
