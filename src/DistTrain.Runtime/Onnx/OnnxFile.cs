using System.Collections.Immutable;
using System.Text.Json;
using DistTrain.Learning;
using DistTrain.Learning.Graph;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Storage;
using Google.Protobuf;

namespace DistTrain.Runtime.Onnx;

/// <summary>
/// A trained model as an ONNX file, for other programs to run. The input is float32 [batch, ...sample] in this program's layout (images channels last), prepared as the training's samples were;
/// the output is what the model's last layer gives, before the function that the loss applies to it.
/// </summary>
public static class OnnxFile
{
    /// <summary>The operator set: old enough for the runtimes in use, new enough for softmax over one axis.</summary>
    private const int OperatorSet = 13;

    /// <summary>The first version of the file format that goes with it.</summary>
    private const int FormatVersion = 7;

    /// <summary>Replaces the file as a whole.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="model">Its attributes go into the file's metadata.</param>
    /// <param name="classNames">By class index; empty where the model gives values.</param>
    /// <param name="producerVersion">Of this program.</param>
    /// <exception cref="InvalidInputException">A layer has no ONNX form, the file would be too large, or the system refuses.</exception>
    public static void Write(string path, TrainedModel model, ImmutableArray<string> classNames, string producerVersion)
    {
        ArgumentNullException.ThrowIfNull(model);
        var message = Message(model, classNames, producerVersion);
        if (message.Size > int.MaxValue)
        {
            throw new InvalidInputException($"the model is too large for an ONNX file, which cannot hold more than {int.MaxValue:N0} bytes");
        }

        AtomicFile.Write(path, stream =>
        {
            using var output = new CodedOutputStream(stream, leaveOpen: true);
            message.WriteTo(output);
        });
    }

    /// <summary>The name of the graph's output: <c>logits</c> where the loss applies a softmax or sigmoid to it, else <c>output</c>.</summary>
    public static string OutputName(Loss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return loss.Link == OutputLink.Identity ? "output" : "logits";
    }

    private static ProtobufMessage Message(TrainedModel model, ImmutableArray<string> classNames, string producerVersion)
    {
        var builder = new OnnxGraphBuilder(model.Graph, model.Weights);
        foreach (var node in model.Graph.Nodes.Skip(1))
        {
            OnnxOperations.Add(builder, node);
        }

        var meaning = Meaning(model.Loss);
        var graph = builder.Finish(OutputName(model.Loss), $"samples of shape {model.Graph.InputShape}, prepared as the metadata entry 'preprocessing' says", meaning);
        var metadata = model.Attributes
            .SetItem("loss", model.Loss.Name)
            .SetItem("output-meaning", meaning)
            .SetItem("weights-hash", model.WeightsHash)
            .SetItem("arithmetic-id", model.ArithmeticId.Value);
        if (!classNames.IsEmpty)
        {
            metadata = metadata.SetItem("classes", JsonSerializer.Serialize(classNames));
        }

        return OnnxMessages.Model(graph, FormatVersion, OperatorSet, producerVersion, "A model trained by DistTrain.", metadata.Select(entry => (entry.Key, entry.Value)));
    }

    private static string Meaning(Loss loss) => loss.Link switch
    {
        OutputLink.Softmax => "logits: a softmax over the last axis makes class probabilities of them",
        OutputLink.Sigmoid => "logits: the logistic function makes a probability of each",
        _ => "values, as the model's last layer gives them",
    };
}
