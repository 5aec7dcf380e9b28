using DistTrain.Learning;

namespace DistTrain.Engines.Simd.Gemm;

/// <summary>Scratch memory of the matrix kernels; one for each thread that computes.</summary>
internal sealed unsafe class GemmWorkspace
{
    /// <summary>Columns of B that are packed at a time.</summary>
    public const int PackedColumns = 128;

    /// <summary>The longest summation that runs without going through memory.</summary>
    public const int PackedDepth = 1024;

    public const int LargestTileRows = 28;
    public const int LargestTileColumns = 32;

    /// <summary>Rows of A that were packed lie this many elements further apart than they are long, so that they do not share a cache set.</summary>
    public const int PackedAPadding = 16;

    /// <summary>The most rows of a product that is computed transposed.</summary>
    public const int TransposedRows = 64;

    /// <summary>Columns of such a product at a time: many tiles, and the block stays in the cache.</summary>
    public const int TransposedColumns = 448;

    private const int DeepestTree = 31;
    private const int PackedALength = LargestTileRows * (PackedDepth + PackedAPadding);
    private const int TileLength = LargestTileRows * LargestTileColumns;
    private const int TreeScratchLength = DeepestTree * LargestTileRows * 16;
    private readonly TensorBuffer packedB;
    private readonly TensorBuffer packedA = new(PackedALength);
    private readonly TensorBuffer tile = new(TileLength);
    private readonly TensorBuffer maskTile = new(TileLength);
    private readonly TensorBuffer transposed = new(TransposedRows * TransposedColumns);
    private readonly TensorBuffer bias = new(LargestTileColumns);
    private readonly TensorBuffer one = new(LargestTileColumns);
    private readonly TensorBuffer treeScratch = new(TreeScratchLength);

    /// <param name="sampleCount">The most samples of a weight gradient.</param>
    public GemmWorkspace(int sampleCount)
    {
        packedB = new TensorBuffer(checked((int)PackedBLength(sampleCount)));
        one.Span.Fill(1f);
    }

    /// <summary>The memory of a workspace, in bytes.</summary>
    public static long Bytes(int sampleCount) => sizeof(float) * (PackedBLength(sampleCount) + PackedALength + (2 * TileLength) + (2 * LargestTileColumns) + TreeScratchLength + (TransposedRows * TransposedColumns));

    public float* PackedB => Pointers.Of(packedB);

    public float* PackedA => Pointers.Of(packedA);

    /// <summary>A whole tile where only part of it may be written to the result.</summary>
    public float* Tile => Pointers.Of(tile);

    public float* MaskTile => Pointers.Of(maskTile);

    public float* Bias => Pointers.Of(bias);

    /// <summary>[<see cref="TransposedColumns"/>, <see cref="TransposedRows"/>] a block of a product that is computed transposed.</summary>
    public float* Transposed => Pointers.Of(transposed);

    /// <summary>The number 1.</summary>
    public float* One => Pointers.Of(one);

    /// <summary>A tile for each level of the tree.</summary>
    public float* TreeScratch => Pointers.Of(treeScratch);

    private static long PackedBLength(int sampleCount) => Math.Max(PackedDepth * PackedColumns, (long)sampleCount * LargestTileColumns);
}
