using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using DistTrain.Actors;
using DistTrain.Cli.Chaos;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;
using DistTrain.Runtime.Faults;

namespace DistTrain.Cli.CommandLine;

/// <summary>The commands with their arguments and options; parses a command line and runs what it asks for.</summary>
internal sealed partial class CommandTree
{
    /// <summary>What a switch means that stands alone.</summary>
    private const string Yes = "yes";

    private Host host;
    private readonly RootCommand root = new("Trains neural networks on a cluster of actors.");
    private readonly Option<bool> help = new("--help", "-h", "-?") { Description = "show this help", Recursive = true };
    private readonly Option<bool> version = new("--version") { Description = "show the version and its revision" };
    private readonly Option<bool> directed = new("--directed") { Hidden = true, Recursive = true };
    private readonly Option<string> dieAt = new("--die-at") { Hidden = true, Recursive = true, HelpName = "POINT:COUNT" };
    private readonly Option<bool> json = new("--json") { Description = "one JSON object a line on standard output, nothing else there" };
    private readonly Option<string> runDirectory = new("--run") { HelpName = "FOLDER", Description = "the run directory, new or empty; without it a new one below runs/" };
    private readonly Option<bool> orResume = new("--or-resume") { Description = "go on with the run in the folder of --run if one has begun there: the same command line for the first start and for every one after it" };
    private readonly Option<string> configurationFile = new("--config") { HelpName = "FILE", Description = "YAML with any of the settings below by their names; flags win over it" };
    private readonly Option<string> onnxFile = new("--onnx") { HelpName = "FILE", Description = "write an ONNX file (operator set 13): input to logits, the batch size open" };
    private readonly Option<string> safetensorsFile = new("--safetensors") { HelpName = "FILE", Description = "write the model as it is stored: tensors, and layers and preparation in the metadata" };
    private readonly Option<string> split = new("--split") { HelpName = "PART", Description = "the part of the run's own data: train, validation or test (the default)" };
    private readonly Option<string> benchSeconds = new("--seconds") { HelpName = "SECONDS", Description = FormattableString.Invariant($"time for each of the measurements [{BenchCommand.DefaultSeconds}]") };
    private readonly Argument<string> run = new("RUN") { Description = "a run directory that 'disttrain train' made" };
    private readonly Option<bool> forceResume = new("--force") { Description = "take the run over although its process was on another machine, so that nobody can see from here whether it is gone" };
    private readonly Argument<string?> modelName = new("MODEL") { Description = "one model to show layer by layer, such as mlp:512,512; without it, all that there is", Arity = ArgumentArity.ZeroOrOne };
    private readonly Argument<string> runOrFile = new("RUN|FILE") { Description = "a run directory, or any safetensors file of float32 tensors" };
    private readonly ImmutableArray<(ConfigurationKey Key, Option<string> Option)> settings;
    private readonly Dictionary<Command, (CommandHelp Help, Func<ParseResult, ExitCode> Run)> commands = [];

    private CommandTree(Host host)
    {
        this.host = host;
        settings = [.. ConfigurationKeys.All.Select(key => (key, OptionOf(key)))];
        // Ours say what there is to learn and give our exit codes.
        root.Options.Clear();
        root.Directives.Clear();
        root.Options.Add(help);
        root.Options.Add(version);
        root.Options.Add(directed);
        root.Options.Add(dieAt);
        Add("train", "train a model; with no argument: the built-in digits, two workers", CommandExamples.Train, Train, [], [configurationFile, runDirectory, orResume, standby, json, .. settings.Select(s => s.Option)]);
        Add("resume", "go on with a run whose process is gone, from its newest checkpoint", CommandExamples.Resume, Resume, [run], [json, forceResume, .. settings.Where(s => s.Key.MayChangeOnResume).Select(s => s.Option)]);
        Add("evaluate", "loss, accuracy, confusion matrix and other metrics of a trained model", CommandExamples.Evaluate, Evaluate, [run], [.. ModelOptions(), split]);
        Add("predict", "what a trained model says of each sample", CommandExamples.Predict, Predict, [run], [.. ModelOptions()]);
        Add("export", "a trained model as a file for other programs", CommandExamples.Export, Export, [run], [onnxFile, safetensorsFile, json]);
        Add("models", "what models can be made of: names, sizes for given data, layers and their settings in YAML", CommandExamples.Models, Models, [modelName], [.. ModelOptions()]);
        Add("bench", "measure this machine: peak, products and training steps; or what 'simulate' needs", CommandExamples.Bench, Bench, [], [benchSeconds, calibrate, calibratedModels, json]);
        AddSimulateCommand();
        AddClusterCommands();
        AddStudyCommands();
        AddChaosCommand();
        AddReportCommands();
        Add("inspect", "the layers of a model: shapes, counts, means, deviations, extremes", CommandExamples.Inspect, Inspect, [runOrFile], [json]);
    }

    /// <exception cref="CommandException">The command line is not possible, or the command failed.</exception>
    public static ExitCode Invoke(IReadOnlyList<string> arguments, Host host) => new CommandTree(host).Invoke(arguments);

    private ExitCode Invoke(IReadOnlyList<string> arguments)
    {
        // A file of arguments ("@file") would make every value that begins with an at-sign something else.
        var line = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var command = line.CommandResult.Command;
        if (line.GetValue(help))
        {
            HelpText.Write(host.Output, commands.TryGetValue(command, out var known) ? known.Help : GroupHelp(command));
            return ExitCode.Success;
        }

        if (command == root && line.GetValue(version))
        {
            host.Output.WriteLine($"disttrain {host.Version}");
            return ExitCode.Success;
        }

        if (command == root && line.UnmatchedTokens.Count == 0)
        {
            HelpText.Write(host.Error, GroupHelp(root));
            return ExitCode.WrongUsage;
        }

        if (line.Errors.Count > 0 || Swallowed(line) is not null)
        {
            throw new CommandException(ExitCode.WrongUsage, $"{Complaint(line)}: see '{PathOf(command)} --help'");
        }

        BeDirected(line);
        return commands[command].Run(line);
    }

    /// <summary>What proofs of recovery ask of the processes that they start.</summary>
    private void BeDirected(ParseResult line)
    {
        if (ReadValue(line, dieAt, FaultPointText.Parse) is var (point, count))
        {
            FaultPoints.Arm(point, count);
        }

        if (line.GetValue(directed))
        {
            host = host with { TellsProgress = true };
            Direction.Follow(host.Input);
        }
    }

    private string Complaint(ParseResult line)
    {
        var command = line.CommandResult.Command;
        var unknown = Swallowed(line) ?? (line.UnmatchedTokens.Count > 0 ? line.UnmatchedTokens[0] : null);
        if (unknown is null)
        {
            return line.Errors[0].Message.TrimEnd('.');
        }

        if (commands.TryGetValue(command, out var known) && known.Run == Resume && settings.Any(setting => setting.Key.Flags.Contains(unknown.Split('=')[0])))
        {
            return $"{unknown} cannot be changed any more: a run goes on with what it began with, and only where, by how many and how safely it is trained may be another";
        }

        var candidates = command.Subcommands.Count > 0 ? command.Subcommands.Select(c => c.Name) : command.Options.Select(o => o.Name);
        var nearest = candidates.MinBy(name => EditDistance.Between(name, unknown))!;
        var suggestion = EditDistance.Between(nearest, unknown) <= 3 ? $" (did you mean '{nearest}'?)" : "";
        var what = command.Subcommands.Count > 0 && !unknown.StartsWith('-') ? "command" : unknown.StartsWith('-') ? "option" : "argument";
        return $"unknown {what} '{unknown}'{suggestion}";
    }

    /// <summary>An option that does not exist, taken for the value of one in front of it that may stand alone; null where there is none.</summary>
    private static string? Swallowed(ParseResult line) => line.CommandResult.Children.OfType<OptionResult>()
        .Where(result => result.Option.Arity.MinimumNumberOfValues == 0)
        .SelectMany(result => result.Tokens)
        .Select(token => token.Value)
        .FirstOrDefault(value => value.StartsWith("--", StringComparison.Ordinal));

    private ExitCode Train(ParseResult line)
    {
        RefuseWorkersOfTwoKinds(line);
        var file = line.GetValue(configurationFile);
        var configuration = file is null ? TrainConfiguration.Default : ConfigurationFile.Read(file, TrainConfiguration.Default);
        var request = new TrainRequest(Overlay(line, configuration), Directory(line), line.GetValue(json));
        using var runtime = UseRuntime(request.Configuration);
        var isStandby = StandBy(line, request, runtime);
        if (isStandby is false)
        {
            return ExitCode.Success;
        }

        return line.GetValue(orResume) || isStandby is true
            ? RunThatIsThere.ResumeOrTrain(request, request.RunDirectory ?? throw new CommandException(ExitCode.WrongUsage, "--or-resume needs --run: say in which folder the run is"), host)
            : TrainCommand.Run(request, host);
    }

    private ExitCode Resume(ParseResult line)
    {
        RefuseWorkersOfTwoKinds(line);
        using var runtime = UseRuntime(Overlay(line, TrainConfiguration.Default));
        return ResumeCommand.Run(new ResumeRequest(line.GetRequiredValue(run), stored => Overlay(line, stored), line.GetValue(json), line.GetValue(forceResume)), host);
    }

    private string? Directory(ParseResult line) => line.GetValue(runDirectory) switch
    {
        null => null,
        "" => throw new CommandException(ExitCode.WrongUsage, "--run must name a folder, but is empty"),
        var directory => directory,
    };

    private ExitCode Evaluate(ParseResult line)
    {
        var request = Model(line);
        DataSplit? part = line.GetValue(split) switch
        {
            null => null,
            _ when request.Data is not null => throw new CommandException(ExitCode.WrongUsage, "--split is a part of the run's own data: give either --split or --data"),
            "train" => DataSplit.Train,
            "validation" => DataSplit.Validation,
            "test" => DataSplit.Test,
            var other => throw new CommandException(ExitCode.WrongUsage, $"--split must be train, validation or test, but is '{other}'"),
        };
        return EvaluateCommand.Run(request with { Split = part }, host);
    }

    private ExitCode Predict(ParseResult line)
    {
        var request = Model(line);
        return request.Data is null
            ? throw new CommandException(ExitCode.WrongUsage, "predict needs --data: say which samples, for example --data csv:new.csv")
            : PredictCommand.Run(request, host);
    }

    private ExitCode Inspect(ParseResult line) => InspectCommand.Run(new InspectRequest(line.GetRequiredValue(runOrFile), line.GetValue(json)), host);

    private ExitCode Export(ParseResult line) =>
        ExportCommand.Run(new ExportRequest(line.GetRequiredValue(run), line.GetValue(onnxFile), line.GetValue(safetensorsFile), line.GetValue(json)), host);

    private ExitCode Bench(ParseResult line)
    {
        var seconds = ReadValue(line, benchSeconds, text => ValueReading.Number(text, value => value > 0, "above 0")) ?? BenchCommand.DefaultSeconds;
        return Read(line, calibrate, ValueReading.NotEmpty) is { } file
            ? CalibrateCommand.Run(new CalibrateRequest(file, Calibrated(line), seconds), host)
            : BenchCommand.Run(new BenchRequest(seconds, line.GetValue(json)), host);
    }

    private ExitCode Models(ParseResult line) => ModelsCommand.Run(new ModelsRequest(line.GetValue(modelName), Overlay(line, TrainConfiguration.Default), line.GetValue(json)), host);

    private ModelRequest Model(ParseResult line)
    {
        var given = settings.Where(setting => IsDataSetting(setting.Key) && IsGiven(line, setting.Option)).ToArray();
        var hasData = given.Any(setting => setting.Key.Name == "data");
        if (given.Length > 0 && !hasData)
        {
            throw new CommandException(ExitCode.WrongUsage, $"{given[0].Key.Flag} goes with --data: say which samples as well");
        }

        var engine = settings.Single(setting => setting.Key.Name == "engine");
        return new ModelRequest(
            line.GetRequiredValue(run),
            hasData ? configuration => Overlay(line, ForOtherData(configuration, line)) : null,
            IsGiven(line, engine.Option) ? Overlay(line, TrainConfiguration.Default).Engine : null,
            line.GetValue(json));
    }

    /// <summary>How the run's table is written holds for another table too, but means nothing for other kinds of data.</summary>
    private TrainConfiguration ForOtherData(TrainConfiguration configuration, ParseResult line)
    {
        var data = line.GetValue(settings.Single(setting => setting.Key.Name == "data").Option)!;
        return data.StartsWith("csv:", StringComparison.Ordinal) && configuration.Data.StartsWith("csv:", StringComparison.Ordinal)
            ? configuration
            : configuration with { Label = null, Header = null, Task = null, Separator = null };
    }

    /// <summary>The flags laid over a configuration.</summary>
    private TrainConfiguration Overlay(ParseResult line, TrainConfiguration configuration)
    {
        foreach (var (key, option) in settings.Where(setting => IsGiven(line, setting.Option)))
        {
            try
            {
                configuration = key.Read(configuration, line.GetValue(option) ?? Yes);
            }
            catch (InvalidValueException fault)
            {
                throw new CommandException(ExitCode.WrongUsage, $"{key.Flag} {fault.Message}", fault);
            }
        }

        return configuration;
    }

    private static Option<string> OptionOf(ConfigurationKey key) => new(key.Flag, [.. key.Flags.Skip(1)])
    {
        HelpName = key.ValueName,
        Description = key.Description,
        Arity = key.MayStandAlone ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
    };

    private static bool IsGiven(ParseResult line, Option option) => line.GetResult(option) is OptionResult { Implicit: false };

    private static bool IsDataSetting(ConfigurationKey key) => key.Name is "data" or "label" or "header" or "task" or "separator";

    private IEnumerable<Option> ModelOptions() => [json, .. settings.Where(s => IsDataSetting(s.Key) || s.Key.Name == "engine").Select(s => s.Option)];

    private void Add(
        string name, string summary, ImmutableArray<string> examples, Func<ParseResult, ExitCode> action, IReadOnlyList<Argument> arguments, IReadOnlyList<Option> options, Command? group = null,
        TrainConfiguration? defaults = null)
    {
        var command = new Command(name, summary);
        foreach (var argument in arguments)
        {
            command.Arguments.Add(argument);
        }

        foreach (var option in options)
        {
            command.Options.Add(option);
        }

        (group ?? root).Subcommands.Add(command);
        commands.Add(command, (new CommandHelp(PathOf(command), summary, HelpSections(arguments, options, defaults ?? (arguments.Count == 0 ? TrainConfiguration.Default : null)), examples), action));
    }

    private ImmutableArray<HelpSection> HelpSections(IReadOnlyList<Argument> arguments, IReadOnlyList<Option> options, TrainConfiguration? defaults)
    {
        var sections = ImmutableArray.CreateBuilder<HelpSection>();
        if (arguments.Count > 0)
        {
            sections.Add(new HelpSection("Arguments", [.. arguments.Select(a => new HelpRow(a.Name, a.Description!))]));
        }

        var general = options.Where(option => settings.All(setting => setting.Option != option)).Append(help);
        sections.Add(new HelpSection("Options", [.. general.Select(o => new HelpRow(o.HelpName is null ? o.Name : $"{o.Name} {o.HelpName}", o.Description!))]));
        foreach (var group in settings.Where(setting => options.Contains(setting.Option)).GroupBy(setting => setting.Key.Group))
        {
            sections.Add(new HelpSection(group.Key.ToString(), [.. group.Select(setting => HelpText.RowOf(setting.Key, defaults))]));
        }

        return sections.ToImmutable();
    }

    /// <summary>A command that only stands before others.</summary>
    private Command AddGroup(string name, string summary)
    {
        var group = new Command(name, summary);
        root.Subcommands.Add(group);
        return group;
    }

    private string PathOf(Command command) => command == root ? "disttrain" : string.Join(' ', command.Parents.OfType<Command>().Select(PathOf).Append(command.Name));

    private CommandHelp GroupHelp(Command group) => new(
        PathOf(group),
        group == root ? "trains neural networks on a cluster of actors: the same bits at any number of workers" : group.Description!,
        [
            new HelpSection("Commands", [.. group.Subcommands.Select(c => new HelpRow(c.Name, c.Description!))]),
            new HelpSection("Options", [new HelpRow("--help", $"{help.Description}; with a command: its own"), .. group == root ? (HelpRow[])[new HelpRow("--version", version.Description!)] : []]),
        ],
        group == root ? CommandExamples.Root : [.. group.Subcommands.SelectMany(command => commands[command].Help.Examples)]);
}
