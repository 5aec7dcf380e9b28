using DistTrain.Learning;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>What the actors must know about a run. The model, the data and the optimizer's kernels are the engines' business.</summary>
public sealed record RunDefinition
{
    /// <summary>Training samples, at least 1.</summary>
    public required int SampleCount { get; init; }

    /// <summary>Samples of a mini-batch, at least 1; more than there are means all of them (full-batch gradient descent).</summary>
    public required int BatchSize { get; init; }

    /// <summary>Null for the default rule of <see cref="MiniBatchPartition"/>.</summary>
    public required int? MicroBatchCount { get; init; }

    /// <summary>At least 1.</summary>
    public required int Epochs { get; init; }

    public required double LearningRate { get; init; }

    public required Schedule Schedule { get; init; }

    /// <summary>Samples of the test part, which is evaluated at every epoch's end; 0 when there is none.</summary>
    public required int TestSampleCount { get; init; }

    /// <summary>Whether accuracies mean anything.</summary>
    public required bool HasClasses { get; init; }

    /// <summary>Class labels of one sample, at least 1: an accuracy is a share of labels.</summary>
    public int LabelsPerSample { get; init; } = 1;

    /// <summary>Training begins when this many workers have joined, at least 1.</summary>
    public required int WorkerCount { get; init; }

    /// <summary>The arithmetic id of the run; a worker with another one is refused.</summary>
    public required string Arithmetic { get; init; }

    /// <summary>The coordinator's term, at least 1.</summary>
    public Term Term { get; init; } = new(1);

    /// <summary>Samples of an evaluation block. Losses are added block by block, so this is part of the reported figures' definition.</summary>
    public int EvaluationBlockSize { get; init; } = 512;

    /// <summary>Steps that are planned and assigned ahead of the last committed one, so that the coordinator is not on the critical path; at least 1.</summary>
    public int RunAheadSteps { get; init; } = 2;

    /// <exception cref="InvalidInputException">A value is out of range.</exception>
    public void Check()
    {
        RequireAtLeastOne("the number of training samples", SampleCount);
        RequireAtLeastOne("the batch size", BatchSize);
        RequireAtLeastOne("the number of micro-batches", MicroBatchCount ?? 1);
        RequireAtLeastOne("the number of epochs", Epochs);
        RequireAtLeastOne("the number of labels a sample", LabelsPerSample);
        RequireAtLeastOne("the number of workers", WorkerCount);
        RequireAtLeastOne("the evaluation block size", EvaluationBlockSize);
        RequireAtLeastOne("the number of steps planned ahead", RunAheadSteps);
        if (TestSampleCount < 0)
        {
            throw new InvalidInputException($"the number of test samples cannot be {TestSampleCount}");
        }
    }

    private static void RequireAtLeastOne(string what, int value)
    {
        if (value < 1)
        {
            throw new InvalidInputException($"{what} must be at least 1, but is {value}");
        }
    }
}
