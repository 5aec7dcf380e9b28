namespace DistTrain.Simulation.Tests;

/// <summary>
/// Whole runs as text, in <c>Traces/</c>. With the environment variable DISTTRAIN_REWRITE_TRACES set to 1 the expected traces are written anew; read the difference before it is committed.
/// </summary>
public class TraceTests
{
    public static TheoryData<string> Scripts => [.. Directory.EnumerateFiles(TracesFolder(), "*.txt").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_scenario_gives_its_trace(string file)
    {
        var path = Path.Combine(TracesFolder(), file);
        var script = ScenarioScript.Parse(File.ReadAllLines(path));
        var run = Checker.Run(script.Scenario, new SymbolicHost(script.Scenario.Definition) { Stages = script.Stages });
        Assert.NotNull(run.Result.Ending);
        if (Environment.GetEnvironmentVariable("DISTTRAIN_REWRITE_TRACES") == "1")
        {
            File.WriteAllText(path, string.Join('\n', script.With(run.Trace)) + "\n");
            return;
        }

        Assert.True(script.ExpectedTrace.SequenceEqual(run.Trace), $"{file}:\n{FirstDifference(script.ExpectedTrace, run.Trace)}");
    }

    private static string FirstDifference(IReadOnlyList<string> expected, IReadOnlyList<string> actual)
    {
        const int Before = 5;
        const int After = 10;
        var same = expected.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count();
        var common = expected.Skip(same - Math.Min(same, Before)).Take(Math.Min(same, Before)).Select(line => "  " + line);
        return string.Join('\n', [.. common, .. expected.Skip(same).Take(After).Select(line => "- " + line), .. actual.Skip(same).Take(After).Select(line => "+ " + line)]);
    }

    private static string TracesFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DistTrain.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? throw new InvalidOperationException("no DistTrain.sln above the tests"), "tests", "DistTrain.Simulation.Tests", "Traces");
    }
}
