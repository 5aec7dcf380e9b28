using System.Text;
using DistTrain.Learning.Numerics;
using DistTrain.Runtime.Storage;

namespace DistTrain.Simulation.Tests;

/// <summary>What may be lost with the machine, and what may not.</summary>
public sealed class SimulatedDiskTests
{
    private const int Seeds = 200;

    [Fact]
    public void What_is_flushed_file_and_folder_is_never_lost() => Assert.Equal(["abc"], OutcomesOf(disk =>
    {
        Write(disk, "file", "abc");
        disk.FlushFile("file");
        disk.FlushFolder("");
    }));

    [Fact]
    public void A_file_whose_folder_is_not_flushed_may_be_missing() => Assert.Equal(["abc", "missing"], OutcomesOf(disk =>
    {
        Write(disk, "file", "abc");
        disk.FlushFile("file");
    }));

    [Fact]
    public void A_file_in_a_folder_whose_own_name_is_not_flushed_may_be_missing() => Assert.Equal(["abc", "missing"], OutcomesOf(
        disk =>
        {
            disk.MakeFolder("folder");
            Write(disk, "folder/file", "abc");
            disk.FlushFile("folder/file");
            disk.FlushFolder("folder");
        },
        "folder/file"));

    [Fact]
    public void Bytes_that_are_not_flushed_may_be_cut_off_or_become_zeros_or_noise_and_flushed_ones_stay()
    {
        var outcomes = OutcomesOf(disk =>
        {
            Write(disk, "file", "abc");
            disk.FlushFile("file");
            disk.FlushFolder("");
            disk.Append("file", "defghi"u8);
        });
        Assert.All(outcomes, outcome => Assert.StartsWith("abc", outcome, StringComparison.Ordinal));
        Assert.All(outcomes, outcome => Assert.InRange(outcome.Length, 3, 9));
        Assert.Contains("abc", outcomes);
        Assert.Contains("abcdef", outcomes);
        Assert.Contains("abcdefghi", outcomes);
        Assert.Contains("abc\0\0\0ghi", outcomes);
        Assert.Contains(outcomes, outcome => outcome.EndsWith('\0'));
        Assert.Contains(outcomes, outcome => outcome.Any(character => character > 'i'));
    }

    [Fact]
    public void A_rename_that_is_not_flushed_happened_or_did_not() => Assert.Equal(["new", "old"], OutcomesOf(disk =>
    {
        Write(disk, "file", "old");
        Write(disk, "file.tmp", "new");
        disk.FlushFile("file");
        disk.FlushFile("file.tmp");
        disk.FlushFolder("");
        disk.Rename("file.tmp", "file");
    }));

    [Fact]
    public void A_renamed_file_that_is_not_flushed_may_be_torn_under_its_new_name()
    {
        var outcomes = OutcomesOf(disk =>
        {
            Write(disk, "file.tmp", "new");
            disk.FlushFolder("");
            disk.Rename("file.tmp", "file");
            disk.FlushFolder("");
        });
        Assert.Contains("", outcomes);
        Assert.Contains("new", outcomes);
        Assert.DoesNotContain("missing", outcomes);
    }

    [Fact]
    public void A_deletion_that_is_not_flushed_happened_or_did_not() => Assert.Equal(["abc", "missing"], OutcomesOf(disk =>
    {
        Write(disk, "file", "abc");
        disk.FlushFile("file");
        disk.FlushFolder("");
        disk.Delete("file");
    }));

    [Fact]
    public void The_files_of_a_folder_that_is_being_deleted_are_lost_in_any_order()
    {
        var left = new SortedSet<string>(StringComparer.Ordinal);
        for (var seed = 0; seed < Seeds; seed++)
        {
            var disk = new SimulatedDisk();
            disk.MakeFolder("folder");
            foreach (var name in new[] { "folder/a", "folder/b" })
            {
                Write(disk, name, name);
                disk.FlushFile(name);
            }

            disk.FlushFolder("folder");
            disk.FlushFolder("");
            disk.Delete("folder");
            Crash(disk, seed);
            left.Add(string.Join(' ', disk.List("").Concat(disk.List("folder"))));
        }

        Assert.Equal(["", "folder", "folder a", "folder a b", "folder b"], left);
    }

    [Fact]
    public void A_process_that_dies_loses_nothing()
    {
        var disk = new SimulatedDisk { BeforeOperation = operation => _ = operation.Number == 2 ? throw new TimeoutException() : 0 };
        Write(disk, "file", "abc");
        Assert.Throws<TimeoutException>(() => disk.FlushFile("file"));
        Assert.Equal("abc", Read(disk, "file"));
        Assert.Equal(4, disk.OperationCount);
    }

    [Fact]
    public void A_full_disk_takes_what_fits_and_refuses()
    {
        var disk = new SimulatedDisk { CapacityBytes = 5 };
        Write(disk, "a", "abc");
        Assert.Throws<IOException>(() => Write(disk, "b", "abc"));
        Assert.Equal("ab", Read(disk, "b"));
        Assert.Equal(5, disk.UsedBytes);
        disk.Delete("a");
        disk.Append("b", "cde"u8);
        Assert.Equal("abcde", Read(disk, "b"));
    }

    [Fact]
    public void A_seed_decides_everything()
    {
        static string Outcome(int seed)
        {
            var disk = new SimulatedDisk();
            for (var i = 0; i < 10; i++)
            {
                Write(disk, $"file-{i}", "some bytes that may be lost");
            }

            Crash(disk, seed);
            return string.Join('|', disk.List("").Select(name => $"{name} {Read(disk, name)}"));
        }

        Assert.Equal(Outcome(1), Outcome(1));
        Assert.NotEqual(Outcome(1), Outcome(2));
    }

    /// <summary>All that a file may be after a crash, in ordinal order.</summary>
    private static SortedSet<string> OutcomesOf(Action<SimulatedDisk> write, string file = "file")
    {
        var outcomes = new SortedSet<string>(StringComparer.Ordinal);
        for (var seed = 0; seed < Seeds; seed++)
        {
            var disk = new SimulatedDisk();
            write(disk);
            Crash(disk, seed);
            outcomes.Add(disk.List(StorageName.FolderOf(file)).Contains(StorageName.Split(file)[^1]) ? Read(disk, file) : "missing");
        }

        return outcomes;
    }

    private static void Crash(SimulatedDisk disk, int seed)
    {
        var random = new CounterBasedRandom((ulong)seed, 1);
        disk.Crash(ref random);
    }

    private static void Write(SimulatedDisk disk, string file, string text)
    {
        Assert.True(disk.TryCreate(file));
        disk.Append(file, Encoding.Latin1.GetBytes(text));
    }

    private static string Read(SimulatedDisk disk, string file)
    {
        using var reader = new StreamReader(disk.OpenRead(file), Encoding.Latin1);
        return reader.ReadToEnd();
    }
}
