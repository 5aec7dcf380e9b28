using DistTrain.Simulation;
using static DistTrain.Runtime.Tests.Recovery.CheckpointScene;

namespace DistTrain.Runtime.Tests.Recovery;

/// <summary>The machine, or the process, dies before any single operation of saving: what was acknowledged is there, and nothing else is taken for a checkpoint.</summary>
public sealed class CheckpointCrashTests
{
    private const int Seeds = 25;

    /// <summary>Two are kept, so that the third save prunes.</summary>
    private const int Kept = 2;

    private static readonly DrawnCheckpoint[] Checkpoints = [Draw(10), Draw(20, bestStep: 10), Draw(30, bestStep: 30)];

    [Fact]
    public void No_crash_of_the_machine_loses_what_was_acknowledged_or_leaves_anything_broken()
    {
        var operations = Operations();
        Assert.InRange(operations, 60, 400);
        var newest = new SortedSet<long>();
        for (var cut = 0; cut <= operations; cut++)
        {
            for (ulong seed = 0; seed < Seeds; seed++)
            {
                var disk = new SimulatedDisk();
                var acknowledged = SaveUntil(disk, cut);
                Crash(disk, seed);
                newest.Add(AssertWhole(disk, acknowledged, $"operation {cut}, seed {seed}"));
            }
        }

        Assert.Equal([0, 10, 20, 30], newest);
    }

    [Fact]
    public void No_death_of_the_process_loses_what_was_acknowledged()
    {
        for (var cut = 0; cut <= Operations(); cut++)
        {
            var disk = new SimulatedDisk();
            AssertWhole(disk, SaveUntil(disk, cut), $"operation {cut}");
        }
    }

    [Fact]
    public void After_a_crash_saving_goes_on_and_tidies_up()
    {
        for (var cut = 0; cut <= Operations(); cut++)
        {
            var disk = new SimulatedDisk();
            SaveUntil(disk, cut);
            Crash(disk, (ulong)cut);
            var store = Store(disk, Kept);
            Assert.Null(store.Save(Draw(40, 2)));
            Assert.Null(store.Save(Draw(50, 2)));
            Assert.Equal(["step-000000040-i2", "step-000000050-i2"], disk.List("checkpoints"));
            Crash(disk, (ulong)cut + 1000);
            AssertSame(Draw(50, 2), Store(disk).Load().Newest);
        }
    }

    private static long Operations()
    {
        var disk = new SimulatedDisk();
        Assert.Equal(30, SaveUntil(disk, int.MaxValue));
        return disk.OperationCount;
    }

    /// <summary>The step of the last checkpoint that was acknowledged; 0 for none.</summary>
    private static long SaveUntil(SimulatedDisk disk, int operations)
    {
        disk.BeforeOperation = operation => _ = operation.Number >= operations ? throw new TimeoutException() : 0;
        var acknowledged = 0L;
        try
        {
            var store = Store(disk, Kept);
            foreach (var drawn in Checkpoints)
            {
                Assert.Null(store.Save(drawn));
                acknowledged = drawn.Checkpoint.Step.Value;
            }
        }
        catch (TimeoutException)
        {
        }

        disk.BeforeOperation = null;
        return acknowledged;
    }

    /// <summary>The step of the newest checkpoint: the one that was acknowledged last, or the one that was being saved.</summary>
    private static long AssertWhole(SimulatedDisk disk, long acknowledged, string where)
    {
        var (newest, refused) = Store(disk).Load();
        var step = newest?.Checkpoint.Step.Value ?? 0;
        Assert.True(refused.IsEmpty, $"{where}: {string.Join("; ", refused)}");
        Assert.True(step == acknowledged || step == acknowledged + 10, $"{where}: after step {acknowledged} was acknowledged, step {step} is the newest");
        if (newest is not null)
        {
            AssertSame(Checkpoints.Single(drawn => drawn.Checkpoint.Step.Value == step), newest);
        }

        return step;
    }
}
