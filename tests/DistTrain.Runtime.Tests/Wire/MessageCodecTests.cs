using System.Buffers;
using System.Globalization;
using DistTrain.Actors;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.DataTransfer;
using DistTrain.Runtime.Tests.Support;
using DistTrain.Runtime.Wire;
using FsCheck;
using FsCheck.Fluent;

namespace DistTrain.Runtime.Tests.Wire;

public sealed class MessageCodecTests
{
    /// <summary>Fixed, so that a failure comes again; another start is other messages.</summary>
    private const ulong Seed = 20_261_121;

    private static readonly WireLimits Limits = new();

    private static string PinnedFile => Path.Combine(AppContext.BaseDirectory, "Wire", "messages.txt");

    [Fact]
    public void Every_kind_of_message_has_one_number()
    {
        AssertSameKinds(RandomMessages.KindsOf<ActorMessage>(), [.. MessageCodec.Actors.Forms.Select(form => form.Type)]);
        AssertSameKinds(RandomMessages.KindsOf<NodeMessage>(), [.. MessageCodec.Nodes.Forms.Select(form => form.Type)]);
        AssertSameKinds(RandomMessages.KindsOf<FileMessage>(), [.. MessageCodec.Files.Forms.Select(form => form.Type)]);
        Assert.All(MessageCodec.Actors.Forms, form => Assert.InRange(form.Number, 1, 63));
        Assert.All(MessageCodec.Nodes.Forms, form => Assert.InRange(form.Number, 64, 127));
        Assert.All(MessageCodec.Files.Forms, form => Assert.InRange(form.Number, 128, 159));
    }

    [Fact]
    public void Numbers_and_bytes_are_those_that_were_promised() =>
        Assert.Equal<IEnumerable<string>>(
            File.ReadAllLines(PinnedFile),
            [.. Lines(MessageCodec.Actors, MessageExamples.Actors), .. Lines(MessageCodec.Nodes, MessageExamples.Nodes), .. Lines(MessageCodec.Files, MessageExamples.Files)]);

    [Fact]
    public void Any_message_comes_back_as_it_was_in_the_same_bytes()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(Seed, 1), ForAllGenes(genes =>
        {
            AssertAllComeBack(MessageCodec.Actors, genes);
            AssertAllComeBack(MessageCodec.Nodes, genes);
            AssertAllComeBack(MessageCodec.Files, genes);
        }));
    }

    [Fact]
    public void The_generated_messages_differ()
    {
        var made = Enumerable.Range(0, 50).Select(gene => RandomMessages.Describe(new RandomMessages([gene, 2 * gene]).Make(typeof(EvaluationBlocksDone))));
        Assert.InRange(made.Distinct().Count(), 45, 50);
    }

    [PythonFact("msgpack", "python3-msgpack")]
    public void Another_implementation_reads_every_kind_as_lists() =>
        Assert.Equal($"{File.ReadAllLines(PinnedFile).Length} messages read", PythonProgram.Run("msgpack", "Wire/read_messages.py", PinnedFile).Trim());

    [Fact]
    public void A_handle_does_not_travel()
    {
        var contribution = Assert.Single(MessageExamples.Actors.OfType<Contribution>());
        var read = Assert.IsType<Contribution>(MessageCodec.ReadActorMessage(Write(contribution), Limits));
        Assert.NotEqual(default, contribution.Gradient);
        Assert.Equal<IEnumerable<double>>(contribution.SquaredNorms, read.SquaredNorms);
        Assert.Equal(contribution with { Gradient = default, SquaredNorms = read.SquaredNorms }, read);
    }

    [Fact]
    public void A_sentence_that_is_too_long_is_cut_between_characters()
    {
        foreach (var lead in new[] { "", "x" })
        {
            var refused = new JoinRefused(Header.Unintroduced, lead + string.Concat(Enumerable.Repeat("🙂", 3000)));
            var read = Assert.IsType<JoinRefused>(MessageCodec.ReadActorMessage(Write(refused), Limits));
            Assert.StartsWith(read.Reason[..^1], refused.Reason, StringComparison.Ordinal);
            Assert.EndsWith("🙂…", read.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_ledger_of_a_long_epoch_fits()
    {
        var batch = new MiniBatch(new StepNumber(1), 1, 0, 64, 64);
        var entry = new LedgerEntry(batch, [.. Enumerable.Range(0, 8).Select(index => new AcceptedNode(new Learning.Reduction.TreeNode(3, index), new WorkerId(index), 8, 1_000_000))]);
        var state = new StateDelivered(default, default, new ServerState(default, [], [.. Enumerable.Repeat(entry, 75_000)], 0));
        Assert.Equal(75_000, Assert.IsType<StateDelivered>(MessageCodec.ReadActorMessage(Write(state), Limits)).State.Ledger.Length);
    }

    internal static Property ForAllGenes(Action<int[]> check) => Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ArrayOf(20).ToArbitrary(), check);

    private static void AssertSameKinds(IReadOnlyList<Type> expected, IReadOnlyList<Type> actual) =>
        Assert.Equal(expected.Select(type => type.Name), actual.Select(type => type.Name).Order(StringComparer.Ordinal));

    internal static IEnumerable<string> Lines<T>(MessageTable<T> table, IReadOnlyList<T> examples)
        where T : class =>
        table.Forms.Select(form => string.Create(
            CultureInfo.InvariantCulture,
            $"{form.Number} {form.Type.Name} {Convert.ToHexString(Write(table, examples.Single(example => example.GetType() == form.Type)))}"));

    internal static void AssertAllComeBack<T>(MessageTable<T> table, int[] genes)
        where T : class
    {
        foreach (var kind in table.Forms.Select(form => form.Type))
        {
            var message = (T)new RandomMessages(genes).Make(kind);
            var bytes = Write(table, message);
            var read = table.Read(bytes, Limits);
            Assert.Equal(RandomMessages.Describe(message), RandomMessages.Describe(read));
            Assert.Equal(bytes, Write(table, read));
        }
    }

    private static byte[] Write(ActorMessage message) => Write(MessageCodec.Actors, message);

    internal static byte[] Write<T>(MessageTable<T> table, T message)
        where T : class
    {
        var buffer = new ArrayBufferWriter<byte>();
        table.Write(new MessagePackWriter(buffer), message);
        return buffer.WrittenSpan.ToArray();
    }
}
