using DistTrain.Cli.Configuration;
using DistTrain.Cli.Tests.Support;
using DistTrain.Data;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Security;

namespace DistTrain.Cli.Tests.Commands;

public sealed class MemberCommandTests : IDisposable
{
    private static readonly DataSet Digits = DataSetLoader.Load("digits", new DataSetOptions());
    private readonly Sandbox sandbox = new();
    private MemberSettings? settings;
    private PreparedRun? prepared;

    public void Dispose() => sandbox.Dispose();

    private static RunOffer Offer(TrainConfiguration configuration, string? contentHash = null) => new(
        "9.8.7", ConfigurationWriter.ToYaml(configuration), 3, new DataOffer("digits", configuration.Data, contentHash ?? Digits.ContentHash, []));

    private static TrainConfiguration Resolved => (TrainConfiguration.Default with { Model = Learning.Graph.ModelSpecification.Parse("mlp:16") }).For(Digits.Train.Targets);

    /// <summary>A coordinator that offers a run and tells how it ended.</summary>
    private void Offers(RunOffer offer, IDataFetcher? fetcher = null, MemberOutcome? outcome = null) => sandbox.Member = (given, version, prepare, tell, leave) =>
    {
        settings = given;
        prepared = prepare(offer, fetcher ?? new NoFiles());
        return outcome ?? new MemberOutcome(MemberEnding.RunEnded, "the run has ended: completed");
    };

    private Outcome Join(params string[] more) => sandbox.Run(["worker", "--join", "node-1:7000", "--insecure", .. more]);

    [Fact]
    public void A_worker_makes_the_coordinators_run_and_ends_with_it()
    {
        Offers(Offer(Resolved));
        var outcome = Join();
        Assert.Equal((ExitCode.Success, ""), (outcome.ExitCode, outcome.Error));
        Assert.Equal("the run has ended: completed", outcome.OutputLines[^1]);
        Assert.Equal((new HostAndPort("node-1", 7000), MemberRole.Worker, TimeSpan.FromSeconds(60)), (settings!.Coordinator, settings.Role, settings.JoinTimeout));
        var definition = prepared!.Definition;
        Assert.Equal((3, 1438, 32), (definition.WorkerCount, definition.Train.Count, definition.BatchSize));
    }

    [Fact]
    public void What_a_machine_can_do_is_its_own_business()
    {
        Offers(Offer(Resolved));
        Join("--threads", "3", "--memory", "1GiB", "--listen", "10.0.0.1:0", "--advertise", "node-2", "--join-timeout", "5", "--heartbeat-milliseconds", "100");
        Assert.Equal((3, 1L << 30), (prepared!.Definition.ThreadsPerWorker, prepared.Definition.MemoryBytes!.Value));
        Assert.Equal((new HostAndPort("10.0.0.1", 0), "node-2", TimeSpan.FromSeconds(5)), (settings!.Listen, settings.AdvertisedHost, settings.JoinTimeout));
        Assert.Equal(TimeSpan.FromMilliseconds(100), settings.Limits.HeartbeatInterval);
    }

    [Fact]
    public void A_node_joins_in_its_role()
    {
        Offers(Offer(Resolved));
        Assert.Equal(ExitCode.Success, sandbox.Run("node", "--role", "server", "--join", "node-1:7000", "--insecure").ExitCode);
        Assert.Equal(MemberRole.Server, settings!.Role);
    }

    [Fact]
    public void Own_data_with_other_content_is_refused_with_both_hashes()
    {
        Offers(Offer(Resolved));
        var spirals = DataSetLoader.Load("synthetic:spirals", new DataSetOptions()).ContentHash;
        var refused = Join("--data", "synthetic:spirals");
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        var sentence = refused.AssertOneSentence();
        Assert.Contains(spirals, sentence, StringComparison.Ordinal);
        Assert.Contains(Digits.ContentHash, sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_source_with_other_content_is_refused_too()
    {
        Offers(Offer(Resolved, "sha256:" + new string('0', 64)));
        var sentence = Join().AssertOneSentence();
        Assert.Contains("this machine has other data than the run's digits", sentence, StringComparison.Ordinal);
        Assert.Contains(Digits.ContentHash, sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_that_is_not_here_comes_from_the_coordinator_into_the_cache()
    {
        const string table = "1,2,a\n2,1,b\n1,3,a\n3,1,b\n1,4,a\n4,1,b\n";
        var offered = TableOffer(table);
        Offers(offered, new Table(table));
        Assert.Equal(ExitCode.Success, Join("--cache", sandbox.At("cache")).ExitCode);
        Assert.Equal(DataSetLoader.Load($"csv:{sandbox.Write("same.csv", table)}", new DataSetOptions()).Train.Count, prepared!.Definition.Train.Count);

        Offers(offered);
        var again = Join("--cache", sandbox.At("cache"));
        Assert.Equal(ExitCode.Success, again.ExitCode);
        Assert.Contains("in the cache already", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_path_with_other_content_is_refused_instead_of_replaced()
    {
        var offered = TableOffer("1,2,a\n2,1,b\n1,3,a\n3,1,b\n1,4,a\n4,1,b\n");
        sandbox.Write("elsewhere.csv", "9,2,a\n2,1,b\n1,3,a\n3,1,b\n1,4,a\n4,1,b\n");
        Offers(offered);
        var refused = Join("--cache", sandbox.At("cache"));
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains(offered.Data.ContentHash, refused.AssertOneSentence(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(sandbox.At("cache")));
    }

    [Fact]
    public void A_request_to_stop_before_joining_is_no_failure()
    {
        sandbox.Interruption = (first, _) =>
        {
            first();
            return new StringWriter();
        };
        sandbox.Member = (_, _, _, _, leave) => throw new OperationCanceledException(leave);
        Assert.Equal((ExitCode.Success, ""), (Join() is var outcome ? (outcome.ExitCode, outcome.Error) : default));
    }

    /// <summary>A table that lies in the coordinator's file <c>elsewhere.csv</c>, which this machine does not have.</summary>
    private RunOffer TableOffer(string table)
    {
        var written = sandbox.Write("elsewhere.csv", table);
        var data = DataSetLoader.Load($"csv:{written}", new DataSetOptions());
        var file = Assert.Single(DataSource.Parse($"csv:{written}").Files());
        var configuration = (TrainConfiguration.Default with { Data = $"csv:{written}", Model = Learning.Graph.ModelSpecification.Parse("mlp:4") }).For(data.Train.Targets);
        File.Delete(written);
        return new RunOffer("9.8.7", ConfigurationWriter.ToYaml(configuration), 1, new DataOffer("elsewhere.csv", configuration.Data, data.ContentHash, [new DataFile(file.Name, file.Length, file.Sha256)]));
    }

    [Theory]
    [InlineData(MemberEnding.Refused, ExitCode.Refused)]
    [InlineData(MemberEnding.CoordinatorLost, ExitCode.Network)]
    public void An_end_that_was_not_wanted_is_a_sentence_and_a_code(MemberEnding ending, ExitCode code)
    {
        Offers(Offer(Resolved), outcome: new MemberOutcome(ending, "it was like this"));
        var outcome = Join();
        Assert.Equal(code, outcome.ExitCode);
        Assert.Equal("disttrain: it was like this.", outcome.AssertOneSentence());
    }

    [Theory]
    [InlineData(ConnectionFault.WrongSecret, ExitCode.Refused)]
    [InlineData(ConnectionFault.ExpiredCertificate, ExitCode.Refused)]
    [InlineData(ConnectionFault.OtherVersion, ExitCode.Refused)]
    [InlineData(ConnectionFault.UnknownHost, ExitCode.Network)]
    [InlineData(ConnectionFault.Unreachable, ExitCode.Network)]
    public void A_connection_that_fails_says_why(ConnectionFault fault, ExitCode code)
    {
        sandbox.Member = (_, _, _, _, _) => throw new SecureConnectException(fault, "it was like this");
        Assert.Equal("disttrain: it was like this.", Join().AssertRefused(code));
    }

    [Fact]
    public void A_request_to_stop_leaves_in_order()
    {
        sandbox.Interruption = (first, _) =>
        {
            first();
            return new StringWriter();
        };
        sandbox.Member = (_, _, _, _, leave) => leave.IsCancellationRequested ? new MemberOutcome(MemberEnding.Left, "it has left") : throw new InvalidOperationException("it was not asked to leave");
        var outcome = Join();
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.Equal(["leaving the run in order; ask again to end at once", "it has left"], outcome.OutputLines);
    }

    [Fact]
    public void A_process_that_another_started_has_its_secret_from_it()
    {
        var secret = Enumerable.Range(1, 32).Select(i => (byte)i).ToArray();
        sandbox.Input = new StringReader(Convert.ToBase64String(secret) + "\n");
        sandbox.Interruption = (_, _) => throw new InvalidOperationException("Ctrl-C is not its business");
        MemberSettings? given = null;
        using var asked = new ManualResetEventSlim();
        sandbox.Member = (s, _, _, _, leave) =>
        {
            given = s;
            return leave.WaitHandle.WaitOne(TimeSpan.FromMinutes(1)) ? new MemberOutcome(MemberEnding.Left, "the input has ended") : throw new InvalidOperationException("the end of the input was not seen");
        };
        Assert.Equal(ExitCode.Success, sandbox.Run("worker", "--join", "127.0.0.1:7000", "--spawned").ExitCode);
        Assert.True(given!.Security.Secret!.Value.Span.SequenceEqual(secret));
        Assert.False(given.Security.UsesTls);
    }

    [Theory]
    [InlineData("worker", "--join is needed: say where the coordinator listens, for example --join node-1:7000")]
    [InlineData("worker --join node-1", "--join must be a host and a port from 1 to 65535")]
    [InlineData("worker --join node-1:7000", "a cluster must know who belongs to it: give --cluster-folder")]
    [InlineData("worker --join node-1:7000 --spawned", "--spawned is for processes that 'disttrain train --processes' starts")]
    [InlineData("worker --join node-1:7000 --insecure --threads 0", "--threads must be at least 1, but is 0")]
    [InlineData("worker --join node-1:7000 --insecure --memory much", "--memory must be a size such as 512MiB or 2GiB, but is 'much'")]
    [InlineData("worker --join node-1:7000 --insecure --engine gpu", "--engine must be one of simd, reference, but is 'gpu'")]
    [InlineData("worker --join node-1:7000 --insecure --epochs 3", "unknown option '--epochs'")]
    [InlineData("worker --join node-1:7000 --insecure --thread", "unknown option '--thread' (did you mean '--threads'?)")]
    [InlineData("node --join node-1:7000", "node needs --role: server or worker")]
    [InlineData("node --role coordinator --join node-1:7000", "--role must be server or worker, but is 'coordinator'")]
    [InlineData("status", "Required argument 'HOST:PORT' missing")]
    [InlineData("status node-1", "HOST:PORT must be a host and a port")]
    [InlineData("status node-1:7000", "a cluster must know who belongs to it")]
    [InlineData("health node-1:7000 --timeout 0", "--timeout must be a finite number above 0 and at most 86400, but is 0")]
    public void What_is_not_possible_is_refused_in_one_sentence(string line, string sentence) =>
        Assert.Contains(sentence, sandbox.Run(line.Split(' ')).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);

    private sealed class Table(string content) : IDataFetcher
    {
        public void Fetch(DataFile file, long offset, Stream destination, CancellationToken cancellation) => destination.Write(System.Text.Encoding.UTF8.GetBytes(content).AsSpan((int)offset));
    }

    private sealed class NoFiles : IDataFetcher
    {
        public void Fetch(DataFile file, long offset, Stream destination, CancellationToken cancellation) => throw new InvalidOperationException("nothing needs to be fetched");
    }
}
