using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Numerics;
using DistTrain.Runtime.Recovery;
using DistTrain.Simulation;

namespace DistTrain.Runtime.Tests.Recovery;

public sealed class RunJournalTests
{
    private readonly SimulatedDisk disk = new();

    [Fact]
    public void The_first_coordinator_of_a_run_finds_nothing()
    {
        var journal = RunJournal.Open(disk);
        Assert.Equal(new Term(1), journal.Term);
        Assert.Equal(JournalPast.None, journal.Past);
    }

    [Fact]
    public void The_next_coordinator_knows_what_those_before_it_wrote()
    {
        var first = RunJournal.Open(disk);
        first.Append(Incarnation(1));
        first.Append(Epoch(1, "a"));
        first.Append(Epoch(2, "b"));
        var second = RunJournal.Open(disk);
        second.Append(Incarnation(2));
        second.Append(Epoch(3, "c"));
        second.Append(new CheckpointRecorded(new StepNumber(30)));
        second.Append(new RunEndRecorded(RunOutcome.Cancelled, new StepNumber(31), "d"));
        var third = RunJournal.Open(disk);
        Assert.Equal(new Term(3), third.Term);
        Assert.Equal(new Incarnation(2), third.Past.LastIncarnation);
        Assert.Equal(["a", "b", "c"], third.Past.Epochs.Values.Select(report => report.WeightsHash));
        Assert.Equal(new StepNumber(31), third.Past.Ending?.LastStep);
        Assert.Equal(second.Past.Epochs.Keys, third.Past.Epochs.Keys);
    }

    [Fact]
    public void A_coordinator_that_was_superseded_writes_nothing_more()
    {
        var old = RunJournal.Open(disk);
        old.Append(Incarnation(1));
        _ = RunJournal.Open(disk);
        var used = disk.UsedBytes;
        var sentence = Assert.Throws<SupersededException>(() => old.Append(Incarnation(2))).Message;
        Assert.Equal("another coordinator has taken the run over (term 2; this one's is 1), so this one ends", sentence);
        Assert.Throws<SupersededException>(old.Flush);
        Assert.Equal(used, disk.UsedBytes);
    }

    /// <summary>Whenever the other one comes, between any two operations: an entry that took effect is known to it, or the entry's writer is told.</summary>
    [Fact]
    public void No_entry_takes_effect_that_the_next_coordinator_does_not_know()
    {
        var outcomes = new HashSet<bool>();
        for (var cut = 0L; cut < 10; cut++)
        {
            var shared = new SimulatedDisk();
            var old = RunJournal.Open(shared);
            RunJournal? next = null;
            var first = shared.OperationCount;
            shared.BeforeOperation = operation =>
            {
                if (operation.Number == first + cut)
                {
                    shared.BeforeOperation = null;
                    next = RunJournal.Open(shared);
                }
            };
            var tookEffect = true;
            try
            {
                old.Append(Incarnation(1));
            }
            catch (SupersededException)
            {
                tookEffect = false;
            }

            outcomes.Add(tookEffect);
            shared.BeforeOperation = null;
            next ??= RunJournal.Open(shared);
            Assert.True(!tookEffect || next.Past.LastIncarnation == new Incarnation(1));
        }

        Assert.Equal(2, outcomes.Count);
    }

    [Fact]
    public void Of_two_that_open_at_once_the_later_term_goes_on()
    {
        RunJournal? other = null;
        disk.BeforeOperation = operation =>
        {
            if (operation.Action == DiskAction.Create)
            {
                disk.BeforeOperation = null;
                other = RunJournal.Open(disk);
            }
        };
        var one = RunJournal.Open(disk);
        Assert.Equal((new Term(2), new Term(1)), (one.Term, other!.Term));
        one.Append(Incarnation(1));
        Assert.Throws<SupersededException>(() => other.Append(Incarnation(1)));
    }

    [Fact]
    public void What_must_not_be_lost_is_flushed_and_no_crash_makes_a_journal_unreadable()
    {
        var lostEpochs = 0;
        for (ulong seed = 0; seed < 300; seed++)
        {
            var crashing = new SimulatedDisk();
            var journal = RunJournal.Open(crashing);
            journal.Append(Incarnation(1));
            journal.Append(Epoch(1, "a"));
            journal.Append(new CheckpointRecorded(new StepNumber(10)));
            journal.Append(Epoch(2, "b"));
            journal.Append(new MembersChanged([new WorkerId(1)], "worker-2 left"));
            journal.Append(Epoch(3, "c"));
            Crash(crashing, seed);
            var next = RunJournal.Open(crashing);
            Assert.Equal(new Term(2), next.Term);
            Assert.Equal(new Incarnation(1), next.Past.LastIncarnation);
            Assert.Contains(1, next.Past.Epochs.Keys);
            lostEpochs += 3 - next.Past.Epochs.Count;
            next.Append(Incarnation(2));
            Crash(crashing, seed + 1000);
            var last = RunJournal.Open(crashing);
            Assert.Equal(new Incarnation(2), last.Past.LastIncarnation);
            Assert.Equal(next.Past.Epochs.Keys, last.Past.Epochs.Keys);
        }

        Assert.InRange(lostEpochs, 1, 599);
    }

    [Fact]
    public void A_crash_between_any_two_operations_of_opening_keeps_the_terms_rising()
    {
        for (var cut = 0; cut < 20; cut++)
        {
            for (ulong seed = 0; seed < 20; seed++)
            {
                var crashing = new SimulatedDisk();
                var first = RunJournal.Open(crashing);
                first.Append(Incarnation(7));
                StopAfter(crashing, cut);
                Term? second = null;
                try
                {
                    second = RunJournal.Open(crashing).Term;
                }
                catch (TimeoutException)
                {
                }

                crashing.BeforeOperation = null;
                Crash(crashing, seed);
                var third = RunJournal.Open(crashing);
                Assert.True(third.Term > (second ?? first.Term));
                Assert.Equal(new Incarnation(7), third.Past.LastIncarnation);
            }
        }
    }

    [Fact]
    public void An_entry_that_may_wait_waits_for_room()
    {
        var journal = RunJournal.Open(disk);
        disk.CapacityBytes = disk.UsedBytes + 10;
        journal.Append(Epoch(1, "a"));
        journal.Append(new CheckpointRecorded(new StepNumber(10)));
        Assert.Throws<IOException>(journal.Flush);
        Assert.Throws<IOException>(() => journal.Append(Incarnation(1)));
        disk.CapacityBytes = long.MaxValue;
        journal.Append(Epoch(2, "b"));
        journal.Flush();
        journal.Append(Incarnation(2));
        var next = RunJournal.Open(disk);
        Assert.Equal(["a", "b"], next.Past.Epochs.Values.Select(report => report.WeightsHash));
        Assert.Equal(new Incarnation(2), next.Past.LastIncarnation);
    }

    [Fact]
    public void Whatever_is_changed_before_the_last_flush_is_refused_in_one_sentence()
    {
        var whole = Journal();
        foreach (var mask in new byte[] { 0x01, 0x80, 0xFF })
        {
            for (var place = 0; place < whole.Length; place++)
            {
                byte[] changed = [.. whole];
                changed[place] ^= mask;
                var fault = Record.Exception(() => Reopen(changed));

                // The last record is not known to have been flushed, so it is taken for one that was torn.
                Assert.True(fault is InvalidInputException { Message: var sentence } ? !sentence.Contains('\n') : Reopen(changed).Past.Epochs.Count == 1, $"byte {place}: {fault}");
            }
        }
    }

    [Fact]
    public void A_journal_cut_short_anywhere_is_read_up_to_there()
    {
        var whole = Journal();
        var counts = Enumerable.Range(0, whole.Length + 1).Select(length => Reopen(whole[..length]).Past.Epochs.Count).ToArray();
        Assert.Equal(counts.Order(), counts);
        Assert.Equal([0, 1, 2], counts.Distinct());
    }

    [Fact]
    public void A_journal_that_was_renamed_is_refused()
    {
        disk.MakeFolder("journal");
        Write(disk, "journal/term-00000005", Journal());
        Assert.Contains("does not begin as the journal of term 5", Assert.Throws<InvalidInputException>(() => RunJournal.Open(disk)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_files_of_the_folder_are_left_alone()
    {
        disk.MakeFolder("journal");
        foreach (var name in new[] { "term-1", "term-00000000", "term-0000000x", "notes.txt", "term-+0000001" })
        {
            Write(disk, "journal/" + name, [1, 2, 3]);
        }

        Assert.Equal(new Term(1), RunJournal.Open(disk).Term);
    }

    /// <summary>A term's file whose last record came after the last flush.</summary>
    private static byte[] Journal()
    {
        var disk = new SimulatedDisk();
        var journal = RunJournal.Open(disk);
        journal.Append(Epoch(1, "a"));
        journal.Append(Incarnation(1));
        journal.Append(Epoch(2, "b"));
        using var stream = disk.OpenRead("journal/term-00000001");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static RunJournal Reopen(byte[] content)
    {
        var disk = new SimulatedDisk();
        disk.MakeFolder("journal");
        Write(disk, "journal/term-00000001", content);
        return RunJournal.Open(disk);
    }

    private static void Write(SimulatedDisk disk, string file, byte[] content)
    {
        Assert.True(disk.TryCreate(file));
        disk.Append(file, content);
    }

    private static void StopAfter(SimulatedDisk disk, int operations)
    {
        var end = disk.OperationCount + operations;
        disk.BeforeOperation = operation => _ = operation.Number >= end ? throw new TimeoutException() : 0;
    }

    private static void Crash(SimulatedDisk disk, ulong seed)
    {
        var random = new CounterBasedRandom(seed, 1);
        disk.Crash(ref random);
    }

    private static IncarnationBegun Incarnation(long number) => new(new Incarnation(number), new StepNumber(0), "the run begins");

    private static EpochRecorded Epoch(int epoch, string hash) =>
        new(new EpochReport(epoch, 1, epoch, new LedgerProof(1, 1, 0, 0, 0), 0.5, null, null, null, 0.1, 1, 1, hash, []));
}
