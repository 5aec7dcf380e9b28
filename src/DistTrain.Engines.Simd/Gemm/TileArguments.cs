namespace DistTrain.Engines.Simd.Gemm;

/// <summary>What a register tile works on. Strides count elements unless their name says bytes.</summary>
internal unsafe struct TileArguments
{
    /// <summary>First row, first step of the left matrix.</summary>
    public float* A;

    public nint ARowStrideBytes;

    /// <summary>Distance between consecutive steps of the summation.</summary>
    public nint AStepBytes;

    public float* B;

    public nint BStride;

    /// <summary>Where a copying kernel leaves the vectors of B it reads, one step after the other.</summary>
    public float* BCopy;

    /// <summary>Length of the summation, at least 1; with segments, the length of each.</summary>
    public nint Depth;

    /// <summary>Pieces of the summation, one after the other in B and <see cref="ASegmentGapBytes"/> apart in A; 0 counts as 1.</summary>
    public nint Segments;

    /// <summary>From the end of a segment in A to the start of the next.</summary>
    public nint ASegmentGapBytes;

    public float* C;

    public nint CStride;

    /// <summary>Whether the sums start from C instead of zero.</summary>
    public bool Accumulate;

    /// <summary>Null, or one addend a column, added after the sum.</summary>
    public float* Bias;

    /// <summary>Whether max(·, 0) follows the bias.</summary>
    public bool Relu;

    /// <summary>Null, or the output of the ReLU through which the result flows back: where it is not positive, the result becomes 0.</summary>
    public float* ReluOutput;

    public nint ReluOutputStride;
}

/// <summary>What a register tile of a weight gradient works on: one tree node.</summary>
internal unsafe struct TreeTileArguments
{
    /// <summary>First row, first sample of the left matrix.</summary>
    public float* A;

    public nint ARowStrideBytes;

    /// <summary>Distance between consecutive samples.</summary>
    public nint AStepBytes;

    public float* B;

    public nint BStride;

    /// <summary>Number of leaves of the node, a power of two.</summary>
    public int LeafCount;

    /// <summary>[leaves] samples of each leaf, at least 1 each.</summary>
    public int* LeafSamples;

    /// <summary>Room for one tile a level below the node.</summary>
    public float* Scratch;

    /// <summary>Where the node's sum goes.</summary>
    public float* Root;

    public nint RootStride;
}

/// <summary>A compile-time switch: kernels take it as a type parameter.</summary>
internal interface ISwitch
{
    static abstract bool IsOn { get; }
}

internal readonly struct On : ISwitch
{
    public static bool IsOn => true;
}

internal readonly struct Off : ISwitch
{
    public static bool IsOn => false;
}
