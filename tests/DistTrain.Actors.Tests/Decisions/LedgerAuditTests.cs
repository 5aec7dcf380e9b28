using System.Collections.Immutable;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors.Tests.Decisions;

public class LedgerAuditTests
{
    [Fact]
    public void An_honest_ledger_proves_every_sample_once() =>
        Assert.Equal(new LedgerProof(96, 96, 0, 0, 5), LedgerAudit.Prove([Entry(1, 0), Entry(2, 32), Entry(3, 64)], 96, 5));

    [Fact]
    public void An_entry_that_was_applied_twice_shows_as_duplicated() =>
        Assert.Equal(new LedgerProof(96, 96, 32, 0, 0), LedgerAudit.Prove([Entry(1, 0), Entry(2, 32), Entry(2, 32), Entry(3, 64)], 96, 0));

    [Fact]
    public void A_missing_entry_shows_as_lost() => Assert.Equal(new LedgerProof(96, 64, 0, 32, 0), LedgerAudit.Prove([Entry(1, 0), Entry(3, 64)], 96, 0));

    [Fact]
    public void A_missing_node_shows_as_lost_and_a_node_twice_as_duplicated()
    {
        var entry = Entry(1, 0);
        var without = entry with { Nodes = entry.Nodes.RemoveAt(1) };
        var twice = entry with { Nodes = entry.Nodes.Add(entry.Nodes[0]) };
        Assert.Equal(new LedgerProof(32, 16, 0, 16, 0), LedgerAudit.Prove([without], 32, 0));
        Assert.Equal(new LedgerProof(32, 32, 16, 0, 0), LedgerAudit.Prove([twice], 32, 0));
    }

    [Fact]
    public void The_right_number_of_wrong_samples_is_not_taken_for_the_right_ones()
    {
        // Two mini-batches at the same positions: 64 samples in all, as many as there are.
        Assert.Equal(new LedgerProof(64, 32, 32, 32, 0), LedgerAudit.Prove([Entry(1, 0), Entry(2, 0)], 64, 0));
    }

    [Fact]
    public void Nodes_that_overlap_or_lie_beyond_the_data_show_as_duplicated()
    {
        var entry = Entry(1, 0) with { Nodes = [new AcceptedNode(new TreeNode(3, 0), new WorkerId(1), 32, 0), new AcceptedNode(new TreeNode(0, 3), new WorkerId(1), 4, 0)] };
        Assert.Equal(new LedgerProof(32, 32, 4, 0, 0), LedgerAudit.Prove([entry], 32, 0));
        Assert.Equal(new LedgerProof(30, 30, 2, 0, 0), LedgerAudit.Prove([Entry(1, 0)], 30, 0));
    }

    [Fact]
    public void A_count_of_samples_that_does_not_fit_its_node_shows_as_lost_and_duplicated()
    {
        var entry = Entry(1, 0);
        var less = entry with { Nodes = entry.Nodes.SetItem(0, entry.Nodes[0] with { SampleCount = 15 }) };
        var more = entry with { Nodes = entry.Nodes.SetItem(0, entry.Nodes[0] with { SampleCount = 17 }) };
        Assert.Equal(1, LedgerAudit.Prove([less], 32, 0).LostSamples);
        Assert.Equal(1, LedgerAudit.Prove([more], 32, 0).DuplicatedSamples);
    }

    [Fact]
    public void Shares_say_who_gave_what_and_when()
    {
        var shares = LedgerAudit.Shares([Entry(2, 0), Entry(3, 32), Entry(4, 64, left: 3)]);
        Assert.Equal(
            [
                new WorkerShare(new WorkerId(1), 8, 2, 3),
                new WorkerShare(new WorkerId(2), 12, 2, 4),
                new WorkerShare(new WorkerId(3), 4, 4, 4),
            ],
            shares.ToArray());
    }

    /// <summary>32 samples in 8 micro-batches: the left half by one worker, the right half by worker 2.</summary>
    private static LedgerEntry Entry(long step, int first, int left = 1) => new(
        TestRun.Batch(step, first: first),
        ImmutableArray.Create(new AcceptedNode(new TreeNode(2, 0), new WorkerId(left), 16, 0), new AcceptedNode(new TreeNode(2, 1), new WorkerId(2), 16, 0)));
}
