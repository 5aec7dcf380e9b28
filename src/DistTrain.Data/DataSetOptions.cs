namespace DistTrain.Data;

/// <summary>What the user may decide about a data set besides its source.</summary>
public sealed record DataSetOptions
{
    /// <summary>Share of the samples in the test part when the source has no test part of its own and the user names no share.</summary>
    public const double DefaultTestRatio = 0.2;

    /// <summary>
    /// Share of the samples that goes to the test part, above 0 and below 1; null to use the source's own test part, or
    /// <see cref="DefaultTestRatio"/> where it has none. Where it is given, a source's own two parts are put together first.
    /// </summary>
    public double? TestRatio { get; init; }

    /// <summary>
    /// Share of the samples outside the test part that is kept for validation, at least 0 and below 1; 0 for no validation part.
    /// </summary>
    public double ValidationRatio { get; init; }

    /// <summary>Decides, together with the ratios, which samples go to which part.</summary>
    public ulong Seed { get; init; }

    /// <summary>Bounds on what files may make the program hold in memory.</summary>
    public DataLimits Limits { get; init; } = new();
}

/// <summary>Bounds on what files may make the program hold in memory, whatever they claim and however well they are compressed.</summary>
public sealed record DataLimits
{
    /// <summary>Most input values in one part of a data set (4 bytes each).</summary>
    public long MaximumValues { get; init; } = 1L << 30;

    /// <summary>Longest text file, in bytes after decompression.</summary>
    public int MaximumTextBytes { get; init; } = 1 << 30;

    /// <summary>Most columns of a text file.</summary>
    public int MaximumColumns { get; init; } = 1 << 20;

    /// <summary>Most classes that a text file may name.</summary>
    public int MaximumClasses { get; init; } = 1 << 16;
}
