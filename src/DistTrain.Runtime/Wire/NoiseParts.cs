using DistTrain.Actors;
using DistTrain.Learning.Diagnostics;

namespace DistTrain.Runtime.Wire;

/// <summary>What is said of the gradient's noise. Each kind once: how it is written, and behind that how it is read.</summary>
internal static class NoiseParts
{
    public static void Write(this MessagePackWriter writer, NodeNorm norm)
    {
        writer.WriteArrayHeader(2);
        writer.Write(norm.Node);
        writer.WriteDouble(norm.SquaredNorm);
    }

    public static NodeNorm ReadNodeNorm(this ref FieldReader reader)
    {
        reader.BeginGroup("NodeNorms", 2);
        var norm = new NodeNorm(reader.ReadTreeNode(), reader.ReadDouble("SquaredNorm"));
        reader.EndGroup();
        return norm;
    }

    public static void Write(this MessagePackWriter writer, ShardSquares squares)
    {
        writer.WriteArrayHeader(2);
        writer.WriteArray(squares.Chunks, static (writer, chunk) => writer.WriteInteger(chunk));
        writer.WriteArray(squares.Nodes, static (writer, node) => writer.Write(node));
    }

    public static ShardSquares ReadShardSquares(this ref FieldReader reader)
    {
        reader.BeginGroup("NodeSquares", 2);
        var squares = new ShardSquares(
            reader.ReadArray("Chunks", static (ref reader) => reader.ReadInteger("Chunks")), reader.ReadArray("Nodes", static (ref reader) => reader.ReadNodeSquares()));
        reader.EndGroup();
        return squares;
    }

    private static void Write(this MessagePackWriter writer, NodeSquares node)
    {
        writer.WriteArrayHeader(2);
        writer.Write(node.Node);
        writer.WriteArray(node.Sums, static (writer, sum) => writer.WriteDouble(sum));
    }

    private static NodeSquares ReadNodeSquares(this ref FieldReader reader)
    {
        reader.BeginGroup("Nodes", 2);
        var node = new NodeSquares(reader.ReadTreeNode(), reader.ReadArray("Sums", static (ref reader) => reader.ReadDouble("Sums")));
        reader.EndGroup();
        return node;
    }

    /// <summary>Nil where nothing is known of a value.</summary>
    public static void Write(this MessagePackWriter writer, NoiseScale noise)
    {
        writer.WriteArrayHeader(3);
        writer.WriteOptional(noise.GradientSquaredNorm);
        writer.WriteOptional(noise.GradientVariance);
        writer.WriteInteger(noise.Steps);
    }

    public static NoiseScale ReadNoiseScale(this ref FieldReader reader)
    {
        reader.BeginGroup("Noise", 3);
        var noise = new NoiseScale(reader.ReadOptionalDouble("GradientSquaredNorm"), reader.ReadOptionalDouble("GradientVariance"), reader.ReadCounter("Steps"));
        reader.EndGroup();
        return noise;
    }
}
