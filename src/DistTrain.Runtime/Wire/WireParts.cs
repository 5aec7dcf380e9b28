using System.Collections.Immutable;
using System.Numerics;
using System.Security.Cryptography;
using DistTrain.Actors;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Runtime.Wire;

/// <summary>
/// What the messages of actors are made of, each kind once: how it is written, and behind that how it is read. A part of several fields is an array of them; an item of an array is one too.
/// </summary>
internal static class WireParts
{
    /// <summary>Characters of a sentence for people; more would only fill logs.</summary>
    private const int LongestSentence = 1000;

    /// <summary>Of a node whose end is still an <see cref="int"/>.</summary>
    private const int LargestTreeLevel = 30;

    public static void Write(this MessagePackWriter writer, Header header)
    {
        writer.WriteArrayHeader(3);
        writer.WriteInteger(header.Term.Value);
        writer.WriteInteger(header.Incarnation.Value);
        writer.WriteInteger(header.Session.Value);
    }

    public static Header ReadHeader(this ref FieldReader reader)
    {
        reader.BeginGroup("Header", 3);
        var header = new Header(new Term(reader.ReadCounter("Term")), new Incarnation(reader.ReadCounter("Incarnation")), new SessionNumber(reader.ReadCounter("Session")));
        reader.EndGroup();
        return header;
    }

    public static void Write(this MessagePackWriter writer, StepNumber step) => writer.WriteInteger(step.Value);

    public static StepNumber ReadStep(this ref FieldReader reader, int least = 1) => new(reader.ReadCounter("Step", least));

    public static void Write(this MessagePackWriter writer, WeightVersion version) => writer.WriteInteger(version.Value);

    public static WeightVersion ReadVersion(this ref FieldReader reader) => new(reader.ReadCounter("Version"));

    public static void Write(this MessagePackWriter writer, ShardId shard) => writer.WriteInteger(shard.Value);

    public static ShardId ReadShard(this ref FieldReader reader) => new(reader.ReadInteger("Shard"));

    public static void Write(this MessagePackWriter writer, WorkerId worker) => writer.WriteInteger(worker.Value);

    public static WorkerId ReadWorker(this ref FieldReader reader) => new(reader.ReadInteger("Worker"));

    public static void Write(this MessagePackWriter writer, NodeId node) => writer.WriteInteger(node.Value);

    public static NodeId ReadNodeId(this ref FieldReader reader) => new(reader.ReadInteger("Node"));

    public static void Write(this MessagePackWriter writer, DataSplit split) => writer.WriteInteger((int)split);

    public static DataSplit ReadSplit(this ref FieldReader reader) => (DataSplit)reader.ReadInteger("Split", (int)DataSplit.Train, (int)DataSplit.Validation);

    public static void Write(this MessagePackWriter writer, ActorAddress address)
    {
        writer.WriteArrayHeader(2);
        writer.WriteInteger((int)address.Role);
        writer.WriteInteger(address.Number);
    }

    public static ActorAddress ReadAddress(this ref FieldReader reader, string field)
    {
        reader.BeginGroup(field, 2);
        var role = (ActorRole)reader.ReadInteger(field, (int)ActorRole.Coordinator, (int)ActorRole.Worker);
        var number = reader.ReadInteger(field, most: role == ActorRole.Coordinator ? 0 : int.MaxValue);
        reader.EndGroup();
        return new ActorAddress(role, number);
    }

    /// <summary>A sentence for people. One that is too long for its reader is cut.</summary>
    public static void WriteSentence(this MessagePackWriter writer, string sentence) =>
        writer.WriteString(sentence.Length <= LongestSentence ? sentence : string.Concat(sentence.AsSpan(0, CutBehindCharacter(sentence)), "…"));

    public static string ReadSentence(this ref FieldReader reader, string field)
    {
        var sentence = reader.ReadText(field);
        FieldReader.Require(sentence.Length <= LongestSentence + 1, "it is longer than a sentence may be");
        return sentence;
    }

    /// <summary>A SHA-256, which is text in memory: 64 hexadecimal digits in lower case.</summary>
    public static void WriteHash(this MessagePackWriter writer, string sha256) => writer.WriteBinary(Convert.FromHexString(sha256));

    public static string ReadHash(this ref FieldReader reader, string field) => Convert.ToHexStringLower(reader.ReadBytes(field, SHA256.HashSizeInBytes, SHA256.HashSizeInBytes));

    public static void Write(this MessagePackWriter writer, MiniBatch batch)
    {
        writer.WriteArrayHeader(5);
        writer.Write(batch.Step);
        writer.WriteInteger(batch.Epoch);
        writer.WriteInteger(batch.FirstPosition);
        writer.WriteInteger(batch.SampleCount);
        writer.WriteInteger(batch.MicroBatchCount);
    }

    public static MiniBatch ReadMiniBatch(this ref FieldReader reader)
    {
        reader.BeginGroup("MiniBatch", 5);
        var batch = new MiniBatch(
            reader.ReadStep(),
            reader.ReadInteger("Epoch", least: 1),
            reader.ReadInteger("FirstPosition"),
            reader.ReadInteger("SampleCount", least: 1),
            reader.ReadInteger("MicroBatchCount", least: 1));
        FieldReader.Require(BitOperations.IsPow2(batch.MicroBatchCount) && batch.MicroBatchCount <= batch.SampleCount, "it must be a power of two, at most the samples of the mini-batch");
        FieldReader.Require((long)batch.FirstPosition + batch.SampleCount <= int.MaxValue, "the mini-batch ends beyond the largest data");
        reader.EndGroup();
        return batch;
    }

    public static void Write(this MessagePackWriter writer, WorkRange range)
    {
        writer.WriteArrayHeader(2);
        writer.WriteInteger(range.First);
        writer.WriteInteger(range.End);
    }

    public static WorkRange ReadRange(this ref FieldReader reader, string field, int most = int.MaxValue)
    {
        reader.BeginGroup(field, 2);
        var first = reader.ReadInteger(field, most: most);
        var range = new WorkRange(first, reader.ReadInteger(field, least: first, most: most));
        reader.EndGroup();
        return range;
    }

    public static void Write(this MessagePackWriter writer, OpenRange open)
    {
        writer.WriteArrayHeader(2);
        writer.Write(open.Step);
        writer.Write(open.Range);
    }

    public static OpenRange ReadOpenRange(this ref FieldReader reader)
    {
        reader.BeginGroup("OpenRanges", 2);
        var open = new OpenRange(reader.ReadStep(), reader.ReadRange("Range"));
        reader.EndGroup();
        return open;
    }

    public static void Write(this MessagePackWriter writer, TreeNode node)
    {
        writer.WriteArrayHeader(2);
        writer.WriteInteger(node.Level);
        writer.WriteInteger(node.Index);
    }

    public static TreeNode ReadTreeNode(this ref FieldReader reader)
    {
        reader.BeginGroup("Node", 2);
        var level = reader.ReadInteger("Level", most: LargestTreeLevel);
        var node = new TreeNode(level, reader.ReadInteger("Index", most: (int.MaxValue >> level) - 1));
        reader.EndGroup();
        return node;
    }

    public static void Write(this MessagePackWriter writer, NodeStatistics statistics)
    {
        writer.WriteArrayHeader(3);
        writer.WriteDouble(statistics.LossSum);
        writer.WriteInteger(statistics.CorrectCount);
        writer.WriteInteger(statistics.SampleCount);
    }

    public static NodeStatistics ReadStatistics(this ref FieldReader reader)
    {
        reader.BeginGroup("Statistics", 3);
        var statistics = new NodeStatistics(reader.ReadDouble("LossSum"), reader.ReadCounter("CorrectCount"), reader.ReadInteger("SampleCount"));
        reader.EndGroup();
        return statistics;
    }

    public static void Write(this MessagePackWriter writer, StageSquares squares)
    {
        writer.WriteArrayHeader(2);
        writer.WriteDouble(squares.Update);
        writer.WriteDouble(squares.Weights);
    }

    public static StageSquares ReadSquares(this ref FieldReader reader)
    {
        reader.BeginGroup("Squares", 2);
        var squares = new StageSquares(reader.ReadDouble("Update"), reader.ReadDouble("Weights"));
        reader.EndGroup();
        return squares;
    }

    public static void Write(this MessagePackWriter writer, ChunkMeasures measures)
    {
        writer.WriteArrayHeader(3);
        writer.WriteDouble(measures.Gradient);
        writer.WriteDouble(measures.Weights);
        writer.WriteDouble(measures.Change);
    }

    public static ChunkMeasures ReadMeasures(this ref FieldReader reader)
    {
        reader.BeginGroup("Measures", 3);
        var measures = new ChunkMeasures(reader.ReadDouble("Gradient"), reader.ReadDouble("Weights"), reader.ReadDouble("Change"));
        reader.EndGroup();
        return measures;
    }

    public static void Write(this MessagePackWriter writer, ShardMap map)
    {
        writer.WriteArrayHeader(2);
        writer.WriteInteger(map.Version);
        writer.WriteArray(map.Nodes, static (writer, node) => writer.Write(node));
    }

    public static ShardMap ReadShardMap(this ref FieldReader reader)
    {
        reader.BeginGroup("Map", 2);
        var map = new ShardMap(reader.ReadCounter("Version", least: 1), reader.ReadArray("Nodes", static (ref reader) => reader.ReadNodeId()));
        FieldReader.Require(map.ShardCount > 0, "there is no shard");
        reader.EndGroup();
        return map;
    }

    public static void WriteOptional(this MessagePackWriter writer, long? value)
    {
        if (value is { } number)
        {
            writer.WriteInteger(number);
        }
        else
        {
            writer.WriteNil();
        }
    }

    public static void WriteOptional(this MessagePackWriter writer, double? value)
    {
        if (value is { } number)
        {
            writer.WriteDouble(number);
        }
        else
        {
            writer.WriteNil();
        }
    }

    public static void WriteArray<T>(this MessagePackWriter writer, ImmutableArray<T> items, ItemWriting<T> writeItem)
    {
        // The arrays of a value that nobody constructed are null.
        writer.WriteArrayHeader(items.IsDefault ? 0 : items.Length);
        foreach (var item in items.AsSpan())
        {
            writeItem(writer, item);
        }
    }

    /// <summary>Not between the two halves of a character: they have no form in UTF-8.</summary>
    private static int CutBehindCharacter(string sentence) => char.IsHighSurrogate(sentence[LongestSentence - 1]) ? LongestSentence - 1 : LongestSentence;
}

/// <summary>Writes one item of an array.</summary>
internal delegate void ItemWriting<in T>(MessagePackWriter writer, T item);
