using System.Text;
using Spectre.Console;

namespace DistTrain.Cli.Output;

/// <summary>A Spectre console on the host's output: colours and cursor movements on a terminal, plain text elsewhere.</summary>
internal static class TerminalConsole
{
    /// <summary>Width of tables where nobody's screen limits them.</summary>
    private const int PlainWidth = 160;

    public static IAnsiConsole Create(Host host)
    {
        var terminal = host.OutputIsTerminal;
        // https://no-color.org: present and not empty, whatever its value.
        var colour = terminal && string.IsNullOrEmpty(host.EnvironmentVariable("NO_COLOR"));
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = terminal ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new HostOutput(host, terminal),
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Capabilities.Unicode = terminal;
        return console;
    }

    private sealed class HostOutput(Host host, bool terminal) : IAnsiConsoleOutput
    {
        public TextWriter Writer => host.Output;

        public bool IsTerminal => terminal;

        public int Width => terminal ? Math.Max(40, host.TerminalWidth()) : PlainWidth;

        public int Height => 40;

        public void SetEncoding(Encoding encoding)
        {
        }
    }
}
