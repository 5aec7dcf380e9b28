namespace DistTrain.Runtime.RunDirectory;

/// <summary>A run directory cannot be made, written or read. The message is one sentence for the user.</summary>
public sealed class RunDirectoryException : Exception
{
    public RunDirectoryException(string message) : base(message)
    {
    }

    public RunDirectoryException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public RunDirectoryException()
    {
    }
}
