namespace DistTrain.Runtime.Compute;

/// <summary>The calling thread and its helpers: they do the parts of one piece of work side by side.</summary>
internal sealed class WorkerTeam : IDisposable
{
    private readonly ComputePool? helpers;
    private Exception? failure;

    /// <param name="threads">With the calling one, at least 1.</param>
    /// <param name="spins">Whether idle helpers look for work for a while before they sleep; only where every thread has a processor of its own.</param>
    public WorkerTeam(int threads, bool spins)
    {
        helpers = threads == 1 ? null : new ComputePool(threads - 1, Fail, spins);
    }

    /// <summary>Runs <paramref name="part"/>(0 … parts − 1), part 0 on the calling thread, and waits for all.</summary>
    /// <param name="parts">At most the threads of the team.</param>
    /// <param name="part">One part.</param>
    public void Run(int parts, Action<int> part)
    {
        if (parts == 1)
        {
            part(0);
            return;
        }

        using var open = new CountdownEvent(parts - 1);
        for (var i = 1; i < parts; i++)
        {
            var own = i;
            helpers!.Enqueue(own - 1, () =>
            {
                try
                {
                    part(own);
                }
                catch (Exception cause)
                {
                    Fail(cause);
                }

                open.Signal();
            });
        }

        try
        {
            part(0);
        }
        finally
        {
            open.Wait();
        }

        if (Interlocked.Exchange(ref failure, null) is { } cause)
        {
            throw new InvalidOperationException($"a part of a worker's computation failed: {cause.Message}", cause);
        }
    }

    public void Dispose() => helpers?.Dispose();

    private void Fail(Exception cause) => Interlocked.CompareExchange(ref failure, cause, null);
}
