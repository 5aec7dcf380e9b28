using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Runtime.Faults;

namespace DistTrain.Cli.Chaos;

/// <summary>PASS or FAIL, from nothing but facts.</summary>
public static class ChaosVerdict
{
    /// <summary>Steps are told of at most ten times a second, so that both ends of a time may be off by so much.</summary>
    public const double ResolutionSeconds = 0.2;

    /// <returns>Why it failed, one sentence each; empty for PASS.</returns>
    public static ImmutableArray<string> Reasons(ChaosFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return [.. Completeness(facts), .. facts.Rounds.SelectMany((round, i) => Sameness(facts.Reference, round, i + 1)), .. facts.Faults.SelectMany(fault => Cost(fault, facts.Bounds)), .. Work(facts), .. Spread(facts)];
    }

    private static IEnumerable<string> Completeness(ChaosFacts facts)
    {
        if (facts.GaveUp is { } reason)
        {
            yield return reason;
        }

        if (facts.Reference.Hash is null)
        {
            yield return "the undisturbed run did not end";
        }

        if (facts.Rounds.IsEmpty)
        {
            yield return "no training ended";
        }

        if (facts.Faults.Length < facts.Planned)
        {
            yield return $"{facts.Faults.Length} of {facts.Planned} faults were made";
        }
    }

    private static IEnumerable<string> Sameness(RunFacts reference, RoundFacts round, int number)
    {
        if (round.Outcome != "completed")
        {
            yield return $"round {number} ended as '{round.Outcome ?? "nothing that it told"}'";
        }

        if (round.Run.Hash != reference.Hash)
        {
            yield return $"round {number} ended in the weights {round.Run.Hash ?? "that nobody knows"}, but the undisturbed run in {reference.Hash}";
        }

        foreach (var sentence in DifferentEpochs(reference.Epochs, round.Run.Epochs, number))
        {
            yield return sentence;
        }

        foreach (var epoch in round.Run.Epochs.Where(epoch => epoch.Duplicated != 0 || epoch.Lost != 0 || epoch.Samples != epoch.ExpectedSamples))
        {
            yield return $"round {number}, epoch {epoch.Epoch}: {epoch.Samples} of {epoch.ExpectedSamples} samples, {epoch.Duplicated} duplicated, {epoch.Lost} lost";
        }
    }

    private static IEnumerable<string> DifferentEpochs(ImmutableArray<EpochFacts> expected, ImmutableArray<EpochFacts> actual, int number)
    {
        foreach (var epoch in actual.GroupBy(epoch => epoch.Epoch).Where(group => group.Count() > 1))
        {
            yield return $"round {number} announced epoch {epoch.Key} {epoch.Count()} times";
        }

        var byNumber = actual.GroupBy(epoch => epoch.Epoch).ToDictionary(group => group.Key, group => group.First());
        foreach (var epoch in expected)
        {
            if (!byNumber.TryGetValue(epoch.Epoch, out var other))
            {
                yield return $"round {number} never announced epoch {epoch.Epoch}";
            }
            else if (other.Report != epoch.Report)
            {
                yield return $"round {number} reported epoch {epoch.Epoch} as {other.Report}, but the undisturbed run as {epoch.Report}";
            }
        }

        foreach (var surplus in byNumber.Keys.Except(expected.Select(epoch => epoch.Epoch)).Order())
        {
            yield return $"round {number} announced epoch {surplus}, which the undisturbed run does not have";
        }
    }

    private static IEnumerable<string> Cost(FaultFacts fault, ChaosBounds bounds)
    {
        foreach (var back in fault.Returns)
        {
            if (back.LostSeconds > bounds.LostSeconds + ResolutionSeconds)
            {
                yield return Sentence(fault, $"{back.LostSeconds:F1} s of training were thrown away, and {bounds.LostSeconds:G4} s are the most");
            }

            if (back.Replayed > back.Allowed)
            {
                yield return Sentence(fault, $"{back.Replayed} steps were made again from step {back.From} on, but there was a checkpoint after step {back.NewestCheckpoint}: {back.Allowed} are the most");
            }
        }

        var most = bounds.LostSeconds + bounds.RestartSeconds + fault.LastedSeconds;
        if (fault.RecoverySeconds is not { } recovery)
        {
            yield return Sentence(fault, $"no further step was made");
        }
        else if (recovery > most)
        {
            yield return Sentence(fault, $"it took {recovery:F1} s until training was further than before, and {most:F1} s are the most");
        }
    }

    /// <summary>Counted by what was told of, whichever fault it may have been made again for.</summary>
    private static IEnumerable<string> Work(ChaosFacts facts)
    {
        var (steps, computed) = (facts.Rounds.Sum(round => round.Steps), facts.Rounds.Sum(round => round.Computed));
        var allowed = facts.Faults.Sum(fault => fault.Returns.Sum(back => back.Allowed));
        if (computed > steps + allowed)
        {
            yield return $"{computed} steps were made, but the trainings have {steps}, and {allowed} could be made again";
        }
    }

    private static IEnumerable<string> Spread(ChaosFacts facts) =>
        from phase in facts.Required
        let seen = facts.Faults.Count(fault => fault.Died == phase.Key)
        where seen < phase.Value
        select $"{seen} faults came at '{FaultPointText.NameOf(phase.Key)}', and {phase.Value} are wanted";

    private static string Sentence(FaultFacts fault, FormattableString what) =>
        string.Create(CultureInfo.InvariantCulture, $"fault {fault.Plan.Number} ({fault.Whom}, {fault.At:F1} s): {what.ToString(CultureInfo.InvariantCulture)}");
}
