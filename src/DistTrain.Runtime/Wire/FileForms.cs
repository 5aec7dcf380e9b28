using DistTrain.Runtime.DataTransfer;
using Form = DistTrain.Runtime.Wire.MessageForm<DistTrain.Runtime.DataTransfer.FileMessage>;

namespace DistTrain.Runtime.Wire;

/// <summary>What is said on a connection for files.</summary>
internal static class FileForms
{
    public static Form[] All { get; } =
    [
        Form.Of<FileRequested>(128, 2,
            static (writer, request) =>
            {
                writer.WriteHash(request.Sha256);
                writer.WriteInteger(request.Offset);
            },
            static (ref reader) => new FileRequested(reader.ReadHash("Sha256"), reader.ReadCounter("Offset"))),

        Form.Of<FileFollows>(129, 1,
            static (writer, follows) => writer.WriteInteger(follows.Length),
            static (ref reader) => new FileFollows(reader.ReadCounter("Length"))),

        Form.Of<FileRefused>(130, 1,
            static (writer, refused) => writer.WriteSentence(refused.Sentence),
            static (ref reader) => new FileRefused(reader.ReadSentence("Sentence"))),
    ];
}
