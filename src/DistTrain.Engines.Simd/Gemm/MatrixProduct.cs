namespace DistTrain.Engines.Simd.Gemm;

/// <summary>
/// C [rows, columns] = A [rows, depth] · B [depth, columns], then an optional epilogue. Each element is the chain of fused multiply-adds
/// in order of depth, from zero or from what C holds. Strides count elements.
/// </summary>
internal unsafe struct MatrixProduct
{
    public int Rows;
    public int Columns;
    public int Depth;
    public float* A;
    public nint ARowStride;
    public nint AStepStride;

    /// <summary>[depth, columns] by <see cref="BStride"/>; with <see cref="BTransposed"/> [columns, depth] by <see cref="BStride"/>.</summary>
    public float* B;

    public nint BStride;
    public bool BTransposed;
    public float* C;
    public nint CStride;

    /// <summary>Whether the chains start from C instead of zero.</summary>
    public bool Accumulate;

    /// <summary>Null, or [columns] added after the sum.</summary>
    public float* Bias;

    /// <summary>Whether max(·, 0) follows the bias; needs a bias.</summary>
    public bool Relu;

    /// <summary>Null, or [rows, columns]: where it is not positive the result becomes 0.</summary>
    public float* ReluOutput;

    public nint ReluOutputStride;
}
