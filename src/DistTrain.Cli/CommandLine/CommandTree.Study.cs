using System.Collections.Immutable;
using System.CommandLine;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Studies;
using DistTrain.Learning;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Scalings;
using DistTrain.Study.Sampling;
using DistTrain.Study.Statistics;

namespace DistTrain.Cli.CommandLine;

/// <summary>Experiments over many trainings.</summary>
internal sealed partial class CommandTree
{
    private static readonly BatchSizeRequest UsualStudy = new() { Configuration = BatchSizeRequest.DefaultConfiguration };

    private readonly Option<string> studiedBatchSizes = new("--batch-sizes") { HelpName = "LIST", Description = $"such as 16,32,64 or 8,16,...,full; auto is powers of two from 8 to all samples [{UsualStudy.BatchSizes}]" };
    private readonly Option<string> goal = new("--goal") { HelpName = "GOAL", Description = $"what a trial is to reach, such as 'validation error < 0.02' or 'validation loss < 0.1' [{UsualStudy.Goal}]" };
    private readonly Option<string> tuningTrials = new("--trials") { HelpName = "COUNT", Description = $"learning rates that are tried at each batch size [{UsualStudy.Trials}]" };
    private readonly Option<string> confirmations = new("--confirm") { HelpName = "COUNT", Description = $"seeds on which the best setting of each batch size is confirmed [{UsualStudy.Confirmations}]" };
    private readonly Option<string> mostSteps = new("--max-steps") { HelpName = "STEPS", Description = $"no trial makes more [{UsualStudy.MaximumSteps}]" };
    private readonly Option<string> mostSamples = new("--max-samples") { HelpName = "SAMPLES", Description = "no trial trains with more, repetitions counted, but for --min-steps [no limit]" };
    private readonly Option<string> leastSteps = new("--min-steps") { HelpName = "STEPS", Description = $"a floor under --max-samples, so that large batches are not starved [{UsualStudy.MinimumSteps}]" };
    private readonly Option<string> rates = new("--rates") { HelpName = "FROM,TO", Description = FormattableString.Invariant($"learning rates that are tried, evenly in their logarithm; widened where the best lies at an edge [{UsualStudy.Rates.Lower},{UsualStudy.Rates.Upper}]") };
    private readonly Option<string> tuningSampler = new("--search") { HelpName = "NAME", Description = "sobol (quasi-random) or random [sobol]" };
    private readonly Option<string> giveUp = new("--give-up") { HelpName = "FACTOR", Description = FormattableString.Invariant($"tuning trials end after so many times the steps of the best of earlier ones; 0 for never [{UsualStudy.GiveUpFactor}]") };
    private readonly Option<string> widenings = new("--widenings") { HelpName = "COUNT", Description = $"how often a range of rates may be widened [{UsualStudy.MostWidenings}]" };
    private readonly Option<string> wave = new("--wave") { HelpName = "COUNT", Description = $"tuning trials that are decided upon together, whatever runs at once: on more cores take more [{UsualStudy.Wave}]" };
    private readonly Option<bool> toBudget = new("--to-budget") { Description = "trials go on after the goal to the end of their budget, so that final errors can be compared" };
    private readonly Option<string> parallelTrials = new("--parallel") { HelpName = "COUNT", Description = "tuning trials that run at once in this process [as many as there are cores]" };
    private readonly Option<string> studyFolder = new("--out") { HelpName = "FOLDER", Description = "where everything is kept; the same command, here or on another machine that sees the folder, goes on with it [studies/NAME]" };
    private readonly Option<bool> dryRun = new("--dry-run") { Description = "say how many trials there are and what they cost, and run none" };

    private readonly Option<string> scalingWorkers = new("--workers") { HelpName = "COUNTS", Description = "numbers of workers, such as 1,2,4 [1,2]" };
    private readonly Option<string> scalingKind = new("--fixed") { HelpName = "WHICH", Description = "what stays as --batch-size says: the global batch, that of each worker (per-worker), or both in turn [both]" };
    private readonly Option<string> scalingOn = new("--on") { HelpName = "WHAT", Description = "threads of this process, or processes that it starts [threads]" };
    private readonly Option<string> repeats = new("--repeats") { HelpName = "COUNT", Description = "trainings of each number of workers, each from a seed of its own [5]" };
    private readonly Option<string> calibrationSeconds = new("--calibration-seconds") { HelpName = "TIME", Description = "for each of the measurements that predictions are made from; 0 predicts nothing [1]" };

    private readonly Option<string[]> searchedSettings = new("--set")
    {
        HelpName = "NAME=RANGE",
        Description = "what to search, as often as there are settings: log(a,b), log1m(a,b), a..b, int(a..b), int-log(a..b) or choices x,y,z; of layers too, such as model.dropout=0.1..0.5",
    };

    private readonly Option<string> searchMethod = new("--method") { HelpName = "NAME", Description = $"{string.Join(", ", MethodNames[..^1])} or {MethodNames[^1]} [bayesian]" };
    private readonly Option<string> searchTrials = new("--trials") { HelpName = "COUNT", Description = "configurations to try; a grid has its own number [32]" };
    private readonly Option<string> gridPoints = new("--grid-points") { HelpName = "COUNT", Description = "grid: values of each setting that has a range [5]" };
    private readonly Option<string> objective = new("--objective") { HelpName = "NAME", Description = "error or loss: the lowest on the validation part counts [error where there are classes]" };
    private readonly Option<string> leastEpochs = new("--min-epochs") { HelpName = "EPOCHS", Description = "halving, asha: what every configuration gets; --epochs is what the best ones get [1]" };
    private readonly Option<string> reduction = new("--reduction") { HelpName = "FACTOR", Description = "halving, asha: one of so many goes on, to so many times the epochs [3]" };
    private readonly Option<string> searchConfirmations = new("--confirm") { HelpName = "COUNT", Description = "seeds on which the best configuration is tried once more [3]" };

    private static ImmutableArray<string> MethodNames { get; } = [.. Enum.GetNames<SearchMethod>().Select(name => name.ToLowerInvariant())];

    private void AddStudyCommands()
    {
        var studies = AddGroup("study", "experiments over many trainings, with reports");
        Add(
            "batch-size", "how the batch size affects training: tuned at every size, confirmed on fresh seeds, fitted and reported", CommandExamples.StudyBatchSize, StudyBatchSize, [],
            [
                studiedBatchSizes, goal, tuningTrials, confirmations, mostSteps, mostSamples, leastSteps, rates, tuningSampler, giveUp, wave, widenings, toBudget, parallelTrials, studyFolder, dryRun, json, configurationFile,
                .. TrialOptions("batch-size", "learning-rate"),
            ],
            studies,
            BatchSizeRequest.DefaultConfiguration);
        Add(
            "scaling", "throughput and time to a goal against the number of workers, measured beside what the simulator predicts", CommandExamples.StudyScaling, StudyScaling, [],
            [scalingWorkers, scalingKind, scalingOn, goal, repeats, calibrationSeconds, studyFolder, json, configurationFile, .. TrialOptions("workers", "evaluate-growth").Append(settings.Single(setting => setting.Key.Name == "epochs").Option)],
            studies,
            ScalingRequest.DefaultConfiguration);
        Add(
            "search", "search hyper-parameters: grid, random, Sobol, Bayesian, successive halving or ASHA; leaves the best as YAML", CommandExamples.Search, Search, [],
            [searchedSettings, searchMethod, searchTrials, gridPoints, objective, leastEpochs, reduction, searchConfirmations, parallelTrials, studyFolder, json, configurationFile, .. SearchOptions()],
            defaults: SearchRequest.DefaultConfiguration);
    }

    private ExitCode StudyScaling(ParseResult line)
    {
        var usual = new ScalingRequest { Configuration = ScalingRequest.DefaultConfiguration };
        return ScalingStudyCommand.Run(
            usual with
            {
                Workers = ReadValue(line, scalingWorkers, ValueReading.RisingNumbers) ?? usual.Workers,
                Kinds = Read(line, scalingKind, text => ValueReading.OneOf(text, ["global", "per-worker", "both"])) switch
                {
                    "global" => [ScalingKind.FixedGlobalBatch],
                    "per-worker" => [ScalingKind.FixedBatchPerWorker],
                    _ => usual.Kinds,
                },
                UsesProcesses = Read(line, scalingOn, text => ValueReading.OneOf(text, ["threads", "processes"])) == "processes",
                Goal = Read(line, goal, GoalOf),
                Repeats = ReadValue(line, repeats, text => ValueReading.WholeNumber(text, 1)) ?? usual.Repeats,
                CalibrationSeconds = ReadValue(line, calibrationSeconds, text => ValueReading.Number(text, value => value >= 0, "of at least 0")) ?? usual.CalibrationSeconds,
                Folder = Read(line, studyFolder, ValueReading.NotEmpty),
                Json = line.GetValue(json),
                Configuration = Overlay(line, line.GetValue(configurationFile) is { } file ? ConfigurationFile.Read(file, ScalingRequest.DefaultConfiguration) : ScalingRequest.DefaultConfiguration),
            },
            host);
    }

    private IEnumerable<Option> SearchOptions()
    {
        string[] own = ["max-steps", "stop-goal", "evaluate-steps", "evaluate-growth", "runtime", "stop-metric", "stop-patience", "stop-min-delta", "stop-restore-best"];
        return settings.Where(setting => setting.Key.Group < KeyGroup.Checkpoints && !own.Contains(setting.Key.Name)).Select(setting => setting.Option);
    }

    private ExitCode Search(ParseResult line)
    {
        var given = line.GetValue(searchedSettings) ?? [];
        var usual = new SearchRequest { Space = Guarded("--set", string.Join(' ', given), _ => SpaceOf(given)), Configuration = SearchRequest.DefaultConfiguration };
        return SearchCommand.Run(
            usual with
            {
                Method = Read(line, searchMethod, text => ValueReading.OneOf(text, MethodNames)) is { } name ? (SearchMethod)MethodNames.IndexOf(name) : usual.Method,
                Trials = ReadValue(line, searchTrials, text => ValueReading.WholeNumber(text, 1)) ?? usual.Trials,
                GridPoints = ReadValue(line, gridPoints, text => ValueReading.WholeNumber(text, 1)) ?? usual.GridPoints,
                Objective = Read(line, objective, text => ValueReading.OneOf(text, ["error", "loss"])) switch { "error" => GoalMetric.ValidationError, "loss" => GoalMetric.ValidationLoss, _ => null },
                LeastEpochs = ReadValue(line, leastEpochs, text => ValueReading.WholeNumber(text, 1)) ?? usual.LeastEpochs,
                ReductionFactor = ReadValue(line, reduction, text => ValueReading.WholeNumber(text, 2)) ?? usual.ReductionFactor,
                Confirmations = ReadValue(line, searchConfirmations, text => ValueReading.WholeNumber(text, 0)) ?? usual.Confirmations,
                Parallel = ReadValue(line, parallelTrials, text => ValueReading.WholeNumber(text, 1)),
                Folder = Read(line, studyFolder, ValueReading.NotEmpty),
                Json = line.GetValue(json),
                Configuration = Overlay(line, line.GetValue(configurationFile) is { } file ? ConfigurationFile.Read(file, SearchRequest.DefaultConfiguration) : SearchRequest.DefaultConfiguration),
            },
            host);
    }

    private static SearchSpace SpaceOf(string[] dimensions)
    {
        try
        {
            return SearchSpaceText.Parse(dimensions);
        }
        catch (InvalidInputException refusal)
        {
            throw new InvalidValueException($"is not usable: {refusal.Message}");
        }
    }

    /// <summary>What all trials have in common; not what a study decides by itself.</summary>
    private IEnumerable<Option> TrialOptions(params string[] decided)
    {
        string[] own = ["epochs", "max-steps", "stop-goal", "evaluate-steps", "runtime", .. decided];
        return settings.Where(setting => setting.Key.Group < KeyGroup.Checkpoints && !own.Contains(setting.Key.Name)).Select(setting => setting.Option);
    }

    private ExitCode StudyBatchSize(ParseResult line)
    {
        var usual = UsualStudy;
        return BatchSizeStudyCommand.Run(
            new BatchSizeRequest
            {
                BatchSizes = Read(line, studiedBatchSizes, ValueReading.NotEmpty) ?? usual.BatchSizes,
                Goal = Read(line, goal, GoalOf) ?? usual.Goal,
                Trials = ReadValue(line, tuningTrials, text => ValueReading.WholeNumber(text, 1)) ?? usual.Trials,
                Confirmations = ReadValue(line, confirmations, text => ValueReading.WholeNumber(text, 0)) ?? usual.Confirmations,
                MaximumSteps = ReadValue(line, mostSteps, text => ValueReading.WholeNumber(text, 1L)) ?? usual.MaximumSteps,
                MaximumSamples = ReadValue(line, mostSamples, text => ValueReading.WholeNumber(text, 1L)),
                MinimumSteps = ReadValue(line, leastSteps, text => ValueReading.WholeNumber(text, 1L)) ?? usual.MinimumSteps,
                Rates = ReadValue(line, rates, RatesOf) ?? usual.Rates,
                Sampler = Read(line, tuningSampler, text => ValueReading.OneOf(text, ["sobol", "random"])) == "random" ? TuningSampler.Random : TuningSampler.Sobol,
                GiveUpFactor = ReadValue(line, giveUp, text => ValueReading.Number(text, value => value is 0 or >= 1, "0 or at least 1")) ?? usual.GiveUpFactor,
                MostWidenings = ReadValue(line, widenings, text => ValueReading.WholeNumber(text, 0)) ?? usual.MostWidenings,
                Wave = ReadValue(line, wave, text => ValueReading.WholeNumber(text, 1)) ?? usual.Wave,
                GoesOnAfterGoal = line.GetValue(toBudget),
                Parallel = ReadValue(line, parallelTrials, text => ValueReading.WholeNumber(text, 1)),
                Folder = Read(line, studyFolder, ValueReading.NotEmpty),
                IsDryRun = line.GetValue(dryRun),
                Json = line.GetValue(json),
                Configuration = Overlay(line, line.GetValue(configurationFile) is { } file ? ConfigurationFile.Read(file, BatchSizeRequest.DefaultConfiguration) : BatchSizeRequest.DefaultConfiguration),
            },
            host);
    }

    private static Goal GoalOf(string text)
    {
        try
        {
            return Goal.Parse(text);
        }
        catch (InvalidInputException refusal)
        {
            throw new InvalidValueException($"is not usable: {refusal.Message}");
        }
    }

    private static RateInterval RatesOf(string text) => text.Split(',') is [var from, var to]
        ? new RateInterval(ValueReading.Number(from, value => value > 0, "above 0"), ValueReading.Number(to, value => value > 0, "above 0"))
        : throw new InvalidValueException($"must be two rates with a comma between, such as 0.001,1, but is '{text}'");
}
