namespace DistTrain.Runtime.RunDirectory;

/// <summary>What lies where in a run directory.</summary>
/// <param name="Directory">As the user wrote it.</param>
public readonly record struct RunPaths(string Directory)
{
    /// <summary>The resolved configuration: given back, it makes the same bits.</summary>
    public string Configuration => Path.Combine(Directory, "config.yaml");

    /// <summary>One JSON object a line, as they happened.</summary>
    public string Metrics => Path.Combine(Directory, "metrics.jsonl");

    public string Model => Path.Combine(Directory, "model.safetensors");
}
