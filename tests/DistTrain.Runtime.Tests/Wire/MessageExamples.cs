using DistTrain.Actors;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.DataTransfer;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Tests.Wire;

/// <summary>One message of every kind, whose bytes are written down.</summary>
internal static class MessageExamples
{
    private static readonly Header Header = new(new Term(1), new Incarnation(2), new SessionNumber(300));
    private static readonly WorkerId Worker = new(7);
    private static readonly ShardId Shard = new(1);
    private static readonly StepNumber Step = new(70_000);
    private static readonly WeightVersion Version = new(69_999);
    private static readonly ShardMap Map = new(3, [new NodeId(0), new NodeId(4)]);
    private static readonly MiniBatch Batch = new(Step, 12, 59_904, 96, 8);
    private static readonly NodeStatistics Statistics = new(1.5, 40, 48);
    private static readonly LedgerEntry Entry = new(Batch, [new AcceptedNode(new TreeNode(2, 0), Worker, 48, 1200), new AcceptedNode(new TreeNode(2, 1), new WorkerId(1), 48, 0)]);
    private static readonly ServerState State = new(Version, [0.9, 0.999], [Entry], 16);
    private static readonly HostAndPort Endpoint = new("10.0.0.2", 7700);

    public static IReadOnlyList<ActorMessage> Actors { get; } =
    [
        new JoinRequested(Header.Unintroduced, Worker, new NodeId(4), "simd-1"),
        new Welcome(Header, Map),
        new JoinRefused(Header, "another arithmetic"),
        new StartServing(Header, Shard, Map),
        new ResumeServing(Header, Shard, Map, State),
        new DeliverState(Header, Version, GoesOn: true),
        new StateDelivered(Header, Shard, State),
        new ServerReady(Header, Shard, Version),
        new Subscribe(Header, Worker),
        new EndSession(Header, Worker, new SessionNumber(5), [new OpenRange(Step, new WorkRange(4, 8))], "größer"),
        new StopAfter(Header, Step),
        new ServerStopped(Header, Shard, Version),
        new LeaveRequested(Header, Worker, "asked to"),
        new Stop(Header),
        new WorkerStopped(Header, Worker),
        new PlanStep(Header, Batch, 0.05, true) { Measures = true, MeasuresNoise = true },
        new AssignMicroBatches(Header, Batch, new WorkRange(0, 8), "the only worker") { MeasuresNoise = true },
        new Contribution(Header, Worker, Step, Shard, new TreeNode(2, 1), new GradientHandle(99), Statistics, 1200) { SquaredNorms = [2.5, 0.25] },
        new NodesMissing(Header, Shard, Step, [new TreeNode(0, 0), new TreeNode(1, 1)], new SessionNumber(5), "lost"),
        new WeightsPublished(Header, Shard, Version),
        new RequestWeights(Header, Worker, Version),
        new StageSummed(Header, Shard, Step, 1, [new StageSquares(0.25, 4)]),
        new StepCommitted(Header, Shard, Step, new StepRecord(Entry, Statistics, 16, new EpochLedger(625, new LedgerProof(60_000, 60_000, 0, 0, 16), [new WorkerShare(Worker, 5000, 1, null)])))
        {
            Measures = [new ChunkMeasures(1, 2, 0.5)],
            NodeNorms = [new NodeNorm(new TreeNode(1, 3), 2.5)],
            NodeSquares = new ShardSquares([0, 5], [new NodeSquares(new TreeNode(3, 0), [1.5, 3])]),
        },
        new StepNotFinite(Header, Shard, Step, null),
        new WorkerAtFault(Header, Shard, Worker, new SessionNumber(5), "counts 7 samples of 8"),
        new AssignEvaluation(Header, Version, DataSplit.Validation, new WorkRange(0, 3), "fastest"),
        new EvaluationBlocksDone(Header, Worker, Version, DataSplit.Test,
        [
            new BlockResult(2, -0.5, 90, 100) { Counts = [3, 200], Sums = [1e-3], Activations = [new ActivationHealth("relu-1", 0.125, null)] },
        ]),
        new WeightsDelivered(Header, Shard, Version),
        new ReleaseVersion(Header, Version),
    ];

    public static IReadOnlyList<NodeMessage> Nodes { get; } =
    [
        new ActorEnvelope(ActorAddress.Of(Worker), ActorAddress.Of(Shard), 4000, new Subscribe(Header, Worker)),
        new Introduction("0.1.0", MemberRole.Server, "box", 4711, Endpoint),
        new Offer(new RunOffer("0.1.0", "model: mlp\n", 2, new DataOffer("mnist", "idx:/data/mnist", "sha256:" + new string('0', 64), [new DataFile("images.gz", 9_912_422, new string('a', 64))]))),
        new TicketRequested(),
        new TicketIssued([1, 2, 3, 4]),
        new Prepared("simd-1", "AVX2", "sha256:" + new string('0', 64)),
        new Refusal("the run is full"),
        new Admission(new NodeId(4), Worker),
        new ShardsPlaced(Map, [new ShardHost(new NodeId(4), new ProcessId(new Guid("00112233-4455-6677-8899-aabbccddeeff")), Endpoint)]),
        new PeerIntroduction(new NodeId(4), null),
        new Leaving("asked to"),
        new Released(),
        new RunOver("completed after 12 epochs"),
        new WorkerStatus(70_000, 1.25, 0.5, 12_000),
        new MailAddress("akka", "akka.tcp://disttrain@10.0.0.2:7701/user/mail#42"),
    ];

    public static IReadOnlyList<FileMessage> Files { get; } = [new FileRequested(new string('a', 64), 70_000), new FileFollows(9_842_422), new FileRefused("it has changed")];
}
