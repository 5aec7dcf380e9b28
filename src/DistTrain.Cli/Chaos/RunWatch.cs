using System.Collections.Immutable;
using System.Text.Json;

namespace DistTrain.Cli.Chaos;

/// <summary>
/// Follows one training by what its coordinators tell, one after the other: JSON lines on standard output, sentences on standard error. Times are those at which a line came.
/// </summary>
internal sealed class RunWatch
{
    /// <summary>Steps are told of every tenth of a second while they are made; a longer time between two was a pause.</summary>
    private const double LongestTurn = 0.3;

    private readonly List<Life> lives = [];
    private readonly List<(double At, string Sentence)> notices = [];
    private readonly List<(double At, ReturnFacts Back)> returns = [];
    private readonly List<(double From, double To)> pauses = [];

    /// <summary>The last step of the run that was ever told of.</summary>
    public long Furthest { get; private set; }

    /// <summary>When something was last told of training.</summary>
    public double LastMoved { get; private set; }

    /// <summary>When a step was last told of; 0 while none was.</summary>
    public double LastStepAt { get; private set; }

    public long NewestCheckpoint { get; private set; }

    public long TotalSteps { get; private set; }

    /// <summary>Most steps that were told of at once: so many may be made and not told of.</summary>
    public long MostAtOnce { get; private set; }

    public string? Outcome { get; private set; }

    public string? Hash { get; private set; }

    /// <summary>Steps told of, those that were made again included.</summary>
    public long Computed => lives.Sum(life => Math.Max(0, life.Last - life.From));

    public IEnumerable<string> NoticesSince(double at) => notices.Where(notice => notice.At >= at).Select(notice => notice.Sentence);

    public ImmutableArray<ReturnFacts> ReturnsSince(double at) => [.. returns.Where(back => back.At >= at).Select(back => back.Back)];

    /// <summary>When a step beyond that one was first told of, not before <paramref name="at"/>; null while none was.</summary>
    public double? FirstBeyond(long step, double at) =>
        lives.SelectMany(life => life.Told).Where(told => told.At >= at && told.Step > step).Select(told => (double?)told.At).FirstOrDefault();

    /// <summary>Training stood still, because of a fault after which it went on where it was: that is not lost a second time when it returns to a checkpoint from before.</summary>
    public void AddPause(double from, double to) => pauses.Add((from, to));

    public void HandleSentence(double at, string sentence) => notices.Add((at, sentence));

    public void HandleLine(double at, string line, double? faultAt)
    {
        using var json = TryParse(line);
        if (json is null)
        {
            return;
        }

        var told = json.RootElement;
        LastMoved = at;
        switch (told.GetProperty("event").GetString())
        {
            case "progress":
                HandleStep(at, told.GetProperty("step").GetInt64());
                TotalSteps = told.GetProperty("totalSteps").GetInt64();
                break;
            case "checkpoint":
                NewestCheckpoint = told.GetProperty("step").GetInt64();
                break;
            case "recovered":
                Begin(at, told.GetProperty("fromStep").GetInt64(), told.GetProperty("lostSeconds").GetDouble(), faultAt);
                break;
            case "finished":
                Outcome = told.GetProperty("outcome").GetString();
                Hash = told.GetProperty("weightsHash").GetString();
                HandleStep(at, told.GetProperty("steps").GetInt64());
                break;
        }
    }

    private static JsonDocument? TryParse(string line)
    {
        try
        {
            var json = JsonDocument.Parse(line);
            return json.RootElement.TryGetProperty("event", out _) ? json : null;
        }
        catch (JsonException)
        {
            // A line that its process could not finish.
            return null;
        }
    }

    private void HandleStep(double at, long step)
    {
        if (lives.Count == 0)
        {
            lives.Add(new Life(0, at));
        }

        var life = lives[^1];
        if (life.Told.Count > 0 && at - life.Told[^1].At < LongestTurn)
        {
            MostAtOnce = Math.Max(MostAtOnce, step - life.Told[^1].Step);
        }

        life.Told.Add((at, step));
        LastStepAt = at;
        Furthest = Math.Max(Furthest, step);
    }

    /// <param name="known">Of lost training, by the coordinator's own clock; 0 from one that was not there when it was made.</param>
    private void Begin(double at, long from, double known, double? faultAt)
    {
        if (lives.Count > 0)
        {
            var dying = lives[^1];
            returns.Add((at, new ReturnFacts(from, dying.Last, NewestCheckpoint, Math.Max(known, LostSeconds(dying, from, faultAt)))));
        }

        lives.Add(new Life(from, at));
    }

    private double LostSeconds(Life dying, long from, double? faultAt)
    {
        if (dying.Last <= from)
        {
            return 0;
        }

        var begin = dying.Told.Where(told => told.Step <= from).Select(told => told.At).DefaultIfEmpty(dying.Began).Last();
        var end = Math.Max(dying.Told[^1].At, faultAt ?? 0);
        return Math.Max(0, end - begin - pauses.Sum(pause => Math.Max(0, Math.Min(end, pause.To) - Math.Max(begin, pause.From))));
    }

    /// <summary>From one return to a checkpoint to the next.</summary>
    private sealed class Life(long from, double began)
    {
        public long From => from;

        public double Began => began;

        public List<(double At, long Step)> Told { get; } = [];

        /// <summary>Told of; where it began if none was.</summary>
        public long Last => Told.Count == 0 ? from : Told[^1].Step;
    }
}
