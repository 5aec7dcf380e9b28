namespace DistTrain.Cli.Configuration;

/// <summary>When checkpoints are taken, and which are kept. None of it changes the weights.</summary>
public sealed partial record TrainConfiguration
{
    public bool TakesCheckpoints { get; init; } = true;

    /// <summary>0 for not by steps.</summary>
    public int CheckpointSteps { get; init; }

    /// <summary>0 for not by time.</summary>
    public double CheckpointSeconds { get; init; } = 30;

    public bool CheckpointEpochs { get; init; } = true;

    public double CheckpointPauseSeconds { get; init; } = 5;

    /// <summary>Null for no bound.</summary>
    public double? MaxLostSeconds { get; init; }

    public int KeepCheckpoints { get; init; } = 3;

    /// <summary>A metric or <c>none</c>; null for the one that decides when the run ends, else the validation loss, else none.</summary>
    public string? KeepBest { get; init; }
}
