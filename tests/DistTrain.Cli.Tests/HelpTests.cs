using DistTrain.Cli.Configuration;
using DistTrain.Cli.Tests.Support;

namespace DistTrain.Cli.Tests;

public sealed class HelpTests : IDisposable
{
    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    [Fact]
    public void The_version_has_its_revision() => Assert.Equal("disttrain 9.8.7+0123456789abcdef0123456789abcdef01234567\n", sandbox.Run("--version").Output);

    [Theory]
    [InlineData("--help")]
    [InlineData("train --help")]
    [InlineData("train -h --epochs nonsense --no-such-flag")]
    [InlineData("evaluate --help")]
    [InlineData("predict -?")]
    [InlineData("inspect --help")]
    [InlineData("bench --help")]
    [InlineData("simulate --help")]
    [InlineData("export --help")]
    [InlineData("models --help")]
    [InlineData("report --help")]
    [InlineData("compare --help")]
    [InlineData("cluster --help")]
    [InlineData("cluster init --help")]
    [InlineData("worker --help")]
    [InlineData("node --help")]
    [InlineData("status --help")]
    [InlineData("health --help")]
    public void Help_has_examples_and_every_exit_code(string arguments)
    {
        var help = sandbox.Run(arguments.Split(' '));
        Assert.Equal(ExitCode.Success, help.ExitCode);
        Assert.Contains("\nExamples\n", help.Output, StringComparison.Ordinal);
        Assert.All(Enum.GetValues<ExitCode>(), code => Assert.Matches($"(?m)^ +{(int)code}  [a-z]", help.Output));
        Assert.All(help.OutputLines, line => Assert.InRange(line.Length, 0, 110));
    }

    [Fact]
    public void Help_for_train_has_every_setting_with_its_default()
    {
        // Long descriptions are broken into lines.
        var help = string.Join(' ', sandbox.Run("train", "--help").Output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
        Assert.All(ConfigurationKeys.All, key =>
            Assert.Contains($"{string.Join(", ", key.Flags)} {key.ValueName} {key.Description} [{ConfigurationWriter.ToText(key.Get(TrainConfiguration.Default))}]", help, StringComparison.Ordinal));
    }
}
