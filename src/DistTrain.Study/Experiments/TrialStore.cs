using System.Text;

namespace DistTrain.Study.Experiments;

/// <summary>
/// The trials of a folder: each is run once, whatever is killed, and however many processes on however many machines share the folder. A process appends its results to a file of its own and reads
/// everybody's; a trial that is being run is claimed by a file that only one process can make.
/// </summary>
public sealed class TrialStore : IDisposable
{
    /// <summary>A claim that nobody has touched for this long is nobody's any more.</summary>
    private static readonly TimeSpan ClaimLife = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ClaimRefresh = TimeSpan.FromSeconds(5);

    private readonly string results;
    private readonly string claims;
    private readonly string owner;
    private readonly object gate = new();
    private readonly Dictionary<string, TrialResult> trials = [];
    private readonly Dictionary<string, long> readUpTo = [];
    private readonly HashSet<string> claimed = [];
    private readonly Timer refresh;
    private FileStream? own;

    /// <param name="folder">Made if it is not there.</param>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public TrialStore(string folder)
    {
        results = Path.Combine(folder, "trials");
        claims = Path.Combine(folder, "claims");
        owner = $"{Environment.MachineName} {Environment.ProcessId}";
        Directory.CreateDirectory(results);
        Directory.CreateDirectory(claims);
        Read();
        refresh = new Timer(_ => Refresh(), null, ClaimRefresh, ClaimRefresh);
    }

    /// <summary>A trial that has been run, by whomever; null while it has not. What the system failed does not count.</summary>
    public TrialResult? Find(string key)
    {
        lock (gate)
        {
            return trials.GetValueOrDefault(key);
        }
    }

    /// <summary>Looks at what other processes have written since.</summary>
    public void Read()
    {
        lock (gate)
        {
            foreach (var file in Directory.EnumerateFiles(results, "*.jsonl").Order(StringComparer.Ordinal))
            {
                ReadFile(file);
            }
        }
    }

    /// <summary>Takes a trial for this process.</summary>
    /// <returns>Whether it is this one's now; otherwise another process runs it, or has run it.</returns>
    public bool Claim(string key)
    {
        lock (gate)
        {
            if (!TryClaim(key) && !(IsAbandoned(key) && TryClaim(key)))
            {
                return false;
            }

            // Whoever had it before may have run it since it was looked for: a result is written before its claim is given back.
            claimed.Add(key);
            Read();
            if (trials.ContainsKey(key))
            {
                Release(key);
                return false;
            }

            return true;
        }
    }

    /// <summary>Gives a trial back that has not been run.</summary>
    public void Release(string key)
    {
        lock (gate)
        {
            claimed.Remove(key);
            File.Delete(ClaimOf(key));
        }
    }

    /// <summary>Keeps a result: it is on the disk when this returns. One that the system failed is noted, and still claimed.</summary>
    public void Add(TrialResult trial)
    {
        ArgumentNullException.ThrowIfNull(trial);
        var line = Encoding.UTF8.GetBytes(TrialJson.Write(trial) + "\n");
        lock (gate)
        {
            if (own is null)
            {
                var file = Path.Combine(results, $"{DateTime.UtcNow:yyyyMMdd-HHmmss-fffffff}-{Environment.MachineName}-{Environment.ProcessId}.jsonl");
                own = new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
            }

            own.Write(line);
            own.Flush(flushToDisk: true);
            if (trial.Status != TrialStatus.FailedSystem)
            {
                Keep(trial);
                Release(trial.Key);
            }
        }
    }

    public void Dispose()
    {
        refresh.Dispose();
        lock (gate)
        {
            foreach (var key in claimed.ToArray())
            {
                Release(key);
            }

            own?.Dispose();
        }
    }

    private string ClaimOf(string key) => Path.Combine(claims, key);

    private bool TryClaim(string key)
    {
        try
        {
            using var file = new FileStream(ClaimOf(key), FileMode.CreateNew, FileAccess.Write);
            file.Write(Encoding.UTF8.GetBytes(owner));
            return true;
        }
        catch (IOException) when (File.Exists(ClaimOf(key)))
        {
            return false;
        }
    }

    /// <summary>Whether the process that had claimed it is gone; then its claim is too.</summary>
    private bool IsAbandoned(string key)
    {
        try
        {
            var claim = new FileInfo(ClaimOf(key));
            var words = File.ReadAllText(claim.FullName).Split(' ');
            if (!claim.Exists)
            {
                return true;
            }

            var isDead = words is [var machine, var process] && machine == Environment.MachineName && int.TryParse(process, out var id) && !IsAlive(id);
            if (!isDead && DateTime.UtcNow - claim.LastWriteTimeUtc < ClaimLife)
            {
                return false;
            }

            claim.Delete();
            return true;
        }
        catch (IOException)
        {
            // Whoever had it has just given it back.
            return true;
        }
    }

    private static bool IsAlive(int process)
    {
        try
        {
            using var found = System.Diagnostics.Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private void Refresh()
    {
        lock (gate)
        {
            foreach (var key in claimed)
            {
                try
                {
                    File.SetLastWriteTimeUtc(ClaimOf(key), DateTime.UtcNow);
                }
                catch (IOException)
                {
                    // It was taken for dead, and the trial is run twice: with the same result.
                }
            }
        }
    }

    private void ReadFile(string file)
    {
        var from = readUpTo.GetValueOrDefault(file);
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (stream.Length <= from)
        {
            return;
        }

        stream.Position = from;
        var bytes = new byte[stream.Length - from];
        stream.ReadExactly(bytes);

        // The last line may still be written.
        var whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        readUpTo[file] = from + whole;
        foreach (var line in Encoding.UTF8.GetString(bytes, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (TrialJson.Read(line) is { } trial)
            {
                Keep(trial);
            }
        }
    }

    private void Keep(TrialResult trial)
    {
        if (trial.Status != TrialStatus.FailedSystem)
        {
            trials.TryAdd(trial.Key, trial);
        }
    }
}
