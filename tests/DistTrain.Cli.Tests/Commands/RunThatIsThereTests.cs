using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Tests.Support;

namespace DistTrain.Cli.Tests.Commands;

public sealed class RunThatIsThereTests : IDisposable
{
    private readonly Sandbox sandbox = new() { Trainer = Parts.Trainer("in-process") };

    public void Dispose() => sandbox.Dispose();

    [Fact]
    public void The_same_command_line_begins_a_run_and_knows_that_it_has_ended()
    {
        Assert.Equal(ExitCode.Success, sandbox.Train("--or-resume").ExitCode);
        var again = sandbox.Train("--or-resume");
        Assert.Equal(ExitCode.Success, again.ExitCode);
        Assert.Contains("has ended", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_run_left_that_never_began_makes_room_for_it()
    {
        Directory.CreateDirectory(sandbox.At("run"));
        sandbox.Write("run/config.yaml", "");
        sandbox.Write("run/metrics.jsonl", "");
        Assert.Equal(ExitCode.Success, sandbox.Train("--or-resume").ExitCode);
    }

    [Fact]
    public void Another_training_is_no_run_to_go_on_with()
    {
        sandbox.Train("--or-resume");
        var sentence = sandbox.Train("--or-resume", "--seed", "9").AssertRefused(ExitCode.WrongUsage);
        Assert.Contains("--seed is 9 here, but the run in", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_without_a_name_cannot_be_gone_on_with() =>
        Assert.Contains("--or-resume needs --run", sandbox.Run("train", "--or-resume").AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);

    [Fact]
    public void Who_trains_may_change_and_what_is_trained_stays()
    {
        var stored = TrainConfiguration.Default with { Epochs = 7, BatchSize = 16 };
        var over = RunThatIsThere.Over(stored, TrainConfiguration.Default with { Workers = 5, MaxLostSeconds = 2, Epochs = 7 }, "run");
        Assert.Equal(stored with { Workers = 5, MaxLostSeconds = 2 }, over);
    }
}
