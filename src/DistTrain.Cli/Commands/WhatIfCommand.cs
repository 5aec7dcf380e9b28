using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Cli.Benchmarking;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Simulation.WhatIf;

namespace DistTrain.Cli.Commands;

/// <summary>What is to be predicted.</summary>
public sealed record WhatIfRequest
{
    public const string DefaultModel = "mlp:512,512";
    public const int DefaultBatchSize = 256;
    public const string DefaultBandwidth = "10Gbit";
    public const string DefaultLatency = "50us";

    /// <summary>Rising; one alone that is above 1 stands for 1, 2, 4 and so on up to it.</summary>
    public required ImmutableArray<int> Workers { get; init; }

    /// <summary>Rising; null for what the placement gives.</summary>
    public ImmutableArray<int>? Shards { get; init; }

    public required string Model { get; init; }

    public required int BatchSize { get; init; }

    /// <summary>Null for the default rule.</summary>
    public int? MicroBatches { get; init; }

    public ShardPlacement Placement { get; init; }

    public Surroundings On { get; init; }

    /// <summary>Null for <see cref="DefaultBandwidth"/>, or for the machine's own.</summary>
    public double? BytesPerSecond { get; init; }

    /// <summary>Null for <see cref="DefaultLatency"/>, or for the machine's own.</summary>
    public double? LatencySeconds { get; init; }

    public Stragglers Stragglers { get; init; } = new NoStragglers();

    /// <summary>Null for as many as are needed.</summary>
    public int? Steps { get; init; }

    public ulong Seed { get; init; }

    /// <summary>Null for the reference machine.</summary>
    public string? CalibrationFile { get; init; }

    /// <summary>Null for none.</summary>
    public string? PlotFile { get; init; }

    public bool Json { get; init; }

    /// <exception cref="InvalidValueException">There is no such placement.</exception>
    internal static ShardPlacement PlacementOf(string text) => text switch
    {
        "central" => ShardPlacement.Central,
        "workers" => ShardPlacement.Workers,
        "servers" => ShardPlacement.Servers,
        _ => throw new InvalidValueException($"must be central, workers or servers, but is '{text}'"),
    };

    /// <exception cref="InvalidValueException">There are no such surroundings.</exception>
    internal static Surroundings SurroundingsOf(string text) => text switch
    {
        "network" => Surroundings.Network,
        "processes" => Surroundings.Processes,
        "threads" => Surroundings.Threads,
        _ => throw new InvalidValueException($"must be network, processes or threads, but is '{text}'"),
    };
}

/// <summary>Predicts how trainings would go, from costs that were measured.</summary>
public static class WhatIfCommand
{
    public static ExitCode Run(WhatIfRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        RefuseContradictions(request);
        if (request.PlotFile is { } file)
        {
            OutputFile.Check(file);
        }

        var table = Predict(request);
        if (request.Json)
        {
            WhatIfJson.Write(table, host.Output);
        }
        else
        {
            WhatIfText.Write(table, host.Output);
        }

        if (request.PlotFile is { } plot)
        {
            OutputFile.Write(plot, WhatIfPlot.Html(table, host.Version));
            if (!request.Json)
            {
                host.Output.WriteLine($"drawn in {plot}");
            }
        }

        return ExitCode.Success;
    }

    private static void RefuseContradictions(WhatIfRequest request)
    {
        if (request.On == Surroundings.Network)
        {
            return;
        }

        var on = $"{request.On}".ToLowerInvariant();
        if (request.BytesPerSecond is not null || request.LatencySeconds is not null)
        {
            throw new CommandException(ExitCode.WrongUsage, $"--bandwidth and --latency are a network's, but --on {on} has none: leave them out, the calibration says what there is instead");
        }

        if (request.On == Surroundings.Threads && request.Placement != ShardPlacement.Central)
        {
            throw new CommandException(ExitCode.WrongUsage, "--on threads has one process, and all shards are in it: leave out --placement");
        }
    }

    private static WhatIfTable Predict(WhatIfRequest request)
    {
        var graph = Stage.Configuration(() => ModelWork.Build(request.Model));
        var calibration = request.CalibrationFile is { } file ? ReadCalibration(file) : ReferenceMachine.Calibration;
        var (costs, measured) = calibration.CostsOf(request.Model, ModelWork.OperationsPerSample(graph), sizeof(float) * ModelWork.SampleShape.ElementCount);
        var isNetwork = request.On == Surroundings.Network;
        var question = new WhatIfQuestion
        {
            Layout = graph.Layout,
            Costs = costs,
            BatchSize = request.BatchSize,
            MicroBatches = request.MicroBatches,
            Workers = 1,
            Placement = request.Placement,
            On = request.On,
            BytesPerSecond = request.BytesPerSecond ?? (isNetwork ? NetworkUnits.Bandwidth(WhatIfRequest.DefaultBandwidth) : request.On == Surroundings.Processes ? calibration.LocalBytesPerSecond : double.PositiveInfinity),
            LatencySeconds = request.LatencySeconds ?? (isNetwork ? NetworkUnits.Latency(WhatIfRequest.DefaultLatency) : request.On == Surroundings.Processes ? calibration.LocalLatencySeconds : 0),
            Stragglers = request.Stragglers,
            Steps = request.Steps,
            Seed = request.Seed,
        };
        ImmutableArray<int?> shards = request.Shards is { } some ? [.. some.Select(count => (int?)count)] : [null];
        return Stage.Configuration(() => new WhatIfTable(
            request.Model,
            calibration.Machine,
            request.CalibrationFile,
            measured.Model,
            WhatIfStudy.PredictAlone(question),
            [.. shards.SelectMany(count => WorkerCounts(request.Workers).Select(workers => WhatIfStudy.Predict(question with { Workers = workers, Shards = count })))]));
    }

    private static Calibration ReadCalibration(string file)
    {
        try
        {
            return Stage.Configuration(() => Calibration.Read(File.ReadAllText(file), file));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.WrongUsage, $"--calibration {file} cannot be read: {fault.Message}", fault);
        }
    }

    private static IEnumerable<int> WorkerCounts(ImmutableArray<int> asked)
    {
        if (asked is not [var most])
        {
            return asked;
        }

        return Enumerable.Range(0, 31).Select(power => 1 << power).TakeWhile(count => count < most).Append(most);
    }
}
