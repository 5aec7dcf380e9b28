namespace DistTrain.Architecture.Tests;

public class ArithmeticTests
{
    public static TheoryData<string> ProjectsWhereBitsMatter =>
    [
        .. Repository.Projects
            .Select(project => project.Name)
            .Where(name => name is "DistTrain.Learning" or "DistTrain.Actors" || name.StartsWith("DistTrain.Engines.", StringComparison.Ordinal)),
    ];

    [Theory]
    [MemberData(nameof(ProjectsWhereBitsMatter))]
    public void Nothing_whose_last_bits_depend_on_a_library_is_used(string name) =>
        Assert.Empty(ArithmeticRule.Violations(AssemblyUse.Read(Repository.Get(name).AssemblyPath)));

    /// <summary>This test project breaks the rule in <see cref="Offenders"/>; a rule that does not see it proves nothing.</summary>
    [Theory]
    [InlineData("System.Math.Exp")]
    [InlineData("System.Math.Pow")]
    [InlineData("System.MathF.Sin")]
    [InlineData("System.Double.Log")]
    [InlineData("System.Numerics.IExponentialFunctions.Exp")]
    [InlineData("System.Numerics.Vector.Sum")]
    [InlineData("System.Runtime.Intrinsics.Vector128.Sum")]
    [InlineData("System.Runtime.Intrinsics.Vector128.Exp")]
    [InlineData("System.MathF.ReciprocalEstimate")]
    public void The_rule_sees_what_it_forbids(string offence) => Assert.Contains(offence, ArithmeticRule.Violations(AssemblyUse.Read(typeof(ArithmeticTests).Assembly.Location)));

    [Theory]
    [InlineData("System.Math.Sqrt")]
    [InlineData("System.MathF.FusedMultiplyAdd")]
    [InlineData("System.Numerics.BitOperations.Log2")]
    public void The_rule_allows_what_is_exact(string use)
    {
        var assembly = AssemblyUse.Read(typeof(ArithmeticTests).Assembly.Location);
        Assert.Contains(use, assembly.Members.Select(member => member.ToString()));
        Assert.DoesNotContain(use, ArithmeticRule.Violations(assembly));
    }
}
