using System.Collections.Immutable;
using System.Text.Json;
using DistTrain.Cli.Output;
using DistTrain.Runtime.Faults;

namespace DistTrain.Cli.Chaos;

/// <summary>The same as JSON, an object a line: <c>chaos</c>, <c>undisturbed</c>, <c>training</c>, <c>fault</c>, <c>incident</c>, <c>trained</c> and <c>verdict</c>.</summary>
internal sealed class ChaosJsonReport(TextWriter output) : IChaosReport
{
    public void Begin(ChaosRequest request, ImmutableArray<PlannedFault> planned, string folder) => Write("chaos", json =>
    {
        json.WriteNumber("seed", request.Configuration.Seed);
        json.WriteNumber("kills", request.Kills);
        json.WriteNumber("faults", planned.Length);
        json.WriteNumber("workers", request.Configuration.Workers);
        json.WriteNumber("servers", request.Servers);
        json.WriteNumber("shards", request.Shards);
        json.WriteFinite("maxLostSeconds", request.MaxLostSeconds);
        json.WriteFinite("restartSeconds", request.RestartSeconds);
        json.WriteFinite("giveUpSeconds", request.GiveUpSeconds);
        json.WriteString("folder", folder);
    });

    public void ReferenceEnded(RunFacts reference, int workers, double seconds) => Write("undisturbed", json =>
    {
        json.WriteNumber("workers", workers);
        json.WriteNumber("epochs", reference.Epochs.Length);
        json.WriteFinite("seconds", seconds);
        json.WriteString("weightsHash", reference.Hash);
    });

    public void RoundBegins(int number, double at) => Write("training", json =>
    {
        json.WriteNumber("number", number);
        json.WriteFinite("at", at);
    });

    public void Made(FaultFacts fault) => Write("fault", json =>
    {
        json.WriteNumber("number", fault.Plan.Number);
        json.WriteFinite("at", fault.At);
        json.WriteString("what", Word(fault.Plan.Kind));
        json.WriteString("role", Word(fault.Plan.Role));
        json.WriteString("whom", fault.Whom);
        json.WriteString("point", fault.Died is { } point ? FaultPointText.NameOf(point) : null);
        json.WriteFinite("lastedSeconds", fault.LastedSeconds);
        json.WriteNumber("step", fault.Step);
        json.WriteObjects("returns", fault.Returns, back =>
        {
            json.WriteNumber("fromStep", back.From);
            json.WriteNumber("replayedSteps", back.Replayed);
            json.WriteNumber("allowedSteps", back.Allowed);
            json.WriteFinite("lostSeconds", back.LostSeconds);
        });
        json.WriteFinite("recoverySeconds", fault.RecoverySeconds);
        json.WriteString("effect", fault.Effect);
    });

    public void Incident(double at, string sentence) => Write("incident", json =>
    {
        json.WriteFinite("at", at);
        json.WriteString("sentence", sentence);
    });

    public void RoundEnded(int number, RoundFacts round, double at) => Write("trained", json =>
    {
        json.WriteNumber("number", number);
        json.WriteFinite("at", at);
        json.WriteString("outcome", round.Outcome);
        json.WriteNumber("epochs", round.Run.Epochs.Length);
        json.WriteNumber("steps", round.Steps);
        json.WriteNumber("computedSteps", round.Computed);
        json.WriteString("weightsHash", round.Run.Hash);
    });

    public void End(ChaosFacts facts, ImmutableArray<string> reasons, double seconds) => Write("verdict", json =>
    {
        json.WriteString("verdict", reasons.IsEmpty ? "PASS" : "FAIL");
        json.WriteNumber("faults", facts.Faults.Length);
        json.WriteNumber("trainings", facts.Rounds.Length);
        json.WriteFinite("seconds", seconds);
        json.WriteFinite("worstLostSeconds", facts.Faults.Select(fault => fault.LostSeconds).DefaultIfEmpty().Max());
        json.WriteFinite("worstRecoverySeconds", facts.Faults.Select(fault => fault.RecoverySeconds ?? 0).DefaultIfEmpty().Max());
        json.WriteStartArray("reasons");
        foreach (var reason in reasons)
        {
            json.WriteStringValue(reason);
        }

        json.WriteEndArray();
    });

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private void Write(string name, Action<Utf8JsonWriter> content)
    {
        output.WriteLine(JsonEvents.Line(name, content));
        output.Flush();
    }
}
