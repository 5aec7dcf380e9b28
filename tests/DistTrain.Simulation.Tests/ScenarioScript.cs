using System.Globalization;
using DistTrain.Actors;

namespace DistTrain.Simulation.Tests;

/// <summary>
/// A scenario as text, with the trace that it must give below a line of dashes:
/// <code>
/// # What it shows.
/// seed 1
/// samples 20   batch 8   micro-batches 4   epochs 1   tests 6   block 4
/// worker 0 takes 10
/// worker 1 dies at 30
/// worker 1 leaves at 30
/// node 10 starts at 0
/// node 10 leaves at 30
/// stop at 40
/// ----
/// 0.000 ms  coordinator &lt;- runtime: Started
/// </code>
/// <c>shards 3</c>, <c>stages 1</c>, <c>checkpoint-steps 2</c> and <c>placement servers</c> may stand among the settings; a node that "starts" holds shards only, and may die. A worker that "takes 10" needs 10 microseconds a sample and starts with the run; one that "takes 10 from 30" starts at delivery 30.
/// </summary>
internal sealed class ScenarioScript
{
    private const string Separator = "----";
    private readonly Dictionary<string, int> settings = [];
    private readonly List<SimulatedWorker> workers = [];
    private readonly List<Incident> incidents = [];
    private ShardPlacement placement;

    private ScenarioScript(IReadOnlyList<string> script, IReadOnlyList<string> expectedTrace)
    {
        Script = script;
        ExpectedTrace = expectedTrace;
        foreach (var line in script.Where(line => line.Length > 0 && line[0] != '#'))
        {
            Read(line, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    public IReadOnlyList<string> Script { get; }

    public IReadOnlyList<string> ExpectedTrace { get; }

    public Scenario Scenario => new()
    {
        Definition = Checker.Definition(settings["samples"], settings["batch"], settings["micro-batches"], settings["epochs"], workers.Count, settings["tests"]) with
        {
            EvaluationBlockSize = settings["block"],
            ShardCount = settings.GetValueOrDefault("shards", 1),
            Placement = placement,
            Checkpoints = settings.TryGetValue("checkpoint-steps", out var steps) ? new CheckpointPolicy { EverySteps = steps } : null,
        },
        Workers = [.. workers],
        Incidents = [.. incidents],
        Seed = (ulong)settings["seed"],
    };

    /// <summary>Exchanges of sums between shards in each update.</summary>
    public int Stages => settings.GetValueOrDefault("stages");

    public static ScenarioScript Parse(IReadOnlyList<string> lines)
    {
        var separator = lines.ToList().IndexOf(Separator);
        return separator < 0 ? new ScenarioScript(lines, []) : new ScenarioScript([.. lines.Take(separator)], [.. lines.Skip(separator + 1)]);
    }

    public IEnumerable<string> With(IEnumerable<string> trace) => [.. Script, Separator, .. trace];

    private void Read(string line, string[] words)
    {
        switch (words)
        {
            case ["worker", var id, "takes", var microseconds]:
                workers.Add(new SimulatedWorker(new WorkerId(Number(id)), Number(microseconds)));
                break;
            case ["worker", var id, "takes", var microseconds, "from", var at]:
                incidents.Add(new WorkerStarts(Number(at), new SimulatedWorker(new WorkerId(Number(id)), Number(microseconds))));
                break;
            case ["worker", var id, "dies", "at", var at]:
                incidents.Add(new WorkerDies(Number(at), new WorkerId(Number(id))));
                break;
            case ["worker", var id, "leaves", "at", var at]:
                incidents.Add(new WorkerIsAskedToLeave(Number(at), new WorkerId(Number(id))));
                break;
            case ["node", var id, "starts", "at", var at]:
                incidents.Add(new ServerNodeStarts(Number(at), new NodeId(Number(id))));
                break;
            case ["node", var id, "leaves", "at", var at]:
                incidents.Add(new NodeIsAskedToLeave(Number(at), new NodeId(Number(id))));
                break;
            case ["node", var id, "dies", "at", var at]:
                incidents.Add(new NodeDies(Number(at), new NodeId(Number(id))));
                break;
            case ["placement", var name]:
                placement = Enum.Parse<ShardPlacement>(name, ignoreCase: true);
                break;
            case ["stop", "at", var at]:
                incidents.Add(new StopIsRequested(Number(at)));
                break;
            case { Length: > 0 } when words.Length % 2 == 0:
                for (var i = 0; i < words.Length; i += 2)
                {
                    settings[words[i]] = Number(words[i + 1]);
                }

                break;
            default:
                throw new FormatException($"not a line of a scenario: {line}");
        }
    }

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}
