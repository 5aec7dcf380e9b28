using System.Buffers;
using DistTrain.Actors;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.DataTransfer;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Tests.Wire;

/// <summary>Bytes that no program of ours wrote: read as a message, or refused in one sentence, and never with more memory than they are worth.</summary>
public sealed class MessageFuzzTests
{
    /// <summary>Of memory, for each byte that was sent: the largest item in memory against the smallest on the wire.</summary>
    private const int BytesOfMemoryPerByte = 128;

    private static readonly WireLimits Limits = new();

    private static readonly IReadOnlyList<byte[]> Examples = [.. MessageExamples.Actors.Select(Write), .. MessageExamples.Nodes.Select(Write), .. MessageExamples.Files.Select(Write)];

    private delegate void Writing(MessagePackWriter writer);

    [Fact]
    public void A_message_cut_short_anywhere_is_refused()
    {
        foreach (var bytes in Examples)
        {
            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.False(IsRead(bytes[..length]), Convert.ToHexString(bytes[..length]));
            }
        }
    }

    [Fact]
    public void A_message_with_bytes_behind_it_is_refused() => Assert.All(Examples, bytes => Assert.False(IsRead([.. bytes, 0])));

    [Fact]
    public void A_message_with_any_byte_changed_is_read_as_another_or_refused()
    {
        foreach (var bytes in Examples)
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                foreach (var value in new byte[] { 0x00, 0x7F, 0x80, 0x90, 0x9F, 0xA0, 0xC0, 0xC1, 0xC4, 0xCB, 0xCC, 0xCF, 0xD3, 0xDB, 0xDC, 0xDD, 0xFF, (byte)(bytes[i] + 1), (byte)(bytes[i] ^ 0x10) })
                {
                    AssertCanonicalIfRead([.. bytes[..i], value, .. bytes[(i + 1)..]]);
                }
            }
        }
    }

    [Fact]
    public void Messages_with_many_bytes_changed_inserted_or_lost_are_read_as_others_or_refused()
    {
        var random = new Random(4);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new List<byte>(Examples[random.Next(Examples.Count)]);
            for (var change = random.Next(1, 6); change > 0 && bytes.Count > 0; change--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0:
                        bytes.RemoveAt(at);
                        break;
                    case 1:
                        bytes.Insert(at, (byte)random.Next(256));
                        break;
                    case 2:
                        bytes.InsertRange(at, Examples[random.Next(Examples.Count)].Take(random.Next(20)));
                        break;
                    default:
                        bytes[at] = (byte)random.Next(256);
                        break;
                }
            }

            AssertCanonicalIfRead([.. bytes]);
        }
    }

    [Fact]
    public void Noise_is_refused()
    {
        var random = new Random(5);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            AssertCanonicalIfRead(bytes);
        }
    }

    /// <summary>Wherever an array, a text or bytes begin, the largest one of each kind is announced, with nothing, or with many bytes of the smallest items, behind it.</summary>
    [Fact]
    public void Announced_lengths_take_no_memory_of_their_own()
    {
        byte[][] heads = [[0xDD, 0xFF, 0xFF, 0xFF, 0xFF], [0xDD, 0x00, 0x10, 0x00, 0x00], [0xDC, 0xFF, 0xFF], [0xDB, 0xFF, 0xFF, 0xFF, 0xFF], [0xDA, 0xFF, 0xFF], [0xC6, 0xFF, 0xFF, 0xFF, 0xFF]];
        foreach (var bytes in Examples)
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                foreach (var head in heads)
                {
                    AssertBoundedMemory([.. bytes[..i], .. head]);
                    AssertBoundedMemory([.. bytes[..i], .. head, .. new byte[70_000]]);
                }
            }
        }
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        foreach (var prefix in new byte[][] { [], [0x92], [0x93, 0x07], [0x95, 0x40] })
        {
            Assert.False(IsRead([.. prefix, .. Enumerable.Repeat((byte)0x91, 100_000)]));
        }
    }

    [Theory]
    [InlineData("9100", "there is no message of kind 0 here")]
    [InlineData("913F", "there is no message of kind 63 here")]
    [InlineData("91CE7FFFFFFF", "there is no message of kind 2147483647 here")]
    [InlineData("91CF7FFFFFFFFFFFFFFF", "outside of 0 to 2147483647")]
    [InlineData("9140", "there is no message of kind 64 here")]
    [InlineData("90", "a message is empty")]
    [InlineData("0E", "an array was expected")]
    [InlineData("910E", "Stop: it has 0 fields instead of 1")]
    [InlineData("930E93000000", "Stop: it has 2 fields instead of 1")]
    [InlineData("920E920000", "Stop.Header: it has 2 fields instead of 3")]
    [InlineData("920E9300FF00", "Stop.Incarnation: -1 is outside of 0 to")]
    [InlineData("920E9300C000", "Stop.Incarnation: an integer was expected, but the byte 0xC0")]
    public void What_is_wrong_is_said_in_one_sentence(string hexadecimal, string expected)
    {
        var refusal = Assert.Throws<WireFormatException>(() => MessageCodec.ReadActorMessage(Convert.FromHexString(hexadecimal), Limits));
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Fact]
    public void What_means_nothing_is_refused_with_its_kind_and_field()
    {
        var batch = new MiniBatch(new StepNumber(1), 1, 0, 64, 8);
        AssertRefused(new PlanStep(default, batch with { MicroBatchCount = 6 }, 0.1, false), "PlanStep.MicroBatchCount: it must be a power of two");
        AssertRefused(new PlanStep(default, batch with { MicroBatchCount = 128 }, 0.1, false), "PlanStep.MicroBatchCount: it must be a power of two, at most");
        AssertRefused(new PlanStep(default, batch with { SampleCount = 0 }, 0.1, false), "PlanStep.SampleCount: 0 is outside of 1 to");
        AssertRefused(new PlanStep(default, batch with { FirstPosition = int.MaxValue }, 0.1, false), "the mini-batch ends beyond");
        AssertRefused(new PlanStep(default, batch with { Epoch = 0 }, 0.1, false), "PlanStep.Epoch");
        AssertRefused(new PlanStep(default, batch with { Step = new StepNumber(0) }, 0.1, false), "PlanStep.Step: 0 is outside of 1 to");
        AssertRefused(new AssignMicroBatches(default, batch, new WorkRange(4, 9), ""), "AssignMicroBatches.Range: 9 is outside of 4 to 8");
        AssertRefused(new AssignMicroBatches(default, batch, new WorkRange(4, 3), ""), "AssignMicroBatches.Range: 3 is outside of 4 to 8");
        AssertRefused(new AssignEvaluation(default, default, (DataSplit)3, default, ""), "AssignEvaluation.Split: 3 is outside of 0 to 2");
        AssertRefused(Contribution(31, 0), "Contribution.Level: 31 is outside of 0 to 30");
        AssertRefused(Contribution(30, 1), "Contribution.Index: 1 is outside of 0 to 0");
        AssertRefused(Contribution(0, -1), "Contribution.Index: -1 is outside of 0 to");
        AssertRefused(new NodesMissing(default, default, new StepNumber(1), [new(1, 0), new(0, 1)], default, ""), "NodesMissing.Nodes: the nodes overlap");
        AssertRefused(new Welcome(default, new ShardMap(1, [])), "Welcome.Nodes: there is no shard");
        AssertRefused(new Welcome(default, new ShardMap(0, [default])), "Welcome.Version: 0 is outside of 1 to");
        AssertRefused(new StartServing(default, new ShardId(1), new ShardMap(1, [default])), "the shard is not on the map");
        AssertRefused(new DeliverState(default, new WeightVersion(long.MaxValue), GoesOn: false), "DeliverState.Version: 9223372036854775807 is outside of 0 to");
        AssertRefused(new ActorEnvelope(default, default, 0, new Stop(default)), "ActorEnvelope.Number: 0 is outside of 1 to");
        AssertRefused(new ActorEnvelope(new ActorAddress(ActorRole.Coordinator, 1), default, 1, new Stop(default)), "ActorEnvelope.From: 1 is outside of 0 to 0");
        AssertRefused(new Introduction("", (MemberRole)9, "", 1, new HostAndPort("a", 1)), "Introduction.Role: 9 is outside of 0 to 1");
        AssertRefused(new Introduction("", MemberRole.Worker, "", 1, new HostAndPort("", 1)), "Introduction.Host: it is empty");
        AssertRefused(new Introduction("", MemberRole.Worker, "", 1, new HostAndPort("a", 65_536)), "Introduction.Port: 65536 is outside of 0 to 65535");
        AssertRefused([0x92, 0x4A, 0xDA, 0x03, 0xEA, .. Enumerable.Repeat((byte)'x', 1002)], "Leaving.Reason: it is longer than a sentence may be", bytes => MessageCodec.ReadNodeMessage(bytes, Limits));
        AssertRefused(new TicketIssued([]), "TicketIssued.Ticket: it must be 1 to 256 bytes long");
        AssertRefused(new TicketIssued([.. new byte[257]]), "TicketIssued.Ticket: it must be 1 to 256 bytes long");
        AssertRefused(new ShardsPlaced(new ShardMap(1, [default]), [Host(2), Host(1)]), "the nodes are not in order");
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("a\\b")]
    [InlineData("c:a")]
    [InlineData("a\0b")]
    public void A_file_that_would_lie_elsewhere_is_refused(string name) => AssertRefused(Offer(name), "Offer.Name");

    [Fact]
    public void Two_files_of_one_name_are_refused() => AssertRefused(Offer("a", "b", "a"), "Offer.Files: two files have one name");

    [Fact]
    public void A_frame_beyond_the_limit_is_refused_unread() =>
        Assert.Contains("longer than the 256", Assert.Throws<WireFormatException>(() => MessageCodec.ReadActorMessage(new byte[257], Limits with { MaximumFrameBytes = 256 })).Message, StringComparison.Ordinal);

    private static Contribution Contribution(int level, int index) => new(default, default, new StepNumber(1), default, new(level, index), default, default, 0);

    private static ShardHost Host(int node) => new(new NodeId(node), default, new HostAndPort("a", 1));

    private static Offer Offer(params string[] files) =>
        new(new RunOffer("", "", 1, new DataOffer("", "", "", [.. files.Select(name => new DataFile(name, 0, new string('0', 64)))])));

    private static void AssertRefused(ActorMessage message, string expected) => AssertRefused(Write(message), expected, bytes => MessageCodec.ReadActorMessage(bytes, Limits));

    private static void AssertRefused(NodeMessage message, string expected) => AssertRefused(Write(message), expected, bytes => MessageCodec.ReadNodeMessage(bytes, Limits));

    private static void AssertRefused(byte[] bytes, string expected, Action<byte[]> read) =>
        Assert.Contains(expected, Assert.Throws<WireFormatException>(() => read(bytes)).Message, StringComparison.Ordinal);

    private static bool IsRead(byte[] bytes) => Read(bytes) is not null;

    /// <summary>Nothing but the one exception may come; and what was read has exactly these bytes.</summary>
    private static void AssertCanonicalIfRead(byte[] bytes)
    {
        if (Read(bytes) is { } again)
        {
            Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(again));
        }
    }

    private static void AssertBoundedMemory(byte[] bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        IsRead(bytes);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000 + ((long)BytesOfMemoryPerByte * bytes.Length));
    }

    /// <summary>The message written again; null if it was refused by every family.</summary>
    private static byte[]? Read(byte[] bytes) => ReadAs(MessageCodec.Actors, bytes) ?? ReadAs(MessageCodec.Nodes, bytes) ?? ReadAs(MessageCodec.Files, bytes);

    private static byte[]? ReadAs<T>(MessageTable<T> table, byte[] bytes)
        where T : class
    {
        try
        {
            var message = table.Read(bytes, Limits);
            return Write(writer => table.Write(writer, message));
        }
        catch (WireFormatException)
        {
            return null;
        }
    }

    private static byte[] Write(ActorMessage message) => Write(writer => MessageCodec.Actors.Write(writer, message));

    private static byte[] Write(NodeMessage message) => Write(writer => MessageCodec.Nodes.Write(writer, message));

    private static byte[] Write(FileMessage message) => Write(writer => MessageCodec.Files.Write(writer, message));

    private static byte[] Write(Writing write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(new MessagePackWriter(buffer));
        return buffer.WrittenSpan.ToArray();
    }
}
