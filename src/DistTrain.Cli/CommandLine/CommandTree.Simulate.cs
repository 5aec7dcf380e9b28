using System.Collections.Immutable;
using System.CommandLine;
using DistTrain.Actors;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;
using DistTrain.Learning;
using DistTrain.Simulation.WhatIf;

namespace DistTrain.Cli.CommandLine;

/// <summary>The command that predicts, and the measurement from which it does.</summary>
internal sealed partial class CommandTree
{
    private readonly Option<string> calibrate = new("--calibrate") { HelpName = "FILE", Description = "measure what 'disttrain simulate --calibration FILE' predicts from, and write it there" };
    private readonly Option<string[]> calibratedModels = new("--model")
    {
        HelpName = "SPEC", Description = $"with --calibrate: a model to measure, for images of 28 by 28 pixels in ten classes; may be given several times [{string.Join(" and ", CalibrateCommand.DefaultModels)}]",
    };

    private readonly Option<string> whatIfWorkers = new("--workers") { HelpName = "LIST", Description = "numbers of workers joined by commas; of one above 1, also 1, 2, 4 and so on up to it" };
    private readonly Option<string> whatIfShards = new("--shards") { HelpName = "LIST", Description = "numbers of shards joined by commas; without it one, or with --placement workers one on each worker's node" };
    private readonly Option<string> whatIfModel = new("--model") { HelpName = "SPEC", Description = $"what is trained, on images of 28 by 28 pixels in ten classes [{WhatIfRequest.DefaultModel}]" };
    private readonly Option<string> whatIfBatch = new("--batch-size", "--batch") { HelpName = "COUNT", Description = $"samples of a mini-batch [{WhatIfRequest.DefaultBatchSize}]" };
    private readonly Option<string> whatIfMicroBatches = new("--micro-batches") { HelpName = "COUNT", Description = "into which a mini-batch is cut, a power of two; more workers than these stay idle; without it as 'train' does, at most 64" };
    private readonly Option<string> whatIfPlacement = new("--placement") { HelpName = "WHERE", Description = "of the shards: central (with the coordinator), workers (on their nodes) or servers (on nodes of their own) [central]" };
    private readonly Option<string> whatIfOn = new("--on") { HelpName = "WHAT", Description = "network (a machine each), processes (all on the calibrated machine) or threads (of one process, as 'train' runs) [network]" };
    private readonly Option<string> whatIfBandwidth = new("--bandwidth") { HelpName = "RATE", Description = $"of each machine's link, each way: bit, kbit, Mbit, Gbit, kB, MB or GB a second, or {NetworkUnits.Unlimited} [{WhatIfRequest.DefaultBandwidth}]" };
    private readonly Option<string> whatIfLatency = new("--latency") { HelpName = "TIME", Description = $"of a message between machines: us, ms or s [{WhatIfRequest.DefaultLatency}]" };
    private readonly Option<string> whatIfStragglers = new("--stragglers") { HelpName = "WHICH", Description = "none, slow:COUNT:FACTOR (always the same workers) or random:PROBABILITY:FACTOR (each worker in each step) [none]" };
    private readonly Option<string> whatIfSteps = new("--steps") { HelpName = "COUNT", Description = "steps that count, after others for warming up; without it 3, or more where there are stragglers" };
    private readonly Option<string> calibration = new("--calibration") { HelpName = "FILE", Description = "what 'disttrain bench --calibrate FILE' wrote; without it the figures of a reference machine" };
    private readonly Option<string> plot = new("--plot") { HelpName = "FILE", Description = "draw throughput, efficiency and what a step's time goes into, as an HTML file" };
    private readonly Option<string> simulationSeed = new("--seed") { HelpName = "NUMBER", Description = "draws what is random [1]; alone, of the one run with faults that is to be made (again)" };
    private readonly Option<string> faultRuns = new("--runs") { HelpName = "COUNT", Description = "let processes, links and disks fail in so many runs under virtual time, and check that none notices: exit code 1 if one does" };
    private readonly Option<string> faultSeconds = new("--seconds") { HelpName = "SECONDS", Description = "the same, as many runs as begin within this time" };
    private readonly Option<string> faultTrace = new("--trace") { HelpName = "FILE", Description = "with --seed alone: write every message and effect of the run there" };

    private void AddSimulateCommand() => Add(
        "simulate",
        "predict how a cluster would train, or check what survives when it fails",
        CommandExamples.Simulate,
        Simulate,
        [],
        [.. WhatIfOptions(), .. FaultOptions(), simulationSeed, json]);

    private ImmutableArray<Option> WhatIfOptions() =>
    [
        whatIfWorkers, whatIfShards, whatIfModel, whatIfBatch, whatIfMicroBatches, whatIfPlacement, whatIfOn, whatIfBandwidth, whatIfLatency, whatIfStragglers, whatIfSteps, calibration, plot,
    ];

    private ImmutableArray<Option> FaultOptions() => [faultRuns, faultSeconds, faultTrace];

    private ExitCode Simulate(ParseResult line)
    {
        var predicts = WhatIfOptions().Any(option => IsGiven(line, option));
        var fails = FaultOptions().Any(option => IsGiven(line, option)) || (!predicts && IsGiven(line, simulationSeed));
        return SimulateCommand.Run(predicts ? WhatIf(line) : null, fails ? Faults(line) : null, host);
    }

    private FaultsRequest Faults(ParseResult line)
    {
        var runs = ReadValue(line, faultRuns, text => ValueReading.WholeNumber(text, 1L));
        var seconds = ReadValue(line, faultSeconds, text => ValueReading.Number(text, value => value > 0, "above 0"));
        return new FaultsRequest(
            ReadValue(line, simulationSeed, text => ValueReading.WholeNumber(text, 0UL)) ?? 1,
            runs is null && seconds is null ? 1 : runs,
            seconds,
            Read(line, faultTrace, ValueReading.NotEmpty),
            line.GetValue(json));
    }

    private WhatIfRequest WhatIf(ParseResult line) => new()
    {
        Workers = ReadValue(line, whatIfWorkers, ValueReading.RisingNumbers) ?? throw new CommandException(ExitCode.WrongUsage, "simulate needs --workers to predict: say for how many, for example --workers 64"),
        Shards = ReadValue(line, whatIfShards, ValueReading.RisingNumbers),
        Model = Read(line, whatIfModel, ValueReading.NotEmpty) ?? WhatIfRequest.DefaultModel,
        BatchSize = ReadValue(line, whatIfBatch, text => ValueReading.WholeNumber(text, 1)) ?? WhatIfRequest.DefaultBatchSize,
        MicroBatches = ReadValue(line, whatIfMicroBatches, text => ValueReading.WholeNumber(text, 1)),
        Placement = ReadValue(line, whatIfPlacement, WhatIfRequest.PlacementOf) ?? ShardPlacement.Central,
        On = ReadValue(line, whatIfOn, WhatIfRequest.SurroundingsOf) ?? Surroundings.Network,
        BytesPerSecond = ReadValue(line, whatIfBandwidth, NetworkUnits.Bandwidth),
        LatencySeconds = ReadValue(line, whatIfLatency, NetworkUnits.Latency),
        Stragglers = Read(line, whatIfStragglers, StragglersOf) ?? new NoStragglers(),
        Steps = ReadValue(line, whatIfSteps, text => ValueReading.WholeNumber(text, 1)),
        Seed = ReadValue(line, simulationSeed, text => ValueReading.WholeNumber(text, 0UL)) ?? 1,
        CalibrationFile = Read(line, calibration, ValueReading.NotEmpty),
        PlotFile = Read(line, plot, ValueReading.NotEmpty),
        Json = line.GetValue(json),
    };

    private static Stragglers StragglersOf(string text)
    {
        try
        {
            return Stragglers.Parse(text);
        }
        catch (InvalidInputException fault)
        {
            throw new InvalidValueException($"cannot be read: {fault.Message}");
        }
    }

    private ImmutableArray<string> Calibrated(ParseResult line) => line.GetValue(calibratedModels) is { Length: > 0 } given ? [.. given.Distinct()] : CalibrateCommand.DefaultModels;
}
