using DistTrain.Learning.Optimization;
using DistTrain.Runtime.Recovery;
using DistTrain.Simulation;
using static DistTrain.Runtime.Tests.Recovery.CheckpointScene;

namespace DistTrain.Runtime.Tests.Recovery;

/// <summary>Which checkpoint is read, and which are kept.</summary>
public sealed class CheckpointStoreTests
{
    private readonly SimulatedDisk disk = new();

    [Theory]
    [InlineData(null)]
    [InlineData(60L)]
    [InlineData(120L)]
    public void What_is_saved_is_loaded_bit_for_bit(long? bestStep)
    {
        var drawn = Draw(120, bestStep: bestStep, score: 0.1);
        Assert.Null(Store(disk).Save(drawn));
        var (newest, refused) = Store(disk).Load();
        AssertSame(drawn, newest);
        Assert.Empty(refused);
        Assert.Equal(bestStep == 60, disk.List("checkpoints/step-000000120-i1").Contains("best.safetensors"));
    }

    [Fact]
    public void A_run_without_checkpoints_has_none()
    {
        var (newest, refused) = Store(disk).Load();
        Assert.Null(newest);
        Assert.Empty(refused);
    }

    [Fact]
    public void The_newest_is_by_step_and_then_by_incarnation()
    {
        foreach (var (step, incarnation) in new[] { (10, 1), (30, 1), (20, 2), (30, 2) })
        {
            Assert.Null(Store(disk).Save(Draw(step, incarnation)));
        }

        disk.MakeFolder("checkpoints/step-000000040-i9");
        disk.MakeFolder("checkpoints/step-50-i9");
        disk.Delete("checkpoints/step-000000030-i1");
        AssertSame(Draw(30, 2), Store(disk).Load().Newest);
    }

    [Fact]
    public void A_checkpoint_that_exists_is_not_written_again()
    {
        var store = Store(disk);
        Assert.Null(store.Save(Draw(10)));
        var used = disk.UsedBytes;
        disk.BeforeOperation = operation => Assert.NotEqual(DiskAction.Append, operation.Action);
        Assert.Null(store.Save(Draw(10)));
        Assert.Equal(used, disk.UsedBytes);
    }

    [Fact]
    public void The_newest_and_the_best_are_kept()
    {
        var store = new CheckpointStore(disk, Run, Layout, Optimizer) { Kept = 2, BestBy = MonitoredMetric.Parse("validation-loss") };
        double?[] scores = [0.9, 0.5, null, double.NaN, 0.7, 0.5, 0.6, 0.8];
        for (var i = 0; i < scores.Length; i++)
        {
            Assert.Null(store.Save(Draw(10 * (i + 1), score: scores[i])));
        }

        Assert.Equal(["step-000000060-i1", "step-000000070-i1", "step-000000080-i1"], disk.List("checkpoints"));
    }

    [Fact]
    public void For_an_accuracy_the_highest_is_the_best()
    {
        var store = new CheckpointStore(disk, Run, Layout, Optimizer) { Kept = 1, BestBy = MonitoredMetric.Parse("validation-accuracy") };
        foreach (var (step, score) in new[] { (10, 0.9), (20, 0.95), (30, 0.7), (40, 0.8) })
        {
            Assert.Null(store.Save(Draw(step, score: score)));
        }

        Assert.Equal(["step-000000020-i1", "step-000000040-i1"], disk.List("checkpoints"));
    }

    [Fact]
    public void Remains_of_others_are_removed_and_foreign_checkpoints_are_left_alone()
    {
        var foreign = new CheckpointStore(disk, Run with { Data = "others" }, Layout, Optimizer);
        Assert.Null(foreign.Save(Draw(5, 1)));
        disk.MakeFolder("checkpoints/step-000000003-i1");
        disk.TryCreate("checkpoints/step-000000003-i1/weights.safetensors");
        disk.MakeFolder("checkpoints/notes");
        Assert.Null(Store(disk, kept: 1).Save(Draw(10, 2)));
        Assert.Equal(["notes", "step-000000005-i1", "step-000000010-i2"], disk.List("checkpoints"));
    }

    [Fact]
    public void A_refused_checkpoint_does_not_count_as_one_that_is_kept()
    {
        var store = Store(disk, kept: 2);
        Assert.Null(store.Save(Draw(10)));
        Assert.Null(store.Save(Draw(20)));
        disk.Delete("checkpoints/step-000000020-i1/ledger.msgpack");
        AssertSame(Draw(10), store.Load().Newest);
        Assert.Null(store.Save(Draw(15, incarnation: 2)));
        Assert.Equal(["step-000000010-i1", "step-000000015-i2"], disk.List("checkpoints"));
    }

    [Fact]
    public void What_a_checkpoint_builds_upon_is_flushed_before_it_exists()
    {
        var flushes = 0;
        var store = new CheckpointStore(disk, Run, Layout, Optimizer)
        {
            FlushJournal = () =>
            {
                flushes++;
                Assert.DoesNotContain("manifest.json", disk.List("checkpoints/step-000000010-i1"));
                Assert.Contains("manifest.json.tmp", disk.List("checkpoints/step-000000010-i1"));
            },
        };
        Assert.Null(store.Save(Draw(10)));
        Assert.Equal(1, flushes);
    }

    [Fact]
    public void A_coordinator_that_was_superseded_makes_no_checkpoint()
    {
        var old = RunJournal.Open(disk);
        var store = new CheckpointStore(disk, Run, Layout, Optimizer) { FlushJournal = old.Flush };
        Assert.Null(store.Save(Draw(10)));
        RunJournal.Open(disk);
        Assert.Throws<SupersededException>(() => store.Save(Draw(20)));
        AssertSame(Draw(10), Store(disk).Load().Newest);
    }

    [Fact]
    public void A_full_disk_is_a_reason_and_the_checkpoint_before_stays_wherever_there_is_no_room()
    {
        var sizes = new SimulatedDisk();
        Store(sizes).Save(Draw(20, bestStep: 10));
        var refusals = 0;
        for (var room = 0L; room <= sizes.UsedBytes + 2; room += 7)
        {
            var full = new SimulatedDisk();
            var store = Store(full);
            Assert.Null(store.Save(Draw(10)));
            var before = full.UsedBytes;
            full.CapacityBytes = before + room;
            var failure = store.Save(Draw(20, bestStep: 10));
            if (failure is null)
            {
                AssertSame(Draw(20, bestStep: 10), Store(full).Load().Newest);
            }
            else
            {
                refusals++;
                Assert.Matches("^checkpoints/step-000000020-i1 cannot be written \\(No space left .*[^.]\\)$", failure);
                Assert.Equal(before, full.UsedBytes);
                Assert.Equal(["step-000000010-i1"], full.List("checkpoints"));
                AssertSame(Draw(10), Store(full).Load().Newest);
                full.CapacityBytes = long.MaxValue;
                Assert.Null(store.Save(Draw(20, bestStep: 10)));
            }
        }

        Assert.InRange(refusals, 100, int.MaxValue);
    }

    [Fact]
    public void Nothing_is_pruned_while_it_is_read()
    {
        var store = Store(disk, kept: 1);
        Assert.Null(store.Save(Draw(10)));
        using var isReading = new ManualResetEventSlim();
        using var isSaved = new ManualResetEventSlim();
        Thread? reader = null;
        disk.BeforeOperation = operation =>
        {
            // The load stands still within its checkpoint until the next one exists; only pruning is left of the save then.
            if (Thread.CurrentThread == reader && operation is { Action: DiskAction.Read, Name: "checkpoints/step-000000010-i1/weights.safetensors" })
            {
                isReading.Set();
                isSaved.Wait();
            }
            else if (operation is { Action: DiskAction.FlushFolder, Name: "checkpoints" })
            {
                isSaved.Set();
            }
        };
        LoadedCheckpoint? loaded = null;
        reader = new Thread(() => loaded = store.Load().Newest);
        reader.Start();
        isReading.Wait();
        Assert.Null(store.Save(Draw(20)));
        reader.Join();
        AssertSame(Draw(10), loaded);
        Assert.Equal(["step-000000020-i1"], disk.List("checkpoints"));
    }
}
