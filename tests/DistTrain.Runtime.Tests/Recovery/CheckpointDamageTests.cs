using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.Wire;
using DistTrain.Simulation;
using static DistTrain.Runtime.Tests.Recovery.CheckpointScene;

namespace DistTrain.Runtime.Tests.Recovery;

/// <summary>A checkpoint that is not, to the last bit, what was written is refused in one sentence, and the one before it is used.</summary>
public sealed class CheckpointDamageTests
{
    private const string Folder = "checkpoints/step-000000020-i1/";

    public static TheoryData<string> Files { get; } = new("weights.safetensors", "optimizer.safetensors", "best.safetensors", "ledger.msgpack", "manifest.json");

    [Theory]
    [MemberData(nameof(Files))]
    public void Any_changed_byte_is_found(string file)
    {
        var disk = TwoCheckpoints();
        var whole = Read(disk, Folder + file);
        for (var place = 0; place < whole.Length; place++)
        {
            byte[] changed = [.. whole];
            changed[place] ^= (byte)(1 << (place % 8));
            Replace(disk, Folder + file, changed);
            AssertRefused(disk);
        }

        Replace(disk, Folder + file, whole);
        AssertSame(Draw(20, bestStep: 10), Store(disk).Load().Newest);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Any_other_length_is_found(string file)
    {
        var disk = TwoCheckpoints();
        var whole = Read(disk, Folder + file);
        for (var length = 0; length < whole.Length; length += 1 + (length / 16))
        {
            Replace(disk, Folder + file, whole[..length]);
            AssertRefused(disk);
        }

        Replace(disk, Folder + file, [.. whole, 0]);
        AssertRefused(disk);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_missing_file_is_found(string file)
    {
        var disk = TwoCheckpoints();
        disk.Delete(Folder + file);
        var (newest, refused) = Store(disk).Load();
        AssertSame(Draw(10), newest);

        // Without a manifest, there is no checkpoint that could be refused.
        Assert.Equal(file == "manifest.json" ? [] : ["the checkpoint step-000000020-i1 is not used: a file of it is missing"], refused.ToArray());
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_of_another_checkpoint_is_found(string file)
    {
        var disk = TwoCheckpoints();
        Store(disk).Save(Draw(5, bestStep: 3));
        Replace(disk, Folder + file, Read(disk, "checkpoints/step-000000005-i1/" + file));
        AssertRefused(disk);
    }

    [Fact]
    public void A_folder_under_another_name_is_refused()
    {
        var disk = TwoCheckpoints();
        disk.MakeFolder("checkpoints/step-000000030-i1");
        foreach (var file in disk.List("checkpoints/step-000000010-i1"))
        {
            Replace(disk, "checkpoints/step-000000030-i1/" + file, Read(disk, "checkpoints/step-000000010-i1/" + file));
        }

        var (newest, refused) = Store(disk).Load();
        AssertSame(Draw(20, bestStep: 10), newest);
        Assert.Equal(["the checkpoint step-000000030-i1 is not used: its manifest is that of another checkpoint"], refused.ToArray());
    }

    [Fact]
    public void A_checkpoint_of_another_run_is_refused()
    {
        var disk = TwoCheckpoints();
        AssertForeign(new CheckpointStore(disk, Run with { Configuration = "other" }, Layout, Optimizer), "it is of a run with another configuration");
        AssertForeign(new CheckpointStore(disk, Run with { Data = "other" }, Layout, Optimizer), "it is of a run with other data");
        AssertForeign(new CheckpointStore(disk, Run with { Arithmetic = "other" }, Layout, Optimizer), "it is of a run with another arithmetic");
        AssertForeign(new CheckpointStore(disk, Run, Layout, OptimizerChain.Create("sgd", new OptimizerSettings())), "its manifest is that of another checkpoint");
        var larger = Specification.Build(new Learning.TensorShape(3, 3), 4).Layout;
        AssertForeign(new CheckpointStore(disk, Run, larger, Optimizer), "its weights.safetensors has other tensors than this run's model and optimizer");
    }

    [Fact]
    public void Where_none_is_whole_there_is_none_and_each_has_its_sentence()
    {
        var disk = TwoCheckpoints();
        disk.Delete(Folder + "ledger.msgpack");
        disk.Delete("checkpoints/step-000000010-i1/weights.safetensors");
        var (newest, refused) = Store(disk).Load();
        Assert.Null(newest);
        Assert.Equal(
            ["the checkpoint step-000000020-i1 is not used: a file of it is missing", "the checkpoint step-000000010-i1 is not used: a file of it is missing"], refused.ToArray());
    }

    /// <summary>Whoever makes a manifest's checksum right again still gets nothing but refusals, or a checkpoint.</summary>
    [Fact]
    public void Forged_manifests_do_no_harm()
    {
        var disk = TwoCheckpoints();
        var text = Encoding.UTF8.GetString(Read(disk, Folder + "manifest.json"));
        var body = text[..text.LastIndexOf(",\n  \"checksum\"", StringComparison.Ordinal)];
        var random = new Random(3);
        string[] pieces = ["null", "-1", "\"\"", "[]", "{}", "1e999", "9223372036854775807", "../", "\"NaN\"", "true", ",", "}"];
        for (var round = 0; round < 2000; round++)
        {
            var place = random.Next(body.Length);
            var forged = string.Concat(body.AsSpan(0, place), pieces[random.Next(pieces.Length)], body.AsSpan(Math.Min(body.Length, place + random.Next(8))));
            var checksum = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(forged)));
            Replace(disk, Folder + "manifest.json", Encoding.UTF8.GetBytes(forged + ",\n  \"checksum\": \"" + checksum + "\"\n}\n"));
            var (newest, refused) = Store(disk).Load();
            Assert.Equal(newest!.Checkpoint.Step.Value == 20 ? 0 : 1, refused.Length);
            Assert.All(refused, sentence => Assert.DoesNotContain('\n', sentence));
        }
    }

    [Fact]
    public void A_manifest_can_be_read_by_people()
    {
        var text = Encoding.UTF8.GetString(Read(TwoCheckpoints(), Folder + "manifest.json"));
        foreach (var part in new[] { "\"format\": \"disttrain-checkpoint-1\"", "\"step\": 20,", "\"best\": \"Infinity\"", "\"trainingSeconds\": -0", "\"name\": \"weights.safetensors\"" })
        {
            Assert.Contains(part, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_longest_ledger_that_can_be_sent_can_be_saved()
    {
        var drawn = Draw(10);
        var ledgered = drawn.Checkpoint.Server with { Ledger = ImmutableArray.CreateRange(Enumerable.Repeat(drawn.Checkpoint.Server.Ledger[0], 75_000)) };
        var disk = new SimulatedDisk();
        Assert.Null(Store(disk).Save(drawn with { Checkpoint = drawn.Checkpoint with { Server = ledgered } }));
        Assert.Equal(75_000, Store(disk).Load().Newest?.Checkpoint.Server.Ledger.Length);
        Assert.True(disk.UsedBytes < new WireLimits().MaximumFrameBytes, disk.UsedBytes.ToString(CultureInfo.InvariantCulture));
    }

    private static void AssertForeign(CheckpointStore store, string reason)
    {
        var (newest, refused) = store.Load();
        Assert.Null(newest);
        Assert.Equal(
            [$"the checkpoint step-000000020-i1 is not used: {reason}", $"the checkpoint step-000000010-i1 is not used: {reason}"], refused.ToArray());
    }

    private static void AssertRefused(SimulatedDisk disk)
    {
        var (newest, refused) = Store(disk).Load();
        AssertSame(Draw(10), newest);
        var sentence = Assert.Single(refused);
        Assert.Matches("^the checkpoint step-000000020-i1 is not used: its [^\n]*[^.\n]$", sentence);
    }

    private static SimulatedDisk TwoCheckpoints()
    {
        var disk = new SimulatedDisk();
        Assert.Null(Store(disk).Save(Draw(10)));
        Assert.Null(Store(disk).Save(Draw(20, bestStep: 10)));
        return disk;
    }
}
