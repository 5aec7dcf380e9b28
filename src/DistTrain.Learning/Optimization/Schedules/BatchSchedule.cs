using System.Collections.Immutable;

namespace DistTrain.Learning.Optimization;

/// <summary>
/// The batch size over the run; it changes at borders of epochs only. Growing the batch does to the noise of the gradient what shrinking the rate does, in fewer steps: Smith, Kindermans, Ying
/// and Le, "Don't Decay the Learning Rate, Increase the Batch Size", 2018.
/// </summary>
/// <param name="Growth">When it grows.</param>
/// <param name="EveryEpochs">For <see cref="BatchGrowth.Step"/>: epochs from one growth to the next.</param>
/// <param name="Factor">What the size is multiplied by, above 1.</param>
/// <param name="Maximum">The size never grows beyond this; null for the whole training part.</param>
public sealed record BatchSchedule(BatchGrowth Growth, int EveryEpochs = 10, double Factor = 2, int? Maximum = null)
{
    public static ImmutableArray<string> Names { get; } = ["constant", "step", "plateau"];

    public static BatchSchedule Constant { get; } = new(BatchGrowth.None);

    /// <exception cref="InvalidInputException">The name is unknown.</exception>
    public static BatchGrowth GrowthOf(string name) => name switch
    {
        "constant" => BatchGrowth.None,
        "step" => BatchGrowth.Step,
        "plateau" => BatchGrowth.Plateau,
        _ => throw new InvalidInputException($"unknown batch schedule '{name}': the batch schedules are {string.Join(", ", Names)}"),
    };

    /// <param name="firstBatchSize">The size of the first epoch's batches.</param>
    /// <param name="epochs">Of the run.</param>
    /// <exception cref="InvalidInputException">A setting is out of range, or the batch would never grow.</exception>
    public void Check(int firstBatchSize, int epochs)
    {
        if (Growth == BatchGrowth.None)
        {
            return;
        }

        if (!(Factor > 1 && double.IsFinite(Factor)))
        {
            throw new InvalidInputException($"the batch must grow by a factor above 1, but the factor is {Factor}");
        }

        if (EveryEpochs < 1)
        {
            throw new InvalidInputException($"the epochs from one growth of the batch to the next must be at least 1, but are {EveryEpochs}");
        }

        if (Maximum <= firstBatchSize)
        {
            throw new InvalidInputException($"the batch cannot grow: its largest size is {Maximum}, and it begins with {firstBatchSize} samples");
        }

        if (Growth == BatchGrowth.Step && EveryEpochs >= epochs)
        {
            throw new InvalidInputException($"the batch would never grow: it does every {EveryEpochs} epochs, but the run has {epochs}");
        }
    }

    /// <summary>The next larger size.</summary>
    /// <param name="sampleCount">Training samples: no batch is larger.</param>
    public int Grow(int batchSize, int sampleCount) => (int)Math.Max(batchSize, Math.Min(Math.Round(batchSize * Factor), Math.Min(Maximum ?? int.MaxValue, sampleCount)));

    /// <summary>Whether the size grows between this epoch and the next, whatever the metrics say.</summary>
    /// <param name="epoch">1-based.</param>
    public bool GrowsAfter(int epoch) => Growth == BatchGrowth.Step && epoch % EveryEpochs == 0;
}

/// <summary>When the batch grows.</summary>
public enum BatchGrowth
{
    None,

    /// <summary>Every so many epochs.</summary>
    Step,

    /// <summary>Whenever a <see cref="PlateauRule"/> finds that the training no longer gets better.</summary>
    Plateau,
}
