using DistTrain.Actors;
using Form = DistTrain.Runtime.Wire.MessageForm<DistTrain.Actors.ActorMessage>;

namespace DistTrain.Runtime.Wire;

/// <summary>Evaluations, and the weights that the coordinator gets for them.</summary>
internal static class EvaluationForms
{
    public static Form[] All { get; } =
    [
        Form.Of<AssignEvaluation>(40, 5,
            static (writer, assign) =>
            {
                writer.Write(assign.Header);
                writer.Write(assign.Version);
                writer.Write(assign.Split);
                writer.Write(assign.Blocks);
                writer.WriteSentence(assign.Reason);
            },
            static (ref reader) => new AssignEvaluation(
                reader.ReadHeader(), reader.ReadVersion(), reader.ReadSplit(), reader.ReadRange("Blocks"), reader.ReadSentence("Reason"))),

        Form.Of<EvaluationBlocksDone>(41, 5,
            static (writer, done) =>
            {
                writer.Write(done.Header);
                writer.Write(done.Worker);
                writer.Write(done.Version);
                writer.Write(done.Split);
                writer.WriteArray(done.Blocks, static (writer, block) => writer.Write(block));
            },
            static (ref reader) => new EvaluationBlocksDone(
                reader.ReadHeader(),
                reader.ReadWorker(),
                reader.ReadVersion(),
                reader.ReadSplit(),
                reader.ReadArray("Blocks", static (ref reader) => reader.ReadBlockResult()))),

        Form.Of<WeightsDelivered>(42, 3,
            static (writer, delivered) =>
            {
                writer.Write(delivered.Header);
                writer.Write(delivered.Shard);
                writer.Write(delivered.Version);
            },
            static (ref reader) => new WeightsDelivered(reader.ReadHeader(), reader.ReadShard(), reader.ReadVersion())),

        Form.Of<ReleaseVersion>(43, 2,
            static (writer, release) =>
            {
                writer.Write(release.Header);
                writer.Write(release.Version);
            },
            static (ref reader) => new ReleaseVersion(reader.ReadHeader(), reader.ReadVersion())),
    ];
}
