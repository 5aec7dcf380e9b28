using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Experiments;

/// <summary>How tuning trials are drawn.</summary>
public enum TuningSampler
{
    Sobol,
    Random,
}

/// <summary>
/// A study of how the batch size affects training, as C. J. Shallue et al., "Measuring the Effects of Data Parallelism on Neural Network Training", 2019, do it: tuned anew at every batch size, with
/// the same number of trials, and confirmed on fresh seeds.
/// </summary>
public sealed record StudyPlan
{
    /// <summary>Ascending.</summary>
    public required ImmutableArray<int> BatchSizes { get; init; }

    public required Goal Goal { get; init; }

    /// <summary>Samples of the training part.</summary>
    public required int TrainingSamples { get; init; }

    /// <summary>Tuning trials a batch size.</summary>
    public int Trials { get; init; } = 32;

    /// <summary>Confirmation trials a batch size, each from a seed of its own.</summary>
    public int Confirmations { get; init; } = 5;

    /// <summary>No trial makes more steps.</summary>
    public long MaximumSteps { get; init; } = 20_000;

    /// <summary>No trial trains with more samples, repetitions counted, unless <see cref="MinimumSteps"/> asks for them.</summary>
    public long? MaximumSamples { get; init; }

    /// <summary>A floor of the budget, so that large batches are not starved by a budget of samples.</summary>
    public long MinimumSteps { get; init; } = 200;

    /// <summary>Log-uniform.</summary>
    public required RateInterval Rates { get; init; }

    /// <summary>What else all trials have, by configuration key, such as momentum.</summary>
    public ImmutableSortedDictionary<string, string> Fixed { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public TuningSampler Sampler { get; init; }

    public ulong Seed { get; init; } = 1;

    /// <summary>How often a range whose best rate lies at its edge is widened, for one batch size.</summary>
    public int MostWidenings { get; init; } = 2;

    /// <summary>
    /// Tuning trials are given up after this many times the steps of the best trial so far: they cannot be the best any more. 0 for never. Looked at only between rounds of <see cref="Wave"/>
    /// trials, so that the same trials are given up after the same steps however many run at once.
    /// </summary>
    public double GiveUpFactor { get; init; } = 3;

    /// <summary>Trials that are decided upon together.</summary>
    public int Wave { get; init; } = 8;

    /// <summary>Whether trials go on to the end of their budget after the goal, so that final errors can be compared.</summary>
    public bool GoesOnAfterGoal { get; init; }

    /// <summary>Steps that a trial may make at a batch size: as many as the budgets of steps and of samples allow, but no fewer than the floor.</summary>
    public long BudgetOf(int batchSize)
    {
        var bySamples = MaximumSamples is { } samples ? samples / batchSize : long.MaxValue;
        return Math.Max(Math.Min(MaximumSteps, MinimumSteps), Math.Min(MaximumSteps, bySamples));
    }

    /// <exception cref="InvalidInputException">A value is out of range; one sentence says which.</exception>
    public void Check()
    {
        if (BatchSizes.IsEmpty || BatchSizes[0] < 1)
        {
            throw new InvalidInputException("a study needs batch sizes of at least 1");
        }

        if (BatchSizes[^1] > TrainingSamples)
        {
            throw new InvalidInputException($"a batch of {BatchSizes[^1]} samples is more than the {TrainingSamples} there are to train with: 'full' stands for all of them");
        }

        if (Trials < 1 || Confirmations < 0 || MaximumSteps < 1 || MaximumSamples < 1 || MinimumSteps < 1 || MostWidenings < 0 || Wave < 1)
        {
            throw new InvalidInputException("a study needs at least one trial, and budgets of at least one step and sample");
        }

        if (!(Rates.Lower > 0 && Rates.Lower < Rates.Upper && double.IsFinite(Rates.Upper)))
        {
            throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture, $"learning rates from {Rates.Lower} to {Rates.Upper} are no range: the lower end is above 0 and below the upper"));
        }

        if (!(GiveUpFactor == 0 || GiveUpFactor >= 1))
        {
            throw new InvalidInputException("trials can be given up after 1 or more times the steps of the best one, or never (0)");
        }
    }

    /// <summary>Reads <c>8,16,32,full</c>, or <c>auto</c>: powers of two from 8 up to the whole training part, and that itself.</summary>
    /// <param name="trainingSamples">What <c>full</c> stands for.</param>
    /// <exception cref="InvalidInputException">It cannot be read.</exception>
    public static ImmutableArray<int> ParseBatchSizes(string text, int trainingSamples)
    {
        ArgumentNullException.ThrowIfNull(text);
        const int least = 8;
        if (text == "auto")
        {
            return [.. Enumerable.Range(0, 31).Select(power => 1 << power).Where(size => size >= least && size < trainingSamples).Append(trainingSamples)];
        }

        var sizes = new SortedSet<int>();
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (word == "full")
            {
                sizes.Add(trainingSamples);
            }
            else if (word is "..." or "…" && sizes.Count >= 2)
            {
                var ratio = sizes.Max / (double)sizes.SkipLast(1).Last();
                while (sizes.Max * ratio < trainingSamples)
                {
                    sizes.Add((int)Math.Round(sizes.Max * ratio));
                }
            }
            else if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size >= 1)
            {
                sizes.Add(size);
            }
            else
            {
                throw new InvalidInputException($"'{word}' is no batch size: say whole numbers such as 16,32,64, '...' behind two of them to go on, 'full' for all samples, or 'auto'");
            }
        }

        // What goes on by itself ends before a number that is given behind it.
        return [.. sizes];
    }
}
