namespace DistTrain.Runtime.RunDirectory;

/// <summary>What lies where in a run directory.</summary>
/// <param name="Directory">As the user wrote it.</param>
public readonly record struct RunPaths(string Directory)
{
    /// <summary>The resolved configuration: given back, it makes the same bits.</summary>
    public string Configuration => Path.Combine(Directory, "config.yaml");

    /// <summary>One JSON object a line, as they happened.</summary>
    public string Metrics => Path.Combine(Directory, "metrics.jsonl");

    /// <summary>Names the process that writes the run, while it does.</summary>
    public string Lock => Path.Combine(Directory, "run.lock");

    /// <summary>What coordinators have decided, a file for each; a run without it cannot be resumed.</summary>
    public string Journal => Path.Combine(Directory, "journal");

    public string Checkpoints => Path.Combine(Directory, "checkpoints");

    /// <summary>A page for people, made at the end of the training from the metrics.</summary>
    public string Report => Path.Combine(Directory, "report.html");

    public string Model => Path.Combine(Directory, "model.safetensors");

    /// <summary>What a worker process on this machine said.</summary>
    /// <param name="number">From 1 on.</param>
    public string WorkerLog(int number) => Path.Combine(Directory, $"worker-{number}.log");
}
