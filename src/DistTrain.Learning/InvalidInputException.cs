namespace DistTrain.Learning;

/// <summary>
/// Something the user gave (a flag, a file, a value) cannot be used. The message is one sentence that says what is wrong and what to do;
/// programs show it as it is, without a stack trace.
/// </summary>
public sealed class InvalidInputException : Exception
{
    public InvalidInputException(string message) : base(message)
    {
    }

    public InvalidInputException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public InvalidInputException()
    {
    }
}
