using DistTrain.Cli.Tests.Support;

namespace DistTrain.Cli.Tests.Commands;

public sealed class ClusterInitCommandTests : IDisposable
{
    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    [Fact]
    public void What_is_made_is_explained_and_the_next_commands_named()
    {
        var outcome = sandbox.Run("cluster", "init", sandbox.At("cluster"));
        Assert.Equal((ExitCode.Success, ""), (outcome.ExitCode, outcome.Error));
        Assert.All(Directory.GetFiles(sandbox.At("cluster")), file => Assert.Contains(file, outcome.Output, StringComparison.Ordinal));
        Assert.Equal(5, Directory.GetFiles(sandbox.At("cluster")).Length);
        Assert.Contains($"disttrain worker --join HOST:7000 --cluster-folder {sandbox.At("cluster")}", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(File.ReadAllText(Path.Combine(sandbox.At("cluster"), "secret")).Trim(), outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Credentials_that_are_there_are_replaced_only_when_that_is_said()
    {
        string Secret() => File.ReadAllText(Path.Combine(sandbox.At("cluster"), "secret"));
        string[] init = ["cluster", "init", sandbox.At("cluster")];
        sandbox.Run(init);
        var first = Secret();
        Assert.Contains("--force", sandbox.Run(init).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
        Assert.Contains("nothing was changed", sandbox.Run([.. init, "--if-missing"]).Output, StringComparison.Ordinal);
        Assert.False(Assert.Single(sandbox.Run([.. init, "--if-missing", "--json"]).JsonLines).GetProperty("new").GetBoolean());
        Assert.Equal(first, Secret());
        Assert.True(Assert.Single(sandbox.Run([.. init, "--force", "--json"]).JsonLines).GetProperty("new").GetBoolean());
        Assert.NotEqual(first, Secret());
    }

    [Fact]
    public void Damaged_credentials_are_not_taken_for_good()
    {
        sandbox.Run("cluster", "init", sandbox.At("cluster"));
        File.WriteAllText(Path.Combine(sandbox.At("cluster"), "node.pem"), "no certificate");
        Assert.Contains("is damaged", sandbox.Run("cluster", "init", sandbox.At("cluster"), "--if-missing").AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
        Assert.Contains("is damaged", sandbox.Train("--listen", "127.0.0.1:0", "--cluster-folder", sandbox.At("cluster")).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
    }

    [Fact]
    public void A_place_where_nothing_can_be_written_is_named() =>
        Assert.Contains("it is a file", sandbox.Run("cluster", "init", sandbox.Write("cluster", "")).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);

    [Fact]
    public void A_wrong_word_is_answered_with_the_right_one() =>
        Assert.Contains("unknown command 'innit' (did you mean 'init'?): see 'disttrain cluster --help'", sandbox.Run("cluster", "innit").AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
}
