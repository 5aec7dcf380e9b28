using System.Diagnostics;
using DistTrain.Actors;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Tests.Support;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Tests.Cluster;

public sealed class ClusterTrainingTests : IDisposable
{
    private readonly Sandbox sandbox = new();
    private CoordinatorSettings? settings;
    private RunOffer? offer;

    public void Dispose() => sandbox.Dispose();

    /// <summary>A coordinator that listens, waits for something, and trains by itself.</summary>
    private void Coordinates(Action<CancellationToken>? wait = null) => sandbox.Coordinator = (given, offered, _, definition, engine, listener, cancellation, _) =>
    {
        (settings, offer) = (given, offered);
        given.Listening!(given.Listen with { Port = 7123 });
        wait?.Invoke(cancellation);
        return SequentialTrainer.Run(definition, engine, listener, cancellation);
    };

    /// <summary>Processes of the system's shell in the place of workers.</summary>
    private void Starts(string script, List<string[]>? started = null) => sandbox.StartProcess = arguments =>
    {
        started?.Add([.. arguments]);
        return Process.Start(new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
    };

    private string Log(int number) => File.ReadAllText(Path.Combine(sandbox.At("run"), $"worker-{number}.log"));

    [Fact]
    public void A_coordinator_is_told_all_that_was_said_and_offers_the_resolved_run()
    {
        Coordinates();
        var secret = sandbox.Write("secret", "a secret of 24 characters");
        var outcome = sandbox.Train(
            "--listen", "127.0.0.1:0", "--secret-file", secret, "--min-workers", "3", "--placement", "workers", "--shards", "2", "--below-min-workers", "wait", "--health", "127.0.0.1:0",
            "--silence-seconds", "1.5", "--threads-per-worker", "2");
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.Equal((3, ShardPlacement.Workers, 2, true, true), (settings!.MinimumWorkers, settings.Placement, settings.ShardCount, settings.WaitsBelowMinimum, settings.Security.UsesTls));
        Assert.Equal((new HostAndPort("127.0.0.1", 0), TimeSpan.FromSeconds(1.5)), (settings.Health, settings.Limits.SilenceDeadline));
        Assert.Contains("waiting for 3 workers on 127.0.0.1:7123: 'disttrain worker --join HOST:7123'", outcome.Error, StringComparison.Ordinal);
        Assert.Equal((3, "digits", "run"), (offer!.WorkerCount, offer.Data.Name, settings.RunName));
        Assert.StartsWith("sha256:", offer.Data.ContentHash, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(Path.Combine(sandbox.At("run"), "config.yaml")).Split('\n').Where(line => !line.StartsWith('#')), offer.Configuration.Split('\n'));
        Assert.DoesNotContain("secret-file: /", offer.Configuration, StringComparison.Ordinal);
    }

    [Fact]
    public void The_files_of_the_data_are_offered_and_no_others()
    {
        byte[] content = [];
        sandbox.Coordinator = (_, offered, open, definition, engine, listener, cancellation, _) =>
        {
            var file = Assert.Single(offered.Data.Files);
            Assert.Equal("three.csv", file.Name);
            using var stream = open(file);
            content = new byte[file.Length];
            stream.ReadExactly(content);
            Assert.Throws<FileNotFoundException>(() => open(file with { Name = "../secret" }));
            return SequentialTrainer.Run(definition, engine, listener, cancellation);
        };
        var csv = sandbox.Write("three.csv", "1,2,a\n2,1,b\n1,3,a\n3,1,b\n1,4,a\n4,1,b\n");
        Assert.Equal(ExitCode.Success, sandbox.Train("--data", $"csv:{csv}", "--listen", "127.0.0.1:0", "--insecure").ExitCode);
        Assert.Equal(File.ReadAllBytes(csv), content);
    }

    [Fact]
    public void The_stored_configuration_trains_again_in_one_process_to_the_same_bits()
    {
        Coordinates();
        var first = sandbox.Train("--listen", "127.0.0.1:0", "--insecure", "--json");
        var again = sandbox.Run("train", "--config", Path.Combine(sandbox.At("run"), "config.yaml"), "--run", sandbox.At("again"), "--json");
        Assert.Equal(first.JsonLines[^1].GetProperty("weightsHash").GetString(), again.JsonLines[^1].GetProperty("weightsHash").GetString());
    }

    [Theory]
    [InlineData("0.0.0.0:0", true)]
    [InlineData("127.0.0.1:0", false)]
    public void An_open_cluster_is_warned_of_beyond_this_machine(string listen, bool isWarned)
    {
        Coordinates();
        Assert.Equal(isWarned, sandbox.Train("--listen", listen, "--insecure").Error.Contains("is not secured, as --insecure asks for: anybody who reaches it can join the cluster", StringComparison.Ordinal));
    }

    [Fact]
    public void A_port_that_is_taken_leaves_no_run_directory_behind()
    {
        sandbox.Coordinator = (_, _, _, _, _, _, _, _) => throw new InvalidInputException("Cannot listen on 127.0.0.1:7000: the port is in use");
        var outcome = sandbox.Train("--listen", "127.0.0.1:7000", "--insecure", "--json");
        Assert.Equal((ExitCode.Network, "disttrain: Cannot listen on 127.0.0.1:7000: the port is in use."), (outcome.ExitCode, outcome.AssertOneSentence()));
        Assert.False(Directory.Exists(sandbox.At("run")));
    }

    [Fact]
    public void Processes_get_the_address_and_a_secret_that_no_command_line_shows()
    {
        List<string[]> started = [];
        Starts("read secret; echo \"secret $secret\"; cat >&2", started);
        Coordinates();
        Assert.Equal(ExitCode.Success, sandbox.Train("--processes", "2", "--heartbeat-milliseconds", "100").ExitCode);
        Assert.Equal((2, ShardPlacement.Workers, new HostAndPort("127.0.0.1", 0)), (settings!.MinimumWorkers, settings.Placement, settings.Listen));
        Assert.Equal(2, started.Count);
        Assert.Equal(
            ["worker", "--spawned", "--join", "127.0.0.1:7123", "--tls", "no", "--local-sockets", "yes", "--heartbeat-milliseconds", "100", "--silence-seconds", "5", "--reconnect-seconds", "2", "--rejoin-seconds", "300"], started[0]);
        var secret = Convert.ToBase64String(settings.Security.Secret!.Value.Span);
        Assert.Equal($"secret {secret}\n", Log(1));
        Assert.Equal(Log(1), Log(2));
    }

    [Fact]
    public void A_process_that_dies_is_told_with_its_last_words_and_the_run_goes_on()
    {
        using var died = new CountdownEvent(1);
        var count = 0;
        sandbox.StartProcess = _ => Process.Start(new ProcessStartInfo("sh", ["-c", Interlocked.Increment(ref count) == 1 ? "echo first; echo out of luck >&2; exit 3" : "cat >/dev/null"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        Coordinates(cancellation => Assert.True(SpinWait.SpinUntil(() => File.Exists(Path.Combine(sandbox.At("run"), "worker-1.log")) && Log(1).Split('\n').Length == 3, TimeSpan.FromMinutes(1))));
        var outcome = sandbox.Train("--processes", "2", "--min-workers", "1");
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.Matches(@"disttrain: worker process 1 \(\d+\) ended with exit code 3 and said: (out of luck|first) \(its output is in .*worker-1\.log\)", outcome.Error);
    }

    [Fact]
    public void A_process_that_is_killed_comes_again_and_goes_on_with_its_log()
    {
        var count = 0;
        sandbox.StartProcess = _ => Process.Start(new ProcessStartInfo("sh", ["-c", Interlocked.Increment(ref count) == 1 ? "echo first life; kill -9 $$" : "echo second life; cat >/dev/null"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        Coordinates(_ => Assert.True(SpinWait.SpinUntil(() => File.Exists(Path.Combine(sandbox.At("run"), "worker-1.log")) && Log(1) == "first life\nsecond life\n", TimeSpan.FromMinutes(1))));
        var outcome = sandbox.Train("--processes", "1");
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.Matches(@"disttrain: worker process 1 \(\d+\) ended with exit code 137 and said: first life \(its output is in .*worker-1\.log\); it is started again", outcome.Error);
    }

    [Fact]
    public void A_process_that_dies_again_and_again_ends_the_run_that_waits_for_it()
    {
        Starts("kill -9 $$");
        Coordinates(cancellation => Assert.True(cancellation.WaitHandle.WaitOne(TimeSpan.FromMinutes(1))));
        var outcome = sandbox.Train("--processes", "1");
        Assert.Equal(ExitCode.Network, outcome.ExitCode);
        Assert.Contains("it is not started again, as it was 5 times within a minute", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("disttrain: no worker process is left; the weights after step 0 are in", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_without_workers_ends_instead_of_waiting_for_ever()
    {
        Starts("echo nothing works >&2; exit 2");
        Coordinates(cancellation => Assert.True(cancellation.WaitHandle.WaitOne(TimeSpan.FromMinutes(1))));
        var outcome = sandbox.Train("--processes", "2");
        Assert.Equal(ExitCode.Network, outcome.ExitCode);
        Assert.Contains("disttrain: no worker process is left; the weights after step 0 are in", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 2, false, false, false)]
    [InlineData(1, 2, false, false, true)]
    [InlineData(1, 2, true, false, false)]
    [InlineData(1, 2, true, true, true)]
    [InlineData(0, 1, true, false, true)]
    public void A_run_is_given_up_only_where_nobody_can_help_it(int left, int minimum, bool hasBegun, bool waits, bool isHopeless) =>
        Assert.Equal(isHopeless, LocalWorkers.Hopelessness(left, minimum, hasBegun, waits) is not null);
}
