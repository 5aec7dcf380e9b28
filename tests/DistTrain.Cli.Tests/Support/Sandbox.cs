using System.Text.Json;
using DistTrain.Learning.Engines.Reference;

namespace DistTrain.Cli.Tests.Support;

/// <summary>What the program said and how it ended.</summary>
internal sealed record Outcome(int Code, string Output, string Error)
{
    public ExitCode ExitCode => (ExitCode)Code;

    public string[] OutputLines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public JsonElement[] JsonLines => [.. OutputLines.Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>Nothing on standard output, one line on standard error that is a sentence and no stack trace, and the expected code.</summary>
    public string AssertRefused(ExitCode expected)
    {
        Assert.Equal(expected, ExitCode);
        Assert.Equal("", Output);
        return AssertOneSentence();
    }

    public string AssertOneSentence()
    {
        var sentence = Assert.Single(Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("disttrain: ", sentence, StringComparison.Ordinal);
        Assert.EndsWith(".", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", sentence, StringComparison.Ordinal);
        return sentence;
    }
}

/// <summary>The program in a folder of its own, inside the test's process.</summary>
internal sealed class Sandbox : IDisposable
{
    public Sandbox()
    {
        Folder = Directory.CreateTempSubdirectory("disttrain-test-").FullName;
    }

    public string Folder { get; }

    public bool IsTerminal { get; init; }

    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    public Trainer Trainer { get; set; } = (definition, engine, listener, cancellation, _) => SequentialTrainer.Run(definition, engine, listener, cancellation);

    public InterruptionListener Interruption { get; set; } = (_, _) => new StringWriter();

    public InterruptionListener Termination { get; set; } = (_, _) => new StringWriter();

    public CoordinatorRunner Coordinator { get; set; } = (_, _, _, definition, engine, listener, cancellation, _) => SequentialTrainer.Run(definition, engine, listener, cancellation);

    public MemberRunner Member { get; set; } = (_, _, _, _, _) => throw new InvalidOperationException("no member is expected");

    public StatusQuestion AskStatus { get; set; } = (_, _, _) => throw new InvalidOperationException("no question is expected");

    public ProcessStarter StartProcess { get; set; } = _ => throw new InvalidOperationException("no process is expected");

    public TextReader Input { get; set; } = TextReader.Null;

    public string At(string name) => Path.Combine(Folder, name);

    public string Write(string name, string content)
    {
        File.WriteAllText(At(name), content);
        return At(name);
    }

    public Outcome Run(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = Application.Run(arguments, new Host
        {
            Output = output,
            Error = error,
            OutputIsTerminal = IsTerminal,
            TerminalWidth = () => 100,
            EnvironmentVariable = name => Environment.GetValueOrDefault(name),
            UtcNow = () => new DateTime(2026, 1, 31, 23, 59, 58, DateTimeKind.Utc),
            Version = "9.8.7+0123456789abcdef0123456789abcdef01234567",
            Engine = _ => new ReferenceEngine(),
            Trainer = _ => (definition, engine, listener, cancellation, recovery) => Trainer(definition, engine, listener, cancellation, recovery),
            ListenForInterruption = Interruption,
            ListenForTermination = Termination,
            Input = Input,
            Coordinator = Coordinator,
            Member = Member,
            AskStatus = AskStatus,
            StartProcess = StartProcess,
            EndProcess = code => throw new InvalidOperationException($"the process would end with {code}"),
        });
        return new Outcome(code, output.ToString(), error.ToString());
    }

    /// <summary>A small training whose run directory is <c>run</c>.</summary>
    public Outcome Train(params string[] more) =>
        Run(["train", .. more.Contains("--epochs") ? (string[])[] : ["--epochs", "2"], "--model", "mlp:16", "--run", At("run"), .. more]);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
