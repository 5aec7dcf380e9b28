using System.Collections.Immutable;
using DistTrain.Learning.Numerics;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Tests.Statistics;

public class CriticalBatchFitTests
{
    private static readonly int[] BatchSizes = [16, 32, 64, 128, 256, 512, 1024, 2048];
    private static readonly CriticalBatchModel Truth = new(500, 200);

    [Fact]
    public void The_model_needs_twice_the_least_steps_and_twice_the_least_samples_at_the_critical_batch()
    {
        Assert.Equal(1000, Truth.Steps(200));
        Assert.Equal(2 * Truth.MinimumSamples, Truth.Samples(200));
        Assert.Equal(Truth.Steps(64) * 64, Truth.Samples(64), 9);
        Assert.Equal(1, ((Truth.Steps(77) / Truth.MinimumSteps) - 1) * ((Truth.Samples(77) / Truth.MinimumSamples) - 1), 12);
    }

    [Fact]
    public void Exact_data_gives_back_the_truth()
    {
        var fit = CriticalBatchFit.Of(Samples(noise: 0, repeat: 0), seed: 1, replicates: 100);
        Assert.Equal(200, fit.Estimate!.Model.CriticalBatchSize, 3);
        Assert.Equal(500, fit.Estimate.Model.MinimumSteps, 3);
        Assert.All(fit.Estimate.Residuals, residual => Assert.Equal(0, residual.LogResidual, 6));
        Assert.Empty(fit.Notes);
    }

    /// <summary>
    /// The promise: with 5 % noise, the critical batch size lies in its interval in at least 90 % of repeats; and an interval made for 90 % holds that, too, within the error of 300 repeats.
    /// </summary>
    [Fact]
    public void Intervals_cover_the_truth_as_often_as_they_say()
    {
        const int Repeats = 300;
        var (usual, ninety, steps, samples, misfits) = (0, 0, 0, 0, 0);
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            var estimate = CriticalBatchFit.Of(Samples(noise: 0.05, repeat), seed: 1, replicates: 400).Estimate!;
            usual += estimate.CriticalBatchSizeInterval().Contains(200) ? 1 : 0;
            ninety += estimate.CriticalBatchSizeInterval(0.9).Contains(200) ? 1 : 0;
            steps += estimate.MinimumStepsInterval().Contains(500) ? 1 : 0;
            samples += estimate.MinimumSamplesInterval().Contains(100_000) ? 1 : 0;
            misfits += estimate.LackOfFitProbability < 0.05 ? 1 : 0;
        }

        Assert.InRange(usual / (double)Repeats, 0.9, 0.99);
        Assert.InRange(ninety / (double)Repeats, 0.84, 0.96);
        Assert.InRange(steps / (double)Repeats, 0.9, 0.99);
        Assert.InRange(samples / (double)Repeats, 0.9, 0.99);

        // One in twenty right forms is called wrong.
        Assert.InRange(misfits / (double)Repeats, 0.01, 0.09);
    }

    [Fact]
    public void The_same_seed_gives_the_same_intervals_and_the_order_of_batch_sizes_does_not_matter()
    {
        var samples = Samples(noise: 0.05, repeat: 3);
        var one = CriticalBatchFit.Of(samples, seed: 7, replicates: 200).Estimate!;
        var other = CriticalBatchFit.Of([.. samples.Reverse()], seed: 7, replicates: 200).Estimate!;
        Assert.Equal(one.Replicates.AsEnumerable(), other.Replicates);
        Assert.NotEqual(one.Replicates[0], CriticalBatchFit.Of(samples, seed: 8, replicates: 200).Estimate!.Replicates[0]);
    }

    [Theory]
    [InlineData(1, "below the smallest batch size")]
    [InlineData(50_000, "above the largest batch size")]
    public void A_critical_batch_outside_of_what_was_measured_is_refused(double criticalBatch, string reason)
    {
        var fit = CriticalBatchFit.Of(Samples(noise: 0.02, repeat: 0, new CriticalBatchModel(500, criticalBatch)), seed: 1, replicates: 100);
        Assert.Null(fit.Estimate);
        Assert.Contains(reason, fit.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_batch_sizes_are_too_few()
    {
        var fit = CriticalBatchFit.Of([.. Samples(0.05, 0).Take(2)], seed: 1, replicates: 100);
        Assert.Null(fit.Estimate);
        Assert.Contains("2 batch sizes have results, and 3 are needed", fit.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_seed_is_too_few()
    {
        var samples = Samples(0.05, 0).SetItem(2, new BatchSample(64, [Observation.Exactly(2000)]));
        Assert.Contains("batch size 64 has a single result", CriticalBatchFit.Of(samples, seed: 1, replicates: 100).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Seeds_that_scatter_by_more_than_the_curve_bends_are_refused()
    {
        // Steps that hardly fall: the curve could bend anywhere or nowhere.
        var samples = ImmutableArray.Create(64, 128, 256).Select(batchSize => new BatchSample(batchSize, [.. new[] { 30.0, 100, 300, 1000, 3000 }.Select(Observation.Exactly)])).ToImmutableArray();
        var fit = CriticalBatchFit.Of(samples, seed: 1, replicates: 400);
        Assert.Null(fit.Estimate);
        Assert.StartsWith("no fit: ", fit.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Censored_seeds_are_left_out_and_said_so()
    {
        var samples = Samples(0.02, 0);
        samples = samples.SetItem(7, Censored(samples[7], 3)).SetItem(6, Censored(samples[6], 1));
        var fit = CriticalBatchFit.Of(samples, seed: 1, replicates: 100);
        Assert.Equal(
            [
                "at batch size 1024, 1 of 5 seeds did not reach the goal and are left out: the fit reads low there",
                "batch size 2048 is left out of the fit: 3 of 5 seeds did not reach the goal",
            ],
            fit.Notes.AsEnumerable());
        Assert.Equal([16, 32, 64, 128, 256, 512, 1024], fit.Estimate!.Residuals.Select(residual => residual.BatchSize));
        Assert.Equal(4, fit.Estimate.Residuals[^1].Seeds);
    }

    [Fact]
    public void A_form_that_does_not_describe_the_data_is_said_so()
    {
        // A plateau at small batches, which the form has not.
        var samples = BatchSizes.Select((batchSize, i) => new BatchSample(batchSize, [.. Enumerable.Range(0, 5).Select(seed => Observation.Exactly(Math.Min(4000, Truth.Steps(batchSize)) * (1 + (0.01 * seed))))])).ToImmutableArray();
        var fit = CriticalBatchFit.Of(samples, seed: 1, replicates: 100);
        Assert.True(fit.Estimate!.LackOfFitProbability < 1e-6, $"{fit.Estimate.LackOfFitProbability}");
        Assert.Contains(fit.Notes, note => note.StartsWith("the form does not describe the data well", StringComparison.Ordinal));
    }

    [Fact]
    public void An_interval_beyond_what_was_measured_is_said_so()
    {
        var said = new HashSet<bool>();
        for (var repeat = 0; repeat < 40; repeat++)
        {
            var fit = CriticalBatchFit.Of(Samples(noise: 0.1, repeat, new CriticalBatchModel(100, 1500)), seed: 1, replicates: 200);
            if (fit.Estimate is { } estimate)
            {
                var isSaid = fit.Notes.Any(note => note.Contains("goes beyond the batch sizes measured (16 to 2048)", StringComparison.Ordinal));
                Assert.Equal(estimate.CriticalBatchSizeInterval().Upper > 2048, isSaid);
                said.Add(isSaid);
            }
        }

        Assert.Equal(2, said.Count);
    }

    [Fact]
    public void Impossible_numbers_are_our_fault()
    {
        Assert.Throws<ArgumentException>(() => CriticalBatchFit.Of([new BatchSample(8, [Observation.Exactly(0)])], seed: 1));
        Assert.Throws<ArgumentException>(() => CriticalBatchFit.Of([new BatchSample(8, []), new BatchSample(8, [])], seed: 1));
    }

    private static BatchSample Censored(BatchSample sample, int count) => sample with { StepsToGoal = [.. sample.StepsToGoal.Select((steps, i) => i < count ? Observation.MoreThan(1e6) : steps)] };

    private static ImmutableArray<BatchSample> Samples(double noise, int repeat, CriticalBatchModel? truth = null)
    {
        var random = new CounterBasedRandom(99, (ulong)repeat);
        var samples = ImmutableArray.CreateBuilder<BatchSample>();
        foreach (var batchSize in BatchSizes)
        {
            var steps = ImmutableArray.CreateBuilder<Observation>();
            for (var seed = 0; seed < 5; seed++)
            {
                steps.Add(Observation.Exactly((truth ?? Truth).Steps(batchSize) * Math.Exp(noise * random.Normal())));
            }

            samples.Add(new BatchSample(batchSize, steps.ToImmutable()));
        }

        return samples.ToImmutable();
    }
}
