namespace DistTrain.Runtime.Wire;

/// <summary>Bytes from elsewhere are not what they must be. The message is one sentence, without anything of the bytes themselves, and fit for a log.</summary>
public sealed class WireFormatException(string sentence) : Exception(sentence);
