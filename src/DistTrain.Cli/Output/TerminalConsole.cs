using System.Text;
using Spectre.Console;

namespace DistTrain.Cli.Output;

/// <summary>A Spectre console on a terminal that is the host's output.</summary>
internal static class TerminalConsole
{
    private const int LeastWidth = 40;

    public static IAnsiConsole Create(Host host) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.Yes,
        // https://no-color.org: present and not empty, whatever its value.
        ColorSystem = string.IsNullOrEmpty(host.EnvironmentVariable("NO_COLOR")) ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Interactive = InteractionSupport.Yes,
        Out = new HostOutput(host),
        Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
    });

    private sealed class HostOutput(Host host) : IAnsiConsoleOutput
    {
        public TextWriter Writer => host.Output;

        public bool IsTerminal => true;

        public int Width => Math.Max(LeastWidth, host.TerminalWidth());

        public int Height => 40;

        public void SetEncoding(Encoding encoding)
        {
        }
    }
}
