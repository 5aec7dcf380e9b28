namespace DistTrain.Simulation.WhatIf;

/// <summary>What things take where a run is to be predicted, in seconds. All are at least 0.</summary>
public sealed record CostModel
{
    /// <summary>Of a gradient, however few samples it has.</summary>
    public required double GradientSeconds { get; init; }

    /// <summary>Forward and backward pass of a sample.</summary>
    public required double GradientSecondsPerSample { get; init; }

    /// <summary>Copying a sample from the data into a batch.</summary>
    public double GatherSecondsPerSample { get; init; }

    /// <summary>The optimizer, for a parameter, on one thread.</summary>
    public required double UpdateSecondsPerElement { get; init; }

    /// <summary>Adding one more tree node, for a parameter, on one thread.</summary>
    public required double ReductionSecondsPerElement { get; init; }

    /// <summary>An actor taking a message from its mailbox and acting upon it.</summary>
    public double MessageSeconds { get; init; }

    /// <summary>Writing a message to a connection, and again reading it from there; of tensors, without their bytes.</summary>
    public double RemoteMessageSeconds { get; init; }

    /// <summary>From the moment when there is something to compute until a sleeping thread computes it.</summary>
    public double WakeSeconds { get; init; }

    /// <summary>How many times as long computing takes where every processor of the machine computes as where one does.</summary>
    public double Contention { get; init; } = 1;

    /// <summary>Of a machine.</summary>
    public int Processors { get; init; } = 1;

    /// <summary>How many times as long each worker computes where so many share one machine.</summary>
    public double Sharing(int workers)
    {
        var busy = Math.Min(workers, Processors);
        var slowed = Processors == 1 ? 1 : 1 + ((Contention - 1) * (busy - 1) / (Processors - 1));
        return slowed * Math.Max(1, workers / (double)Processors);
    }
}
