using DistTrain.Cli.Tests.Support;

namespace DistTrain.Cli.Tests.Commands;

public sealed class ReportCommandTests : IDisposable
{
    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    [Fact]
    public void Every_run_ends_with_its_report_which_can_be_made_again()
    {
        sandbox.Train();
        var page = File.ReadAllText(sandbox.At("run/report.html"));
        Assert.Contains("Test accuracy", page, StringComparison.Ordinal);
        Assert.Contains("Which class was taken for which", page, StringComparison.Ordinal);
        Assert.Contains("1,438 of 1,438 samples, 0 duplicated, 0 lost", page, StringComparison.Ordinal);
        File.Delete(sandbox.At("run/report.html"));
        Assert.Equal($"written to {sandbox.At("run/report.html")}\n", sandbox.Run("report", sandbox.At("run")).Output);
        Assert.Equal(page, File.ReadAllText(sandbox.At("run/report.html")));
    }

    [Fact]
    public void A_run_without_weights_has_a_report_of_what_there_is()
    {
        sandbox.Train();
        File.Delete(sandbox.At("run/model.safetensors"));
        var outcome = sandbox.Run("report", sandbox.At("run"), "--out", sandbox.At("page.html"), "--json");
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.Contains("model.safetensors", outcome.JsonLines[0].GetProperty("withoutConfusions").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Which class was taken for which", File.ReadAllText(sandbox.At("page.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_are_compared_in_groups_of_seeds()
    {
        foreach (var (name, seed, rate) in ((string, string, string)[])[("a1", "1", "0.05"), ("a2", "2", "0.05"), ("b1", "1", "0.0001"), ("b2", "2", "0.0001")])
        {
            Assert.Equal(ExitCode.Success, sandbox.Run("train", "--epochs", "2", "--model", "mlp:16", "--run", sandbox.At(name), "--seed", seed, "--learning-rate", rate).ExitCode);
        }

        string[] runs = [sandbox.At("a1"), sandbox.At("a2"), sandbox.At("b1"), sandbox.At("b2")];
        var text = sandbox.Run(["compare", .. runs, "--out", sandbox.At("page.html")]);
        Assert.Contains("A: learning rate 0.05", text.Output, StringComparison.Ordinal);
        Assert.Contains($"drawn in {sandbox.At("page.html")}", text.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(text.Output.Split('\n'), line => line.EndsWith(' ') || line.Contains('\u00a0', StringComparison.Ordinal));
        var page = File.ReadAllText(sandbox.At("page.html"));
        Assert.Contains("Means over seeds", page, StringComparison.Ordinal);

        var lines = sandbox.Run(["compare", .. runs, "--json"]).JsonLines;
        Assert.Equal(["group", "group"], lines[..2].Select(line => line.GetProperty("event").GetString()));
        Assert.Equal("0.0001", lines[1].GetProperty("differences").GetProperty("learningRate").GetString());
        var accuracy = lines[0].GetProperty("figures")[0];
        Assert.Equal("testAccuracy", accuracy.GetProperty("name").GetString());
        Assert.Equal(2, accuracy.GetProperty("runs").GetInt32());
        Assert.InRange(accuracy.GetProperty("mean").GetDouble(), accuracy.GetProperty("lower").GetDouble(), accuracy.GetProperty("upper").GetDouble());
    }

    [Theory]
    [InlineData("report nowhere", ExitCode.RunDirectory, "no run directory nowhere")]
    [InlineData("compare nowhere", ExitCode.RunDirectory, "no run directory nowhere")]
    [InlineData("compare .", ExitCode.RunDirectory, "no metrics.jsonl")]
    [InlineData("compare", ExitCode.WrongUsage, "RUN")]
    [InlineData("report", ExitCode.WrongUsage, "RUN")]
    [InlineData("compare nowhere --out /nowhere/at/all.html", ExitCode.WrongUsage, "no folder")]
    public void What_cannot_be_shown_is_refused_in_a_sentence(string arguments, ExitCode code, string expected) =>
        Assert.Contains(expected, sandbox.Run(arguments.Split(' ')).AssertRefused(code), StringComparison.Ordinal);
}
