namespace DistTrain.Runtime.Recovery;

/// <summary>A later coordinator has taken the run over: this one must write nothing more. The message is one sentence for the user.</summary>
public sealed class SupersededException : Exception
{
    public SupersededException(string message) : base(message)
    {
    }

    public SupersededException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public SupersededException()
    {
    }
}
