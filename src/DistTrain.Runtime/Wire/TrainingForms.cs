using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning.Reduction;
using Form = DistTrain.Runtime.Wire.MessageForm<DistTrain.Actors.ActorMessage>;

namespace DistTrain.Runtime.Wire;

/// <summary>What a step is made of and what came of it.</summary>
internal static class TrainingForms
{
    public static Form[] All { get; } =
    [
        Form.Of<PlanStep>(20, 6,
            static (writer, plan) =>
            {
                writer.Write(plan.Header);
                writer.Write(plan.MiniBatch);
                writer.WriteDouble(plan.LearningRate);
                writer.WriteBoolean(plan.EndsEpoch);
                writer.WriteBoolean(plan.Measures);
                writer.WriteBoolean(plan.MeasuresNoise);
            },
            static (ref reader) => new PlanStep(reader.ReadHeader(), reader.ReadMiniBatch(), reader.ReadDouble("LearningRate"), reader.ReadBoolean("EndsEpoch"))
            {
                Measures = reader.ReadBoolean("Measures"),
                MeasuresNoise = reader.ReadBoolean("MeasuresNoise"),
            }),

        Form.Of<AssignMicroBatches>(21, 5,
            static (writer, assign) =>
            {
                writer.Write(assign.Header);
                writer.Write(assign.MiniBatch);
                writer.Write(assign.Range);
                writer.WriteSentence(assign.Reason);
                writer.WriteBoolean(assign.MeasuresNoise);
            },
            static (ref reader) => ReadAssignment(ref reader)),

        Form.Of<Contribution>(22, 8,
            static (writer, contribution) =>
            {
                writer.Write(contribution.Header);
                writer.Write(contribution.Worker);
                writer.Write(contribution.Step);
                writer.Write(contribution.Shard);
                writer.Write(contribution.Node);
                writer.Write(contribution.Statistics);
                writer.WriteInteger(contribution.ComputeMicroseconds);
                writer.WriteArray(contribution.SquaredNorms, static (writer, norm) => writer.WriteDouble(norm));
            },
            static (ref reader) => new Contribution(
                reader.ReadHeader(),
                reader.ReadWorker(),
                reader.ReadStep(),
                reader.ReadShard(),
                reader.ReadTreeNode(),
                default,
                reader.ReadStatistics(),
                reader.ReadCounter("ComputeMicroseconds"))
            {
                SquaredNorms = reader.ReadArray("SquaredNorms", static (ref reader) => reader.ReadDouble("SquaredNorms")),
            }),

        Form.Of<NodesMissing>(23, 6,
            static (writer, missing) =>
            {
                writer.Write(missing.Header);
                writer.Write(missing.Shard);
                writer.Write(missing.Step);
                writer.WriteArray(missing.Nodes, static (writer, node) => writer.Write(node));
                writer.WriteInteger(missing.EndedSession.Value);
                writer.WriteSentence(missing.Reason);
            },
            static (ref reader) => new NodesMissing(
                reader.ReadHeader(),
                reader.ReadShard(),
                reader.ReadStep(),
                ReadDisjointNodes(ref reader),
                new SessionNumber(reader.ReadCounter("EndedSession")),
                reader.ReadSentence("Reason"))),

        Form.Of<WeightsPublished>(24, 3,
            static (writer, published) =>
            {
                writer.Write(published.Header);
                writer.Write(published.Shard);
                writer.Write(published.Version);
            },
            static (ref reader) => new WeightsPublished(reader.ReadHeader(), reader.ReadShard(), reader.ReadVersion())),

        Form.Of<RequestWeights>(25, 3,
            static (writer, request) =>
            {
                writer.Write(request.Header);
                writer.Write(request.Worker);
                writer.Write(request.Version);
            },
            static (ref reader) => new RequestWeights(reader.ReadHeader(), reader.ReadWorker(), reader.ReadVersion())),

        Form.Of<StageSummed>(26, 5,
            static (writer, summed) =>
            {
                writer.Write(summed.Header);
                writer.Write(summed.Shard);
                writer.Write(summed.Step);
                writer.WriteInteger(summed.Stage);
                writer.WriteArray(summed.Squares, static (writer, squares) => writer.Write(squares));
            },
            static (ref reader) => new StageSummed(
                reader.ReadHeader(), reader.ReadShard(), reader.ReadStep(), reader.ReadInteger("Stage"), reader.ReadArray("Squares", static (ref reader) => reader.ReadSquares()))),

        Form.Of<StepCommitted>(27, 7,
            static (writer, committed) =>
            {
                writer.Write(committed.Header);
                writer.Write(committed.Shard);
                writer.Write(committed.Step);
                writer.WriteOptional(committed.Record);
                writer.WriteArray(committed.Measures, static (writer, measures) => writer.Write(measures));
                writer.WriteArray(committed.NodeNorms, static (writer, norm) => writer.Write(norm));
                writer.Write(committed.NodeSquares);
            },
            static (ref reader) => new StepCommitted(reader.ReadHeader(), reader.ReadShard(), reader.ReadStep(), reader.ReadsNothing("Record") ? null : reader.ReadStepRecord())
            {
                Measures = reader.ReadArray("Measures", static (ref reader) => reader.ReadMeasures()),
                NodeNorms = reader.ReadArray("NodeNorms", static (ref reader) => reader.ReadNodeNorm()),
                NodeSquares = reader.ReadShardSquares(),
            }),

        Form.Of<StepNotFinite>(28, 4,
            static (writer, broken) =>
            {
                writer.Write(broken.Header);
                writer.Write(broken.Shard);
                writer.Write(broken.Step);
                writer.WriteOptional((long?)broken.Chunk);
            },
            static (ref reader) => new StepNotFinite(reader.ReadHeader(), reader.ReadShard(), reader.ReadStep(), reader.ReadOptionalInteger("Chunk"))),

        Form.Of<WorkerAtFault>(29, 5,
            static (writer, fault) =>
            {
                writer.Write(fault.Header);
                writer.Write(fault.Shard);
                writer.Write(fault.Worker);
                writer.WriteInteger(fault.WorkerSession.Value);
                writer.WriteSentence(fault.Reason);
            },
            static (ref reader) => new WorkerAtFault(
                reader.ReadHeader(), reader.ReadShard(), reader.ReadWorker(), new SessionNumber(reader.ReadCounter("WorkerSession")), reader.ReadSentence("Reason"))),
    ];

    private static AssignMicroBatches ReadAssignment(ref FieldReader reader)
    {
        var header = reader.ReadHeader();
        var batch = reader.ReadMiniBatch();
        return new AssignMicroBatches(header, batch, reader.ReadRange("Range", most: batch.MicroBatchCount), reader.ReadSentence("Reason")) { MeasuresNoise = reader.ReadBoolean("MeasuresNoise") };
    }

    private static ImmutableArray<TreeNode> ReadDisjointNodes(ref FieldReader reader)
    {
        var nodes = reader.ReadArray("Nodes", static (ref reader) => reader.ReadTreeNode());
        for (var i = 1; i < nodes.Length; i++)
        {
            FieldReader.Require(nodes[i].First >= nodes[i - 1].End, "the nodes overlap, or are not in order");
        }

        return nodes;
    }
}
