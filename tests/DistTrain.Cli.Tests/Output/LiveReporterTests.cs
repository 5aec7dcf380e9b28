using DistTrain.Cli.Tests.Support;

namespace DistTrain.Cli.Tests.Output;

public sealed class LiveReporterTests
{
    [Fact]
    public void A_terminal_gets_epochs_tables_and_a_cursor_that_is_shown_again()
    {
        using var sandbox = new Sandbox { IsTerminal = true };
        var outcome = sandbox.Train();
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.Contains("\u001b[", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(outcome.Output.LastIndexOf("\u001b[?25", StringComparison.Ordinal), outcome.Output.LastIndexOf("\u001b[?25h", StringComparison.Ordinal));
        Assert.Contains("1,438 of 1,438 samples, 0 duplicated, 0 lost", outcome.Output, StringComparison.Ordinal);
        Assert.Matches("(?m)^  weights +[0-9a-f]{64}$", outcome.Output);
        Assert.Contains($"\n  disttrain evaluate {sandbox.At("run")}\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("What was learned", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void NO_COLOR_leaves_out_colours()
    {
        using var sandbox = new Sandbox { IsTerminal = true };
        sandbox.Environment["NO_COLOR"] = "1";
        Assert.DoesNotMatch("\u001b\\[[0-9;]*(3[0-9]|9[0-7])m", sandbox.Train().Output);
    }

    [Fact]
    public void Json_stays_json_on_a_terminal()
    {
        using var sandbox = new Sandbox { IsTerminal = true };
        Assert.Equal(4, sandbox.Train("--json").JsonLines.Length);
    }
}
