using DistTrain.Learning;
using DistTrain.Runtime.Faults;

namespace DistTrain.Cli.Chaos;

/// <summary>
/// What a process that proves recovery says to those that it has started with <c>--directed</c>, on their standard input: a line for each fault point at which one is to die. The end of the input says that the
/// starting process is gone, whatever it died of, and nobody is left to be told anything.
/// </summary>
internal static class Direction
{
    private const string DieAtWord = "die-at ";

    public const string Live = "live";

    public static string DieAt(FaultPoint point, int count) => DieAtWord + FaultPointText.Format(point, count);

    /// <summary>Does what the input says, on a thread of its own, for as long as this process lives.</summary>
    public static void Follow(TextReader input)
    {
        Signals.DieWithParent();
        new Thread(() =>
        {
            while (input.ReadLine() is { } line)
            {
                Obey(line);
            }

            Signals.KillOwn();
        })
        {
            IsBackground = true,
            Name = "direction",
        }.Start();
    }

    private static void Obey(string line)
    {
        if (line == Live)
        {
            FaultPoints.Disarm();
        }
        else if (line.StartsWith(DieAtWord, StringComparison.Ordinal))
        {
            try
            {
                var (point, count) = FaultPointText.Parse(line[DieAtWord.Length..]);
                FaultPoints.Arm(point, count);
            }
            catch (InvalidInputException)
            {
                // Said by somebody else than this program.
            }
        }
    }
}
