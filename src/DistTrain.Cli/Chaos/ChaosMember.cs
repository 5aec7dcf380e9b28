namespace DistTrain.Cli.Chaos;

/// <summary>A place in the cluster that is always to be filled by a process.</summary>
/// <param name="name">Such as <c>worker B</c>. The cluster has names of its own, and new ones for each process.</param>
/// <param name="line">Its way to the coordinator; null for the coordinator itself.</param>
internal sealed class ChaosMember(string name, ChaosRole role, CutLine? line) : IDisposable
{
    public string Name => name;

    public ChaosRole Role => role;

    public CutLine? Line => line;

    /// <summary>Null while none is running.</summary>
    public ChaosProcess? Process { get; set; }

    /// <summary>When the next one is to be started; null while one is running.</summary>
    public double? StartsAt { get; set; }

    public void Dispose()
    {
        Process?.Dispose();
        line?.Dispose();
    }
}
