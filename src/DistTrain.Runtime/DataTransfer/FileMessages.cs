namespace DistTrain.Runtime.DataTransfer;

/// <summary>
/// What is said on a connection for files. The one who wants a file asks; the other answers that its bytes follow, and then come exactly so many bytes, or that they do not. Then comes the next question.
/// </summary>
internal abstract record FileMessage;

/// <summary>Asks for a file's bytes from <paramref name="Offset"/> on.</summary>
/// <param name="Sha256">Which file: 64 hexadecimal digits in lower case.</param>
internal sealed record FileRequested(string Sha256, long Offset) : FileMessage;

/// <summary>So many bytes of the file follow, which are all that are left.</summary>
internal sealed record FileFollows(long Length) : FileMessage;

internal sealed record FileRefused(string Sentence) : FileMessage;
