using System.Globalization;
using DistTrain.Actors;

namespace DistTrain.Simulation.Tests;

/// <summary>An update as a shard made it.</summary>
internal sealed record AppliedStep(MiniBatch MiniBatch, string Sum, double LearningRate);

/// <summary>An update under way: what has been exchanged so far stands in <see cref="Norms"/>.</summary>
internal sealed record SymbolicUpdate(ReduceAndUpdate Effect, SymbolicPart Old, string Sum)
{
    public List<string> Norms { get; } = [];
}

/// <summary>What a shard remembers beside the weights: its optimizer's state by chunk, and every update that it made.</summary>
internal sealed class SymbolicShard(Dictionary<int, string> optimizer, List<AppliedStep>? applied = null)
{
    private readonly List<AppliedStep> applied = applied ?? [];

    public IReadOnlyDictionary<int, string> Optimizer => optimizer;

    public IReadOnlyList<AppliedStep> Applied => applied;

    /// <summary>Null while nothing is being applied.</summary>
    public SymbolicUpdate? Running { get; private set; }

    public static string Digest(string text) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    public void Begin(SymbolicUpdate update)
    {
        if (Running is not null)
        {
            throw new InvalidOperationException($"{update.Effect.Shard} begins step {update.Effect.MiniBatch.Step} before another has ended");
        }

        Running = update;
    }

    public void Abandon(StepNumber step)
    {
        if (Running?.Effect.MiniBatch.Step != step)
        {
            throw new InvalidOperationException($"step {step} is abandoned, but is not under way");
        }

        Running = null;
    }

    /// <summary>Ends the update that is under way.</summary>
    /// <returns>The new chunks.</returns>
    public Dictionary<int, string> Complete(SymbolicUpdate update)
    {
        Running = null;
        var batch = update.Effect.MiniBatch;
        var rate = update.Effect.LearningRate.ToString("R", CultureInfo.InvariantCulture);
        applied.Add(new AppliedStep(batch, update.Sum, update.Effect.LearningRate));
        var made = new Dictionary<int, string>();
        foreach (var (chunk, old) in update.Old.Chunks)
        {
            optimizer[chunk] = Digest($"{optimizer[chunk]} {update.Sum} of {batch}");
            made[chunk] = Digest($"{old} - {rate} {optimizer[chunk]} by {string.Join('|', update.Norms)}");
        }

        return made;
    }
}
