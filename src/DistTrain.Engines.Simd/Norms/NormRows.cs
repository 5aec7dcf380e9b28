namespace DistTrain.Engines.Simd.Norms;

/// <summary>Rows of a norm's input, and what belongs to each column (batch norm: to each channel) or to all rows.</summary>
internal unsafe struct NormRows
{
    public nint Rows;
    public int Columns;

    /// <summary>[rows, columns].</summary>
    public float* X;

    /// <summary>[rows, columns] written forward.</summary>
    public float* Y;

    /// <summary>[rows, columns] gradient by the output.</summary>
    public float* Dy;

    /// <summary>[rows, columns] gradient by the input, or null; may be <see cref="Dy"/>.</summary>
    public float* Dx;

    /// <summary>[columns] γ.</summary>
    public float* Weight;

    /// <summary>[columns] β.</summary>
    public float* Bias;

    /// <summary>Batch norm: [columns]. Layer norm: [rows].</summary>
    public float* Mean;

    /// <summary>1/√(variance + ε), one for each mean.</summary>
    public float* Inverse;

    /// <summary>[columns] dγ, added up.</summary>
    public float* WeightGradient;

    /// <summary>[columns] dβ, added up.</summary>
    public float* BiasGradient;
}
