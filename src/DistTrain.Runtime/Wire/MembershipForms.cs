using DistTrain.Actors;
using Form = DistTrain.Runtime.Wire.MessageForm<DistTrain.Actors.ActorMessage>;

namespace DistTrain.Runtime.Wire;

/// <summary>Who takes part, and as what.</summary>
internal static class MembershipForms
{
    public static Form[] All { get; } =
    [
        Form.Of<JoinRequested>(1, 4,
            static (writer, join) =>
            {
                writer.Write(join.Header);
                writer.Write(join.Worker);
                writer.Write(join.Node);
                writer.WriteString(join.Arithmetic);
            },
            static (ref reader) => new JoinRequested(reader.ReadHeader(), reader.ReadWorker(), reader.ReadNodeId(), reader.ReadText("Arithmetic"))),

        Form.Of<Welcome>(2, 2,
            static (writer, welcome) =>
            {
                writer.Write(welcome.Header);
                writer.Write(welcome.Map);
            },
            static (ref reader) => new Welcome(reader.ReadHeader(), reader.ReadShardMap())),

        Form.Of<JoinRefused>(3, 2,
            static (writer, refused) =>
            {
                writer.Write(refused.Header);
                writer.WriteSentence(refused.Reason);
            },
            static (ref reader) => new JoinRefused(reader.ReadHeader(), reader.ReadSentence("Reason"))),

        Form.Of<StartServing>(4, 3,
            static (writer, start) =>
            {
                writer.Write(start.Header);
                writer.Write(start.Shard);
                writer.Write(start.Map);
            },
            static (ref reader) => ShardIsOnMap(new StartServing(reader.ReadHeader(), reader.ReadShard(), reader.ReadShardMap()))),

        Form.Of<ResumeServing>(5, 4,
            static (writer, resume) =>
            {
                writer.Write(resume.Header);
                writer.Write(resume.Shard);
                writer.Write(resume.Map);
                writer.Write(resume.State);
            },
            static (ref reader) => ShardIsOnMap(new ResumeServing(reader.ReadHeader(), reader.ReadShard(), reader.ReadShardMap(), reader.ReadServerState()))),

        Form.Of<DeliverState>(6, 3,
            static (writer, deliver) =>
            {
                writer.Write(deliver.Header);
                writer.Write(deliver.Version);
                writer.WriteBoolean(deliver.GoesOn);
            },
            static (ref reader) => new DeliverState(reader.ReadHeader(), reader.ReadVersion(), reader.ReadBoolean("GoesOn"))),

        Form.Of<StateDelivered>(7, 3,
            static (writer, delivered) =>
            {
                writer.Write(delivered.Header);
                writer.Write(delivered.Shard);
                writer.Write(delivered.State);
            },
            static (ref reader) => new StateDelivered(reader.ReadHeader(), reader.ReadShard(), reader.ReadServerState())),

        Form.Of<ServerReady>(8, 3,
            static (writer, ready) =>
            {
                writer.Write(ready.Header);
                writer.Write(ready.Shard);
                writer.Write(ready.Version);
            },
            static (ref reader) => new ServerReady(reader.ReadHeader(), reader.ReadShard(), reader.ReadVersion())),

        Form.Of<Subscribe>(9, 2,
            static (writer, subscribe) =>
            {
                writer.Write(subscribe.Header);
                writer.Write(subscribe.Worker);
            },
            static (ref reader) => new Subscribe(reader.ReadHeader(), reader.ReadWorker())),

        Form.Of<EndSession>(10, 5,
            static (writer, end) =>
            {
                writer.Write(end.Header);
                writer.Write(end.Worker);
                writer.WriteInteger(end.WorkerSession.Value);
                writer.WriteArray(end.OpenRanges, static (writer, open) => writer.Write(open));
                writer.WriteSentence(end.Reason);
            },
            static (ref reader) => new EndSession(
                reader.ReadHeader(),
                reader.ReadWorker(),
                new SessionNumber(reader.ReadCounter("WorkerSession")),
                reader.ReadArray("OpenRanges", static (ref reader) => reader.ReadOpenRange()),
                reader.ReadSentence("Reason"))),

        Form.Of<StopAfter>(11, 2,
            static (writer, stop) =>
            {
                writer.Write(stop.Header);
                writer.Write(stop.Step);
            },
            static (ref reader) => new StopAfter(reader.ReadHeader(), reader.ReadStep(least: 0))),

        Form.Of<ServerStopped>(12, 3,
            static (writer, stopped) =>
            {
                writer.Write(stopped.Header);
                writer.Write(stopped.Shard);
                writer.Write(stopped.Version);
            },
            static (ref reader) => new ServerStopped(reader.ReadHeader(), reader.ReadShard(), reader.ReadVersion())),

        Form.Of<LeaveRequested>(13, 3,
            static (writer, leave) =>
            {
                writer.Write(leave.Header);
                writer.Write(leave.Worker);
                writer.WriteSentence(leave.Reason);
            },
            static (ref reader) => new LeaveRequested(reader.ReadHeader(), reader.ReadWorker(), reader.ReadSentence("Reason"))),

        Form.Of<Stop>(14, 1,
            static (writer, stop) => writer.Write(stop.Header),
            static (ref reader) => new Stop(reader.ReadHeader())),

        Form.Of<WorkerStopped>(15, 2,
            static (writer, stopped) =>
            {
                writer.Write(stopped.Header);
                writer.Write(stopped.Worker);
            },
            static (ref reader) => new WorkerStopped(reader.ReadHeader(), reader.ReadWorker())),
    ];

    private static StartServing ShardIsOnMap(StartServing start)
    {
        RequireOnMap(start.Shard, start.Map);
        return start;
    }

    private static ResumeServing ShardIsOnMap(ResumeServing resume)
    {
        RequireOnMap(resume.Shard, resume.Map);
        return resume;
    }

    private static void RequireOnMap(ShardId shard, ShardMap map) => FieldReader.Require(shard.Value < map.ShardCount, "the shard is not on the map");
}
