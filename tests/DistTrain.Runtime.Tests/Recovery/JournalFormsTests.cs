using DistTrain.Actors;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Metrics;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.Tests.Wire;
using DistTrain.Runtime.Wire;
using FsCheck;
using FsCheck.Fluent;

namespace DistTrain.Runtime.Tests.Recovery;

public sealed class JournalFormsTests
{
    /// <summary>Fixed, so that a failure comes again; another start is other entries.</summary>
    private const ulong Seed = 20_261_126;

    private static readonly EvaluationSummary Summary = new(0.25, 0.5, 64, new SplitMetrics { TopK = 2, TopKAccuracy = 0.75, Classes = [new ClassMetrics(3, 4, 2)], Determination = -0.5 })
    {
        Activations = [new ActivationHealth("relu1", 0.125, null)],
    };

    /// <summary>One entry of every kind, whose bytes are written down.</summary>
    internal static IReadOnlyList<JournalEntry> Examples { get; } =
    [
        new TermBegun(TermBegun.CurrentFormat, new Term(3)),
        new IncarnationBegun(new Incarnation(4), new StepNumber(120), "node-2 was lost"),
        new MembersChanged([new WorkerId(1), new WorkerId(300)], "worker-2 left"),
        new EpochRecorded(new EpochReport(
            2, 45, 90, new LedgerProof(1438, 1438, 0, 0, 32), 0.5, null, Summary, null, 0.0495, 1.5, double.PositiveInfinity, new string('a', 64), [new WorkerShare(new WorkerId(1), 90, 46, null)])),
        new CheckpointRecorded(new StepNumber(120)),
        new RunEndRecorded(RunOutcome.Cancelled, new StepNumber(121), new string('b', 64)),
    ];

    [Fact]
    public void Every_kind_of_entry_has_one_number()
    {
        Assert.Equal(
            [.. RandomMessages.KindsOf<JournalEntry>().Select(type => type.Name).Append(nameof(TermBegun)).Order(StringComparer.Ordinal)],
            JournalForms.Table.Forms.Select(form => form.Type.Name).Order(StringComparer.Ordinal));
        Assert.All(JournalForms.Table.Forms, form => Assert.InRange(form.Number, 160, 175));
    }

    [Fact]
    public void Numbers_and_bytes_are_those_that_were_promised() =>
        Assert.Equal<IEnumerable<string>>(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Recovery", "journal.txt")), MessageCodecTests.Lines(JournalForms.Table, Examples));

    /// <summary>So journals of before noise scales can be read, which have reports without.</summary>
    [Fact]
    public void A_report_with_a_noise_scale_is_one_field_longer_than_one_without()
    {
        var without = Assert.Single(Examples.OfType<EpochRecorded>());
        var with = new EpochRecorded(without.Report with { Noise = new NoiseScale(0.5, null, 3) });
        byte[] shorter = MessageCodecTests.Write<JournalEntry>(JournalForms.Table, without), longer = MessageCodecTests.Write<JournalEntry>(JournalForms.Table, with);
        Assert.NotEqual(shorter.Length, longer.Length);
        Assert.Null(Assert.IsType<EpochRecorded>(JournalForms.Table.Read(shorter, new WireLimits())).Report.Noise);
        Assert.Equal(with.Report.Noise, Assert.IsType<EpochRecorded>(JournalForms.Table.Read(longer, new WireLimits())).Report.Noise);
    }

    [Fact]
    public void Any_entry_comes_back_as_it_was_in_the_same_bytes() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(100).WithReplay(Seed, 1),
            MessageCodecTests.ForAllGenes(genes => MessageCodecTests.AssertAllComeBack(JournalForms.Table, genes)));
}
