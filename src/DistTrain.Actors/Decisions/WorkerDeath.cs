using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>What happens when a worker is gone.</summary>
/// <param name="AskTheServerAbout">Its open ranges of steps that are not committed: every shard says what of them has not arrived, and only that is computed again.</param>
/// <param name="BlocksToAssign">Evaluation blocks that it had and that nobody else has.</param>
public readonly record struct WorkerDeathDecision(ImmutableArray<OpenRange> AskTheServerAbout, ImmutableArray<WorkRange> BlocksToAssign, string Reason);

/// <summary>The answer to "what happens when a worker dies, or leaves": its open work goes to others, and nothing is lost.</summary>
public static class WorkerDeath
{
    /// <param name="definition">The run.</param>
    /// <param name="whatHappened">A sentence that goes on, such as <c>worker-2 is lost (killed)</c>.</param>
    /// <param name="openRanges">Everything that it had been assigned.</param>
    /// <param name="committed">The last committed step.</param>
    /// <param name="openBlocks">Evaluation blocks that it had been assigned and has not reported.</param>
    /// <param name="membersLeft">Workers that remain.</param>
    public static WorkerDeathDecision Decide(
        RunDefinition definition, string whatHappened, IEnumerable<OpenRange> openRanges, StepNumber committed, IEnumerable<WorkRange> openBlocks, int membersLeft)
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
        return new WorkerDeathDecision(open, blocks, $"{whatHappened}: {work}; {Left(definition, membersLeft)}");
    }

    private static string Left(RunDefinition definition, int count)
    {
        var wanted = definition.WorkerCount;
        return (count, count < wanted) switch
        {
            (0, _) => "no worker is left: training waits until one joins",
            (_, false) => $"{count} left",
            _ when definition.WaitsBelowWorkerCount => $"{count} of {wanted} left: training waits until there are {wanted} again",
            _ => $"{count} of {wanted} left",
        };
    }

    private static string Count(int count, string what, string plural) => $"{count} {what}{(count == 1 ? "" : plural)}";
}
