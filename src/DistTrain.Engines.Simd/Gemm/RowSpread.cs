namespace DistTrain.Engines.Simd.Gemm;

/// <summary>Rows spread evenly over as few tiles as hold them: 32 rows in tiles of at most 14 are 11 + 11 + 10, not 14 + 14 + 4.</summary>
internal readonly struct RowSpread(int rows, int tileRows)
{
    public int TileCount { get; } = (rows + tileRows - 1) / tileRows;

    public int FirstRow(int tile) => (int)((long)tile * rows / TileCount);
}
