namespace DistTrain.Architecture.Tests;

/// <summary>Which room may use which: the table of the design. Whoever adds a project adds a row, and so decides what it may use.</summary>
public class DependencyTests
{
    private const string Everything = "*";
    private const string AkkaRoom = "DistTrain.Runtime.Akka";

    private static readonly SortedDictionary<string, string[]> MayUse = new(StringComparer.Ordinal)
    {
        ["DistTrain.Learning"] = [],
        ["DistTrain.Engines.Simd"] = ["DistTrain.Learning"],
        ["DistTrain.Engines.Gpu"] = ["DistTrain.Learning"],
        ["DistTrain.Data"] = ["DistTrain.Learning"],
        ["DistTrain.Actors"] = ["DistTrain.Learning"],
        ["DistTrain.Runtime"] = ["DistTrain.Actors", "DistTrain.Learning"],
        [AkkaRoom] = ["DistTrain.Runtime", "DistTrain.Actors", "DistTrain.Learning"],
        ["DistTrain.Simulation"] = ["DistTrain.Actors", "DistTrain.Runtime", "DistTrain.Learning"],
        ["DistTrain.Study"] = ["DistTrain.Learning"],
        ["DistTrain.Cli"] = [Everything],
    };

    /// <summary>Actors know how a step is cut, ordered and scheduled and what counts mean, and nothing of models, data or engines.</summary>
    private static readonly string[] LearningForActors =
    [
        "DistTrain.Learning.Optimization", "DistTrain.Learning.Sampling", "DistTrain.Learning.Reduction", "DistTrain.Learning.Metrics", "DistTrain.Learning.Diagnostics",
    ];

    public static TheoryData<string> ProjectNames => [.. Repository.Projects.Select(project => project.Name)];

    [Theory]
    [MemberData(nameof(ProjectNames))]
    public void A_project_is_in_the_table_and_uses_only_what_its_row_allows(string name)
    {
        Assert.True(MayUse.TryGetValue(name, out var allowed), $"{name} has no row in the table of dependencies: decide what it may use, here and in the design");
        if (allowed.Contains(Everything))
        {
            return;
        }

        var project = Repository.Get(name);
        var used = AssemblyUse.Read(project.AssemblyPath).Assemblies.Where(IsOurs);
        Assert.Empty(used.Union(project.References).Except(allowed));
    }

    [Theory]
    [MemberData(nameof(ProjectNames))]
    public void Types_of_Akka_are_used_in_the_room_for_them_and_nowhere_else(string name)
    {
        var used = AssemblyUse.Read(Repository.Get(name).AssemblyPath).Assemblies.Where(IsAkkas);
        if (name == AkkaRoom)
        {
            // Without -p:Akka=true it is empty.
            Assert.All(used, assembly => Assert.StartsWith("Akka", assembly, StringComparison.Ordinal));
        }
        else
        {
            Assert.Empty(used);
        }
    }

    [Fact]
    public void Actors_use_only_schedules_sampling_metrics_diagnoses_and_the_reduction_tree_of_the_learning_room()
    {
        var used = AssemblyUse.Read(Repository.Get("DistTrain.Actors").AssemblyPath).Types.Where(type => IsOurs(type.Assembly)).ToList();
        Assert.NotEmpty(used);
        Assert.DoesNotContain(used, type => !LearningForActors.Contains(type.Namespace) && type.FullName != "DistTrain.Learning.InvalidInputException");
    }

    /// <summary>Akka.NET, and what it brings for its own use.</summary>
    private static bool IsAkkas(string assembly) =>
        assembly == "Akka" || assembly.StartsWith("Akka.", StringComparison.Ordinal) || assembly.StartsWith("DotNetty.", StringComparison.Ordinal) || assembly == "Newtonsoft.Json";

    private static bool IsOurs(string assembly) => assembly.StartsWith("DistTrain.", StringComparison.Ordinal) || assembly == "disttrain";
}
