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
        var microBatches = open.Sum(range => range.Range.Count);
        var work = (microBatches, blocks.Length) switch
        {
            (0, 0) => "it had no open work",
            (_, 0) => $"its {microBatches} open micro-batches go to others, as far as the server misses them",
            (0, _) => $"its {blocks.Sum(range => range.Count)} open evaluation blocks go to others",
            _ => $"its {microBatches} open micro-batches, as far as the server misses them, and {blocks.Sum(range => range.Count)} evaluation blocks go to others",
        };
        var left = membersLeft == 0 ? "no worker is left: training waits until one joins" : $"{membersLeft} left";
        return new WorkerDeathDecision(open, blocks, membersLeft == 0, $"{worker} is lost ({cause}): {work}; {left}");
    }
}
