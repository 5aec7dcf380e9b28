using System.Globalization;
using DistTrain.Simulation.Faults.Checks;

namespace DistTrain.Simulation.Faults;

/// <summary>Those who watch a run: the checks, and who writes the trace.</summary>
/// <param name="checks">Each sees everything.</param>
/// <param name="trace">Takes the trace line by line; null for none.</param>
internal sealed class RunWatch(IReadOnlyList<RunCheck> checks, Action<string>? trace)
{
    public void Stepped(SimulatedProcess process, Delivery delivery)
    {
        if (trace is not null)
        {
            foreach (var line in TraceText.Lines(delivery))
            {
                trace(line[0] == ' ' ? line : $"{process.Name,-14} {line}");
            }
        }

        Observe(new ActorStepped(process.Life, delivery));
    }

    public void Observe(Observation observation)
    {
        foreach (var check in checks)
        {
            check.Observe(observation);
        }
    }

    public void Note(long now, SimulatedProcess? process, string sentence) =>
        trace?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{process?.Name ?? "",-14} {now / 1000.0:0.000} ms  * {sentence}"));

    public void End()
    {
        foreach (var check in checks)
        {
            check.End();
        }
    }
}
