using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>What happens when a worker is gone.</summary>
/// <param name="AskTheServerAbout">Its open ranges of steps that are not committed: the server says what of them has not arrived, and only that is computed again.</param>
/// <param name="BlocksToAssign">Evaluation blocks that it had and that nobody else has.</param>
/// <param name="TrainingWaits">Nobody is left to go on.</param>
public readonly record struct WorkerDeathDecision(
    ImmutableArray<OpenRange> AskTheServerAbout, ImmutableArray<WorkRange> BlocksToAssign, bool TrainingWaits, string Reason);

/// <summary>The answer to "what happens when a worker dies": its open work goes to others, and nothing is lost.</summary>
public static class WorkerDeath
{
    /// <param name="worker">Who is gone.</param>
    /// <param name="cause">Why, as the runtime says it.</param>
    /// <param name="openRanges">Everything that it had been assigned.</param>
    /// <param name="committed">The last committed step.</param>
    /// <param name="openBlocks">Evaluation blocks that it had been assigned and has not reported.</param>
    /// <param name="membersLeft">Workers that remain.</param>
    public static WorkerDeathDecision Decide(
        WorkerId worker, string cause, IEnumerable<OpenRange> openRanges, StepNumber committed, IEnumerable<WorkRange> openBlocks, int membersLeft)
    {
        ImmutableArray<OpenRange> open = [.. openRanges.Where(range => range.Step > committed).OrderBy(range => range.Step).ThenBy(range => range.Range.First)];
        ImmutableArray<WorkRange> blocks = [.. openBlocks.OrderBy(range => range.First)];
        var openMicroBatches = Count(open.Sum(range => range.Range.Count), "open micro-batch", "es");
        var blocksToDo = Count(blocks.Sum(range => range.Count), "evaluation block", "s");
        var work = (open.Length, blocks.Length) switch
        {
            (0, 0) => "it had no open work",
            (_, 0) => $"others take over what the server misses of its {openMicroBatches}",
            (0, _) => $"others take over its {blocksToDo}",
            _ => $"others take over its {blocksToDo} and what the server misses of its {openMicroBatches}",
        };
        var left = membersLeft == 0 ? "no worker is left: training waits until one joins" : $"{membersLeft} left";
        return new WorkerDeathDecision(open, blocks, membersLeft == 0, $"{worker} is lost ({cause}): {work}; {left}");
    }

    private static string Count(int count, string what, string plural) => $"{count} {what}{(count == 1 ? "" : plural)}";
}
