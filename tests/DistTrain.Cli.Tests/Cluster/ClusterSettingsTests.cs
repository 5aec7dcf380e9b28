using DistTrain.Actors;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Tests.Support;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Tests.Cluster;

public sealed class ClusterSettingsTests : IDisposable
{
    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    [Theory]
    [InlineData("--listen 7000", "--listen must be a host and a port from 0 to 65535, such as 127.0.0.1:7000 or node-1:7000, but is '7000'")]
    [InlineData("--listen 127.0.0.1:65536", "but is '127.0.0.1:65536'")]
    [InlineData("--listen ::1:7000", "but is '::1:7000'")]
    [InlineData("--listen http://node:7000", "but is 'http://node:7000'")]
    [InlineData("--listen :7000", "but is ':7000'")]
    [InlineData("--processes -1", "--processes must be at least 0, but is -1")]
    [InlineData("--below-min-workers stop", "--below-min-workers must be one of continue, wait, but is 'stop'")]
    [InlineData("--placement here", "--placement must be one of workers, central, servers, but is 'here'")]
    [InlineData("--shards 0", "--shards must be at least 1, but is 0")]
    [InlineData("--heartbeat-milliseconds 60001", "--heartbeat-milliseconds must be at most 60000, but is 60001")]
    [InlineData("--silence-seconds 0", "--silence-seconds must be a finite number from 0.1 to 3600, but is 0")]
    [InlineData("--tls maybe", "--tls must be yes, no or auto, but is 'maybe'")]
    [InlineData("--min-workers 2", "--min-workers is about several processes: give --processes N (worker processes on this machine) or --listen HOST:PORT (workers that join from anywhere) as well")]
    [InlineData("--placement central", "--placement is about several processes")]
    [InlineData("--insecure", "--insecure is about several processes")]
    [InlineData("--processes 2 --listen 127.0.0.1:7000", "give either --processes 2 or --listen 127.0.0.1:7000")]
    [InlineData("--processes 2 --workers 3", "--workers counts the workers within this process, but --processes asks for workers of other processes: leave out --workers")]
    [InlineData("--listen 127.0.0.1:0 --workers 3 --insecure", "but --listen asks for workers of other processes")]
    [InlineData("--processes 2 --min-workers 3", "training would never begin: --min-workers is 3, but --processes starts 2")]
    [InlineData("--processes 2 --shards 3", "--placement workers puts at most one shard on each worker, but --shards is 3 and --processes is 2")]
    [InlineData("--listen 127.0.0.1:0 --insecure --placement workers --shards 2", "--shards is 2 and --min-workers is 1")]
    [InlineData("--processes 2 --placement servers", "--placement servers needs nodes that join to hold shards, but --processes starts workers only")]
    [InlineData("--processes 2 --secret-file x", "--processes makes a secret of its own")]
    [InlineData("--processes 2 --runtime deterministic", "--runtime deterministic keeps everything in this process, but --processes 2 asks for others")]
    [InlineData("--processes 2 --learning-rate find", "--learning-rate find trains in this process only: find the rate without --processes 2 first")]
    [InlineData("--listen 127.0.0.1:0", "--listen must know who belongs to the cluster: give --cluster-folder (made by 'disttrain cluster init'), --secret-file, or --insecure")]
    [InlineData("--listen 127.0.0.1:0 --secret-file a --cluster-folder b", "--cluster-folder holds a secret already: leave out --secret-file")]
    [InlineData("--processes 2 --runtime akka", "this program was built without Akka.NET: build it with 'dotnet build -c Release -p:Akka=true' from a NuGet feed that has the packages, or leave out --runtime akka")]
    [InlineData("--akka-config x", "--akka-config is for --runtime akka")]
    [InlineData("--standby 127.0.0.1:7000", "--standby needs --runtime akka, --listen (where workers will join) and --run")]
    public void What_is_not_possible_is_refused_before_anything_is_made(string flags, string sentence)
    {
        Assert.Contains(sentence, sandbox.Train(flags.Split(' ')).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
        Assert.False(Directory.Exists(sandbox.At("run")));
    }

    [Theory]
    [InlineData("worker --join 127.0.0.1:7000 --insecure --runtime akka", "this program was built without Akka.NET")]
    [InlineData("node --role server --join 127.0.0.1:7000 --insecure --runtime deterministic", "--runtime must be akka, or be left out, for processes that join others, but is 'deterministic'")]
    [InlineData("chaos --kills 1 --runtime deterministic", "chaos needs processes to kill, and the runtime deterministic has one only")]
    public void Members_and_chaos_know_the_runtimes_of_several_processes(string line, string sentence) =>
        Assert.Contains(sentence, sandbox.Run(line.Split(' ')).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);

    [Fact]
    public void Akka_is_for_several_processes() => Assert.Contains(
        "--runtime akka is about several processes", Assert.Throws<InvalidInputException>(() => ClusterPlan.Of(TrainConfiguration.Default with { Runtime = "akka" })).Message, StringComparison.Ordinal);

    [Fact]
    public void Nothing_said_is_a_single_process() =>
        Assert.Equal(new SingleProcess(2), ClusterPlan.Of(TrainConfiguration.Default));

    [Fact]
    public void Shards_are_possible_without_a_network() => Assert.IsType<SingleProcess>(ClusterPlan.Of(TrainConfiguration.Default with { Shards = 3 }));

    [Fact]
    public void Processes_have_their_shards_on_the_workers_and_begin_when_all_are_there() =>
        Assert.Equal(new Clustered(new HostAndPort("127.0.0.1", 0), 3, ShardPlacement.Workers, 3), ClusterPlan.Of(TrainConfiguration.Default with { Processes = 3 }));

    [Fact]
    public void Workers_that_join_find_the_shards_with_the_coordinator_and_the_first_begins()
    {
        var listen = new HostAndPort("0.0.0.0", 7000);
        Assert.Equal(new Clustered(listen, 1, ShardPlacement.Central, 0), ClusterPlan.Of(TrainConfiguration.Default with { Listen = listen, IsInsecure = true }));
    }

    [Fact]
    public void A_stored_configuration_is_one_of_a_single_process_with_the_same_training()
    {
        var configuration = new TrainConfiguration
        {
            Listen = new("node", 7000), MinWorkers = 3, WaitsBelowMinWorkers = true, Placement = ShardPlacement.Workers, Shards = 2, Health = new("node", 80), ClusterFolder = "secret-folder",
            IsInsecure = true, Tls = true, LocalSockets = false, HeartbeatMilliseconds = 20, SilenceSeconds = 1, ReconnectSeconds = 1, RejoinSeconds = 1, Runtime = "akka", AkkaConfiguration = "akka.conf", Epochs = 7,
        };
        var stored = configuration.WithoutCluster(ClusterPlan.Of(configuration));
        Assert.Equal(TrainConfiguration.Default with { Epochs = 7, Shards = 2, Workers = 3 }, stored);
        Assert.IsType<SingleProcess>(ClusterPlan.Of(stored));
    }

    [Theory]
    [InlineData("node-1:7000", "node-1", 7000)]
    [InlineData("[::1]:7000", "::1", 7000)]
    [InlineData("10.0.0.5:1", "10.0.0.5", 1)]
    public void Addresses_are_read_and_written_the_same(string text, string host, int port)
    {
        Assert.Equal(new HostAndPort(host, port), Address.ToReach(text));
        Assert.Equal(text, Address.ToReach(text).ToString());
    }

    [Fact]
    public void Nobody_can_be_reached_on_port_0() => Assert.Throws<InvalidValueException>(() => Address.ToReach("node:0"));

    [Fact]
    public void A_secret_file_is_read_without_its_last_line_break()
    {
        var file = sandbox.Write("secret", "0123456789abcdef\n");
        var security = Credentials.Of(TrainConfiguration.Default with { SecretFile = file }, _ => { });
        Assert.True(security.Secret!.Value.Span.SequenceEqual("0123456789abcdef"u8));
        Assert.True(security.UsesTls);
    }

    [Theory]
    [InlineData(true, null, false)]
    [InlineData(true, true, true)]
    [InlineData(false, false, false)]
    public void Traffic_is_encrypted_unless_something_else_is_said(bool isInsecure, bool? tls, bool isEncrypted)
    {
        var file = sandbox.Write("secret", "0123456789abcdef");
        Assert.Equal(isEncrypted, Credentials.Of(TrainConfiguration.Default with { SecretFile = file, IsInsecure = isInsecure, Tls = tls }, _ => { }).UsesTls);
    }

    [Theory]
    [InlineData("too short", "must hold 16 to 4096 bytes, but holds 9")]
    [InlineData("               \n   \n ", "must hold 16 to 4096 bytes, but holds 0")]
    public void A_secret_that_can_be_guessed_is_refused(string secret, string sentence)
    {
        var file = sandbox.Write("secret", secret);
        Assert.Contains(sentence, sandbox.Train("--listen", "127.0.0.1:0", "--secret-file", file).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
    }
}
