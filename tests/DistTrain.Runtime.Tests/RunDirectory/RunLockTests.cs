using System.Diagnostics;
using DistTrain.Runtime.RunDirectory;

namespace DistTrain.Runtime.Tests.RunDirectory;

public sealed class RunLockTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("disttrain-lock-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Run => Path.Combine(folder, "run");

    private string Refusal(string lockText)
    {
        Directory.CreateDirectory(Run);
        File.WriteAllText(new RunPaths(Run).Lock, lockText);
        return Assert.Throws<RunDirectoryException>(() => RunDirectoryWriter.Create(Run)).Message;
    }

    [Fact]
    public void A_lock_is_read_as_it_was_written()
    {
        var own = RunLock.Own();
        Assert.Equal(own.ToString(), RunLock.Parse($"{own}\n")!.ToString());
    }

    [Fact]
    public void A_directory_that_a_living_process_writes_names_it()
    {
        using (RunDirectoryWriter.Create(Run))
        {
            var refusal = Assert.Throws<RunDirectoryException>(() => RunDirectoryWriter.Create(Run)).Message;
            Assert.Equal($"the run directory {Run} is in use by process {Environment.ProcessId} on this machine ({Environment.MachineName}): choose another with --run", refusal);
        }

        Assert.False(File.Exists(new RunPaths(Run).Lock));
        Assert.Contains("is not empty", Assert.Throws<RunDirectoryException>(() => RunDirectoryWriter.Create(Run)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_of_a_process_that_is_gone_says_so()
    {
        using var process = Process.Start("true");
        process.WaitForExit();
        Assert.Contains($"holds a run whose process ({process.Id}) died before its end", Refusal($"process {process.Id} on {Environment.MachineName} since 2026-01-31T00:00:00Z"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_that_another_process_has_now_is_not_taken_for_the_one_that_died() =>
        Assert.Contains("died before its end", Refusal($"process {Environment.ProcessId} on {Environment.MachineName} since 2026-01-31T00:00:00Z"), StringComparison.Ordinal);

    [Fact]
    public void Nothing_is_claimed_about_processes_of_other_machines() =>
        Assert.Contains("is in use by process 1 on another, or was when that died", Refusal("process 1 on another since 2026-01-31T00:00:00Z"), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("process one on here since 2026-01-31T00:00:00Z")]
    [InlineData("process 1 on here since yesterday")]
    public void A_lock_that_says_nothing_still_locks(string text) => Assert.Contains("its run.lock names no process", Refusal(text), StringComparison.Ordinal);

    [Fact]
    public void A_run_that_could_not_begin_leaves_nothing_behind()
    {
        using (var writer = RunDirectoryWriter.Create(Run))
        {
            writer.WriteConfiguration("epochs: 1\n");
            writer.AppendMetrics("{}");
            writer.Discard();
        }

        Assert.False(Directory.Exists(Run));
    }

    [Fact]
    public void A_directory_that_was_there_before_stays()
    {
        Directory.CreateDirectory(Run);
        using (var writer = RunDirectoryWriter.Create(Run))
        {
            writer.Discard();
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Run));
    }

    [Fact]
    public void A_run_is_not_taken_over_from_a_process_that_lives_not_even_by_force()
    {
        using (RunDirectoryWriter.Create(Run))
        {
            Assert.EndsWith("end that first", Assert.Throws<RunDirectoryException>(() => RunDirectoryWriter.Open(Run, isForced: true)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_run_whose_process_is_dead_is_gone_on_with_and_a_torn_line_is_cut_off()
    {
        Directory.CreateDirectory(Run);
        var own = RunLock.Own();
        File.WriteAllText(new RunPaths(Run).Lock, (own with { StartedUtc = own.StartedUtc.AddHours(-1) }).ToString());
        File.WriteAllText(new RunPaths(Run).Metrics, "{\"a\":1}\n{\"a\":2}\n{\"a\"");

        using (var writer = RunDirectoryWriter.Open(Run, isForced: false))
        {
            writer.AppendMetrics("{\"a\":3}");
            Assert.Equal(["{\"a\":1}", "{\"a\":2}", "{\"a\":3}"], writer.ReadMetrics());
        }

        Assert.False(File.Exists(new RunPaths(Run).Lock));
    }

    [Fact]
    public void A_lock_that_another_process_has_taken_over_is_left_to_it()
    {
        const string other = "process 1 on elsewhere since 2026-01-31T12:00:00Z";
        var writer = RunDirectoryWriter.Create(Run);
        File.WriteAllText(writer.Paths.Lock, other);
        writer.Dispose();
        Assert.Equal(other, File.ReadAllText(writer.Paths.Lock));
    }
}
