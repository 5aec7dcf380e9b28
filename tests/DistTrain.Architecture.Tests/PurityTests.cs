namespace DistTrain.Architecture.Tests;

public class PurityTests
{
    [Fact]
    public void Actors_have_no_clock_no_task_no_lock_no_thread_and_no_random_generator() =>
        Assert.Empty(PurityRule.Violations(AssemblyUse.Read(Repository.Get("DistTrain.Actors").AssemblyPath)));

    /// <summary>This test project breaks the rule in <see cref="Offenders"/>; a rule that does not see it proves nothing.</summary>
    [Theory]
    [InlineData("System.Diagnostics.Stopwatch")]
    [InlineData("System.DateTime")]
    [InlineData("System.Random")]
    [InlineData("System.Threading.Tasks.Task")]
    [InlineData("System.Threading.Lock")]
    [InlineData("System.Threading.Monitor")]
    [InlineData("System.Threading.Thread")]
    [InlineData("System.Environment.get_TickCount64")]
    public void The_rule_sees_what_it_forbids(string offence) => Assert.Contains(offence, PurityRule.Violations(AssemblyUse.Read(typeof(PurityTests).Assembly.Location)));
}
