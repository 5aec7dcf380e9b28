using DistTrain.Cli.Tests.Support;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>Simulated runs with faults, by command.</summary>
public sealed class FaultsCommandTests : IDisposable
{
    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    [Fact]
    public void Runs_end_with_PASS_and_what_has_happened()
    {
        var result = sandbox.Run("simulate", "--runs", "3", "--seed", "5");
        Assert.Equal(ExitCode.Success, result.ExitCode);
        Assert.StartsWith("3 runs from seed 5 in ", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("\nPASS\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_are_one_JSON_object_for_machines()
    {
        var summary = Assert.Single(sandbox.Run("simulate", "--runs", "2", "--json").JsonLines);
        Assert.Equal((2, 0, true), (summary.GetProperty("runs").GetInt32(), summary.GetProperty("failed").GetInt32(), summary.GetProperty("passed").GetBoolean()));
        Assert.True(summary.GetProperty("faults").TryGetProperty("memberKilled", out _));
    }

    [Fact]
    public void A_seed_is_one_run_and_its_trace_goes_to_a_file()
    {
        var trace = Path.Combine(sandbox.Folder, "trace.txt");
        Assert.Equal(ExitCode.Success, sandbox.Run("simulate", "--seed", "7", "--trace", trace).ExitCode);
        Assert.Contains(File.ReadLines(trace), line => line.Contains("coordinator <- runtime: Started", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--runs", "0")]
    [InlineData("--seconds", "-1")]
    [InlineData("--seed", "none")]
    [InlineData("--trace", "/no/such/folder/trace.txt")]
    public void What_is_not_possible_is_refused(string flag, string value) => sandbox.Run("simulate", flag, value).AssertRefused(ExitCode.WrongUsage);

    [Fact]
    public void Faults_and_predictions_do_not_mix() => sandbox.Run("simulate", "--workers", "2", "--runs", "1").AssertRefused(ExitCode.WrongUsage);
}
