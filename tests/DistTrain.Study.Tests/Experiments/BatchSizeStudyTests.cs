using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Studies;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Tests.Experiments;

public class BatchSizeStudyTests
{
    [Fact]
    public void A_study_finds_the_critical_batch_size_that_its_trainings_have()
    {
        var study = Analyse(new SyntheticTraining());
        Assert.Null(study.Fit.Refusal);
        Assert.InRange(SyntheticTraining.CriticalBatchSize, study.Fit.CriticalBatchSizeInterval!.Value.Lower, study.Fit.CriticalBatchSizeInterval.Value.Upper);
        Assert.All(study.Batches, batch => Assert.Equal("inside", batch.EdgeFlag));
        Assert.All(study.Batches, batch => Assert.Equal((5, 0, 0), (batch.ConfirmedReached, batch.ConfirmedCensored, batch.ConfirmedDiverged)));
        Assert.All(study.Batches, batch => Assert.InRange(batch.StepsToGoal.Median!.Value, batch.StepsToGoal.Lower!.Value, batch.StepsToGoal.Upper!.Value));
        Assert.Contains(study.Findings, finding => finding.StartsWith("The critical batch size is ", StringComparison.Ordinal));
        Assert.NotEmpty(study.Refusals);
    }

    [Fact]
    public void The_same_trials_run_however_many_run_at_once()
    {
        var (one, many) = (new SyntheticTraining(), new SyntheticTraining());
        Assert.Equal(StudyJson.Write(Analyse(one, parallel: 1)), StudyJson.Write(Analyse(many, parallel: 7)));
        Assert.Equal(one.Runs.Keys.Order(), many.Runs.Keys.Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_study_that_is_killed_at_random_points_and_resumed_gives_the_same_files_and_runs_no_trial_twice(int seed)
    {
        var undisturbed = Analyse(new SyntheticTraining());
        using var folder = new TemporaryFolder();
        var random = new Random(seed);
        var runs = new Dictionary<string, int>();
        StudyResult? resumed = null;
        var attempts = 0;
        while (resumed is null)
        {
            var left = random.Next(1, 40);
            using var kill = new CancellationTokenSource();
            var training = new SyntheticTraining
            {
                Before = _ =>
                {
                    if (Interlocked.Decrement(ref left) < 0)
                    {
                        kill.Cancel();
                    }
                },
            };
            try
            {
                resumed = Analyse(training, parallel: 3, folder.Path, cancellation: kill.Token);
            }
            catch (OperationCanceledException)
            {
                // Half of a line, as a process leaves it that dies while it writes.
                File.AppendAllText(Directory.GetFiles(Path.Combine(folder.Path, "trials")).FirstOrDefault() ?? Path.Combine(folder.Path, "trials", "x.jsonl"), "{\"key\":\"1");
            }

            foreach (var key in training.Runs.Keys)
            {
                runs[key] = runs.GetValueOrDefault(key) + 1;
            }

            attempts++;
        }

        Assert.InRange(attempts, 3, 500);
        Assert.Equal(StudyTables.Files(undisturbed).Select(file => file.Content), StudyTables.Files(resumed).Select(file => file.Content));
        Assert.All(runs, run => Assert.Equal(1, run.Value));
    }

    [Fact]
    public async Task Processes_that_share_a_folder_share_the_trials()
    {
        using var folder = new TemporaryFolder();
        var trainings = Enumerable.Range(0, 3).Select(_ => new SyntheticTraining { Before = _ => Thread.Sleep(1) }).ToArray();
        var studies = await Task.WhenAll(trainings.Select(training => Task.Run(() => Analyse(training, parallel: 2, folder.Path))));
        Assert.Single(studies.Select(StudyJson.Write).Distinct());
        Assert.All(trainings.SelectMany(training => training.Runs.Keys).CountBy(key => key), run => Assert.Equal(1, run.Value));
        Assert.All(trainings, training => Assert.NotEmpty(training.Runs));
    }

    [Fact]
    public void A_best_rate_at_the_edge_widens_the_range()
    {
        var said = new List<string>();
        var batches = Run(new SyntheticTraining { BestRate = 20 }, Plan() with { Rates = new RateInterval(1e-3, 1) }, say: said.Add);
        Assert.All(batches, batch => Assert.True(batch.Rates.Upper >= 10, $"{batch.BatchSize}: {batch.Rates}"));
        Assert.NotEmpty(said);
        Assert.All(batches, batch => Assert.Equal(Plan().Trials, batch.LastRound.Count()));
    }

    [Fact]
    public void An_edge_beyond_which_all_diverges_is_stability_and_widens_nothing()
    {
        var study = Analyse(new SyntheticTraining { BestRate = 20, StableBelow = 0.9 }, plan: Plan() with { Rates = new RateInterval(1e-3, 1), Trials = 64 });
        Assert.All(study.Batches, batch => Assert.Equal("stability-limited", batch.EdgeFlag));
        Assert.All(study.Batches, batch => Assert.True(batch.Diverged > 0));
    }

    [Fact]
    public void What_the_system_fails_is_run_again_and_is_no_divergence()
    {
        var study = Analyse(new SyntheticTraining { Failures = 2 });
        Assert.Equal(StudyJson.Write(Analyse(new SyntheticTraining())), StudyJson.Write(study));
        Assert.Throws<InvalidInputException>(() => Analyse(new SyntheticTraining { Failures = 3 }));
    }

    [Fact]
    public void A_goal_that_nobody_reaches_is_refused_in_words()
    {
        var study = Analyse(new SyntheticTraining { Goal = new Goal(GoalMetric.ValidationError, 1e-9) }, plan: Plan() with { Goal = new Goal(GoalMetric.ValidationError, 1e-9), MaximumSteps = 300 });
        Assert.All(study.Batches, batch => Assert.Equal("no tuning trial reached the goal, so there was nothing to confirm", batch.StepsToGoal.Refusal));
        Assert.NotNull(study.Fit.Refusal);
        Assert.Contains(study.Refusals, refusal => refusal.StartsWith("No critical batch size is given", StringComparison.Ordinal));
    }

    [Fact]
    public void Trials_that_cannot_be_the_best_are_given_up_and_the_best_is_the_same()
    {
        var (thrifty, thorough) = (new SyntheticTraining(), new SyntheticTraining());
        var best = Run(thrifty, Plan()).Select(batch => batch.Best(Plan().Goal)!.StepsToGoal).ToArray();
        Assert.Equal(Run(thorough, Plan() with { GiveUpFactor = 0 }).Select(batch => batch.Best(Plan().Goal)!.StepsToGoal), best);
    }

    [Fact]
    public void Seeds_of_confirmation_are_fresh_and_budgets_have_a_floor()
    {
        var plan = Plan() with { MaximumSamples = 10_000, MinimumSteps = 50, MaximumSteps = 4_000 };
        Assert.Equal([1_250L, 312, 78, 50, 50], plan.BatchSizes.Select(plan.BudgetOf));
        var seeds = Enumerable.Range(0, 40).SelectMany(index => new[] { BatchSizeStudy.SeedOf(plan, TrialPhase.Tuning, index), BatchSizeStudy.SeedOf(plan, TrialPhase.Confirmation, index) });
        Assert.Equal(80, seeds.Distinct().Count());
    }

    [Theory]
    [InlineData("16,32,64", new[] { 16, 32, 64 })]
    [InlineData("8,16,...,full", new[] { 8, 16, 32, 64, 100 })]
    [InlineData("full,10", new[] { 10, 100 })]
    [InlineData("auto", new[] { 8, 16, 32, 64, 100 })]
    public void Batch_sizes_are_read(string text, int[] sizes) => Assert.Equal(sizes, StudyPlan.ParseBatchSizes(text, trainingSamples: 100));

    [Theory]
    [InlineData("")]
    [InlineData("16,-1")]
    [InlineData("...,16")]
    [InlineData("sixteen")]
    public void What_is_no_batch_size_is_refused(string text) => Assert.Throws<InvalidInputException>(() => StudyPlan.ParseBatchSizes(text, trainingSamples: 100));

    private static StudyPlan Plan() => new()
    {
        BatchSizes = [8, 32, 128, 512, 1000],
        Goal = new Goal(GoalMetric.ValidationError, 0.1),
        TrainingSamples = 1000,
        Trials = 24,
        Rates = new RateInterval(1e-3, 3),
        MaximumSteps = 5_000,
    };

    private static ImmutableArray<BatchTrials> Run(
        SyntheticTraining training, StudyPlan plan, int parallel = 4, string? folder = null, Action<string>? say = null, CancellationToken cancellation = default)
    {
        using var temporary = new TemporaryFolder();
        using var store = new TrialStore(folder ?? temporary.Path);
        return BatchSizeStudy.Run(plan, new TrialPool(training, store, static _ => { }), parallel, say ?? (static _ => { }), cancellation);
    }

    private static StudyResult Analyse(SyntheticTraining training, int parallel = 4, string? folder = null, StudyPlan? plan = null, CancellationToken cancellation = default) =>
        StudyAnalysis.Of(plan ?? Plan(), Run(training, plan ?? Plan(), parallel, folder, null, cancellation), "synthetic", [], "nowhere");
}
