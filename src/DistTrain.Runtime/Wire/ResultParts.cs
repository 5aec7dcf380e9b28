using DistTrain.Actors;
using DistTrain.Learning.Diagnostics;

namespace DistTrain.Runtime.Wire;

/// <summary>The larger parts of actors' messages: what blocks gave, what the ledger says, what a shard is. Each kind once: how it is written, and behind that how it is read.</summary>
internal static class ResultParts
{
    public static void Write(this MessagePackWriter writer, BlockResult block)
    {
        writer.WriteArrayHeader(7);
        writer.WriteInteger(block.Block);
        writer.WriteDouble(block.LossSum);
        writer.WriteInteger(block.CorrectCount);
        writer.WriteInteger(block.SampleCount);
        writer.WriteArray(block.Counts, static (writer, count) => writer.WriteInteger(count));
        writer.WriteArray(block.Sums, static (writer, sum) => writer.WriteDouble(sum));
        writer.WriteArray(block.Activations, static (writer, health) => writer.Write(health));
    }

    public static BlockResult ReadBlockResult(this ref FieldReader reader)
    {
        reader.BeginGroup("Blocks", 7);
        var block = new BlockResult(reader.ReadInteger("Block"), reader.ReadDouble("LossSum"), reader.ReadCounter("CorrectCount"), reader.ReadInteger("SampleCount"))
        {
            Counts = reader.ReadArray("Counts", static (ref reader) => reader.ReadCounter("Counts")),
            Sums = reader.ReadArray("Sums", static (ref reader) => reader.ReadDouble("Sums")),
            Activations = reader.ReadArray("Activations", static (ref reader) => reader.ReadActivationHealth()),
        };
        reader.EndGroup();
        return block;
    }

    public static void Write(this MessagePackWriter writer, LedgerEntry entry)
    {
        writer.WriteArrayHeader(2);
        writer.Write(entry.MiniBatch);
        writer.WriteArray(entry.Nodes, static (writer, accepted) => writer.Write(accepted));
    }

    public static LedgerEntry ReadLedgerEntry(this ref FieldReader reader)
    {
        reader.BeginGroup("Entry", 2);
        var entry = new LedgerEntry(reader.ReadMiniBatch(), reader.ReadArray("Nodes", static (ref reader) => reader.ReadAcceptedNode()));
        reader.EndGroup();
        return entry;
    }

    private static void Write(this MessagePackWriter writer, StepRecord record)
    {
        writer.WriteArrayHeader(4);
        writer.Write(record.Entry);
        writer.Write(record.Statistics);
        writer.WriteInteger(record.RecomputedSamples);
        if (record.ClosedEpoch is { } epoch)
        {
            writer.Write(epoch);
        }
        else
        {
            writer.WriteNil();
        }
    }

    public static void WriteOptional(this MessagePackWriter writer, StepRecord? record)
    {
        if (record is null)
        {
            writer.WriteNil();
        }
        else
        {
            writer.Write(record);
        }
    }

    public static StepRecord ReadStepRecord(this ref FieldReader reader)
    {
        reader.BeginGroup("Record", 4);
        var record = new StepRecord(
            reader.ReadLedgerEntry(), reader.ReadStatistics(), reader.ReadCounter("RecomputedSamples"), reader.ReadsNothing("ClosedEpoch") ? null : reader.ReadEpochLedger());
        reader.EndGroup();
        return record;
    }

    public static void Write(this MessagePackWriter writer, ServerState state)
    {
        writer.WriteArrayHeader(4);
        writer.Write(state.Version);
        writer.WriteArray(state.Scalars, static (writer, scalar) => writer.WriteDouble(scalar));
        writer.WriteArray(state.Ledger, static (writer, entry) => writer.Write(entry));
        writer.WriteInteger(state.RecomputedSamples);
    }

    public static ServerState ReadServerState(this ref FieldReader reader)
    {
        reader.BeginGroup("State", 4);
        var state = new ServerState(
            reader.ReadVersion(),
            reader.ReadArray("Scalars", static (ref reader) => reader.ReadDouble("Scalars")),
            reader.ReadArray("Ledger", static (ref reader) => reader.ReadLedgerEntry()),
            reader.ReadCounter("RecomputedSamples"));
        reader.EndGroup();
        return state;
    }

    private static void Write(this MessagePackWriter writer, AcceptedNode accepted)
    {
        writer.WriteArrayHeader(4);
        writer.Write(accepted.Node);
        writer.Write(accepted.Worker);
        writer.WriteInteger(accepted.SampleCount);
        writer.WriteInteger(accepted.ComputeMicroseconds);
    }

    private static AcceptedNode ReadAcceptedNode(this ref FieldReader reader)
    {
        reader.BeginGroup("Nodes", 4);
        var accepted = new AcceptedNode(reader.ReadTreeNode(), reader.ReadWorker(), reader.ReadInteger("SampleCount"), reader.ReadCounter("ComputeMicroseconds"));
        reader.EndGroup();
        return accepted;
    }

    public static void Write(this MessagePackWriter writer, ActivationHealth health)
    {
        writer.WriteArrayHeader(3);
        writer.WriteString(health.Layer);
        writer.WriteOptional(health.DeadShare);
        writer.WriteOptional(health.SaturatedShare);
    }

    public static ActivationHealth ReadActivationHealth(this ref FieldReader reader)
    {
        reader.BeginGroup("Activations", 3);
        var health = new ActivationHealth(reader.ReadText("Layer"), reader.ReadOptionalDouble("DeadShare"), reader.ReadOptionalDouble("SaturatedShare"));
        reader.EndGroup();
        return health;
    }

    private static void Write(this MessagePackWriter writer, EpochLedger epoch)
    {
        writer.WriteArrayHeader(3);
        writer.WriteInteger(epoch.Steps);
        writer.Write(epoch.Proof);
        writer.WriteArray(epoch.Shares, static (writer, share) => writer.Write(share));
    }

    private static EpochLedger ReadEpochLedger(this ref FieldReader reader)
    {
        reader.BeginGroup("ClosedEpoch", 3);
        var epoch = new EpochLedger(reader.ReadInteger("Steps"), reader.ReadLedgerProof(), reader.ReadArray("Shares", static (ref reader) => reader.ReadWorkerShare()));
        reader.EndGroup();
        return epoch;
    }

    public static void Write(this MessagePackWriter writer, LedgerProof proof)
    {
        writer.WriteArrayHeader(5);
        writer.WriteInteger(proof.ExpectedSamples);
        writer.WriteInteger(proof.CountedSamples);
        writer.WriteInteger(proof.DuplicatedSamples);
        writer.WriteInteger(proof.LostSamples);
        writer.WriteInteger(proof.RecomputedSamples);
    }

    public static LedgerProof ReadLedgerProof(this ref FieldReader reader)
    {
        reader.BeginGroup("Proof", 5);
        var proof = new LedgerProof(
            reader.ReadCounter("ExpectedSamples"),
            reader.ReadCounter("CountedSamples"),
            reader.ReadCounter("DuplicatedSamples"),
            reader.ReadCounter("LostSamples"),
            reader.ReadCounter("RecomputedSamples"));
        reader.EndGroup();
        return proof;
    }

    public static void Write(this MessagePackWriter writer, WorkerShare share)
    {
        writer.WriteArrayHeader(4);
        writer.Write(share.Worker);
        writer.WriteInteger(share.MicroBatchesAccepted);
        writer.WriteOptional(share.FirstStep);
        writer.WriteOptional(share.LastStep);
    }

    public static WorkerShare ReadWorkerShare(this ref FieldReader reader)
    {
        reader.BeginGroup("Shares", 4);
        var share = new WorkerShare(
            reader.ReadWorker(), reader.ReadInteger("MicroBatchesAccepted"), reader.ReadOptionalCounter("FirstStep", least: 1), reader.ReadOptionalCounter("LastStep", least: 1));
        reader.EndGroup();
        return share;
    }
}
